"""Decides declared claims from the evidence for their arms, by the one rule; corrects families together.

Knows nothing of pytest, or of where the evidence comes from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.claim import Declaration
from lth.claims.effects import PLAIN, Unit
from lth.evidence.sensitivity import cannot_fail, turns_on_collapsed, weak
from lth.spec.expressions import Expression
from lth.verdict import (
    PAPER_RULES,
    Collapse,
    Estimate,
    Judgement,
    Spread,
    Verdict,
    collapse,
    holm,
    judge,
    mde,
    seeds_needed,
)
from lth.verdict.moderated import Prior, moderated, prior_of
from lth.verdict.rule import Rule
from lth.verdict.samples import Scores


class Evidence(Protocol):
    """The source of the scores of arms."""

    def sample(self, arm: Arm) -> Scores:
        """The scores of an arm."""

    def baseline(self, arm: Arm) -> float:
        """The majority baseline of the arm's task, in the metric's unit."""

    def cost(self, arms: tuple[Arm, ...]) -> Mapping[str, float]:
        """The cost of the arms: "seconds" of one worker and, if known, "energy_kwh" and "energy_kg_co2e"."""

    def details(self, experiment: Expression) -> Mapping[str, Any]:
        """Everything that was recorded of one experiment."""

    def kept_parameters(self, arm: Arm) -> float | None:
        """The share of the model's parameters that the arm's masks keep, averaged over seeds; None if not known."""

    def densities(self, arm: Arm) -> Mapping[str, float]:
        """The share of weights kept in each prunable matrix, averaged over seeds; empty for the full model."""


@dataclass(frozen=True)
class Decision:
    """A claim's verdict on one task, with everything that a reader needs to check it.

    Scores are in the metric's unit; the judgement, `mde` and the region are in the effect's. `over` says what the
    verdict generalises over. `adjusted` is the verdict corrected for the claim's family. `reason` says why the claim
    was not run, or what is special about the verdict.
    """

    declaration: Declaration
    scores: Mapping[ArmId, Scores]
    baseline: float = math.nan
    judgement: Judgement | None = None
    over: str = ""
    verdict: Verdict = Verdict.NOT_RUN
    adjusted: Verdict = Verdict.NOT_RUN
    paper_rule: bool | None = None
    mde: float | None = None
    seeds_needed: int | None = None
    collapsed: Mapping[ArmId, Collapse] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""

    @property
    def full_mean(self) -> float:
        """The full model's mean score; NaN for a claim between tasks, which has several."""
        full = self.declaration.full
        return self.scores[full.id].mean if full and not full.missing else math.nan

    @property
    def final(self) -> bool:
        """Whether more seeds are pointless: the corrected verdict is conclusive, or there is nothing to measure."""
        return bool(self.declaration.assertion.effect.missing) or self.adjusted in (Verdict.SUPPORTED, Verdict.REFUTED)

    @property
    def agrees(self) -> bool | None:
        """Whether the verdict agrees with the paper (always if the paper's answer depends); None if not conclusive."""
        says = self.declaration.says
        if self.verdict is Verdict.NOT_RUN or self.verdict is Verdict.INCONCLUSIVE:
            return None
        return says is None or (self.verdict is Verdict.SUPPORTED) == says


def decide_all(declarations: Sequence[Declaration], evidence: Evidence, rule: Rule) -> list[Decision]:
    """Decide all claims. The rows of one claim on several tasks are a family, corrected together."""
    return corrected(decide_each(declarations, evidence, rule), rule)


def decide_each(declarations: Sequence[Declaration], evidence: Evidence, rule: Rule) -> list[Decision]:
    """Decide all claims, before any correction."""
    rows = [_estimated(declaration, evidence, rule) for declaration in declarations]
    priors = _priors(rows) if rule.shrink_variance else {}
    return [
        _concluded(decision, estimate, priors.get(decision.declaration.assertion.effect.unit), rule)
        for decision, estimate in rows
    ]


def corrected(decisions: Sequence[Decision], rule: Rule) -> list[Decision]:
    """The decisions with verdicts corrected for their families."""
    adjusted = [replace(decision, adjusted=decision.verdict) for decision in decisions]
    if rule.correction == "none":
        return adjusted
    for members in families(decisions).values():
        judged = [(at, judgement) for at in members if (judgement := decisions[at].judgement)]
        verdicts = holm([replace(judgement, verdict=decisions[at].verdict) for at, judgement in judged], rule.alpha)
        for (at, _), verdict in zip(judged, verdicts, strict=True):
            adjusted[at] = replace(decisions[at], adjusted=verdict)
    return adjusted


def families(decisions: Sequence[Decision]) -> dict[tuple[str, str], list[int]]:
    """By claim and row: the positions of the decisions on each task. Claims between tasks have no family."""
    found: dict[tuple[str, str], list[int]] = {}
    for at, decision in enumerate(decisions):
        if decision.declaration.full is not None:
            found.setdefault((decision.declaration.claim.id, decision.declaration.row), []).append(at)
    return found


def decide_one(declaration: Declaration, evidence: Evidence, rule: Rule) -> Decision:
    """Decide one claim by the rule, before any correction.

    If the effect compares tasks, those whose full model does not beat the majority baseline are left out and named.
    """
    (decision,) = decide_each([declaration], evidence, rule)
    return decision


def _estimated(declaration: Declaration, evidence: Evidence, rule: Rule) -> tuple[Decision, Estimate | None]:
    """The claim's effect; None if the claim is not run, and the decision has the reason."""
    arms = tuple(arm for arm in declaration.arms if not arm.missing)
    scores = {arm.id: evidence.sample(arm) for arm in arms}
    decision = Decision(declaration, scores, cost=evidence.cost(arms))
    effect, full = declaration.assertion.effect, declaration.full
    if full is None:
        return _estimated_between(decision, evidence, rule)
    if full.missing:
        return replace(decision, reason=full.missing), None
    baseline = evidence.baseline(full)
    counts = {arm.id: collapse(scores[arm.id], baseline, rule.alpha) for arm in arms if arm.quantity == "score"}
    decision = replace(decision, baseline=baseline, collapsed=counts)
    reason = weak(scores[full.id], baseline, rule) or effect.missing
    if reason := reason or cannot_fail(declaration, scores, baseline, rule):
        return replace(decision, reason=reason), None
    return decision, effect.estimate(scores, scores[full.id], rule.method)


def _estimated_between(decision: Decision, evidence: Evidence, rule: Rule) -> tuple[Decision, Estimate | None]:
    """The effect of a claim that compares tasks."""
    effect, scores = decision.declaration.assertion.effect, decision.scores
    if effect.missing:
        return replace(decision, reason=effect.missing), None
    left_out = {each.task for each in effect.fulls if weak(scores[each.id], evidence.baseline(each), rule)}
    estimate = effect.without(left_out).estimate(scores, None, rule.method)
    notes = [estimate.interval(rule.alpha).reason] if math.isnan(estimate.value) else []
    if left_out:
        notes.append(f"left out: the full model does not beat the majority baseline on {', '.join(sorted(left_out))}")
    return replace(decision, reason="; ".join(notes)), None if math.isnan(estimate.value) else estimate


def _priors(rows: Sequence[tuple[Decision, Estimate | None]]) -> dict[Unit, Prior | None]:
    """By unit: what the spreads of all effects of scores on one task have in common."""
    spreads: dict[Unit, list[Spread | None]] = {}
    for decision, estimate in rows:
        effect = decision.declaration.assertion.effect
        if estimate and decision.declaration.full and effect.unit != PLAIN:
            spreads.setdefault(effect.unit, []).append(estimate.spread)
    return {unit: prior_of(found) for unit, found in spreads.items()}


def _concluded(decision: Decision, estimate: Estimate | None, prior: Prior | None, rule: Rule) -> Decision:
    """The verdict on the effect; INCONCLUSIVE if it turns on collapsed runs."""
    if estimate is None:
        return decision
    declaration = decision.declaration
    if declaration.full is None:
        return _judged(decision, estimate, rule)
    decided = _judged(decision, moderated(estimate, prior), rule)
    if decided.verdict is not Verdict.INCONCLUSIVE:
        runs = turns_on_collapsed(declaration, decision.scores, decision.baseline, rule, decided.verdict, prior)
        if runs:
            why = f"turns on {runs} collapsed run{'' if runs == 1 else 's'}"
            decided = replace(decided, verdict=Verdict.INCONCLUSIVE, adjusted=Verdict.INCONCLUSIVE, reason=why)
    return _by_paper_rule(decided)


def _by_paper_rule(decision: Decision) -> Decision:
    """The decision with the answer of the paper's own rule on the same two arms, if the claim names a rule."""
    terms, rule = decision.declaration.assertion.effect.terms, decision.declaration.claim.rule
    if not rule or len(terms) != 2 or not decision.judgement or not math.isfinite(decision.judgement.interval.estimate):
        return decision
    return replace(decision, paper_rule=PAPER_RULES[rule](*(decision.scores[arm.id] for _, arm in terms)))


def _judged(decision: Decision, estimate: Estimate, rule: Rule) -> Decision:
    region = decision.declaration.assertion.region
    judgement = judge(estimate, region, rule.alpha)
    verdict, over_seeds = judgement.verdict, decision.declaration.full is not None
    open_ = over_seeds and verdict is Verdict.INCONCLUSIVE
    return replace(
        decision,
        judgement=judgement,
        over=estimate.over,
        verdict=verdict,
        adjusted=verdict,
        mde=mde(estimate, rule.alpha),
        seeds_needed=seeds_needed(estimate, region, rule.alpha) if open_ else None,
        reason="; ".join(
            filter(None, (judgement.interval.reason, decision.reason, decision.declaration.assertion.note))
        ),
    )
