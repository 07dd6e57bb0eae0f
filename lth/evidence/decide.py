"""Decides declared claims from the evidence for their arms, by the one rule; corrects families together.

Knows nothing of pytest, or of where the evidence comes from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.claim import BETWEEN_TASKS, Declaration
from lth.spec.expressions import Expression
from lth.verdict import (
    PAPER_RULES,
    Estimate,
    Judgement,
    Verdict,
    assay_sensitive,
    collapsed,
    holm,
    judge,
    mde,
    seeds_needed,
)
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

    Scores are in the metric's unit; the judgement, `mde` and the region are in units of the full model's mean score.
    `reason` says why the claim was not run, or what is special about the interval.
    """

    declaration: Declaration
    scores: Mapping[ArmId, Scores]
    baseline: float
    judgement: Judgement | None
    verdict: Verdict
    adjusted: Verdict
    paper_rule: bool | None
    mde: float | None
    seeds_needed: int | None
    collapsed: Mapping[ArmId, int]
    cost: Mapping[str, float]
    reason: str = ""

    @property
    def full_mean(self) -> float:
        """The full model's mean score, the unit of effects; NaN for a claim between tasks, which has several."""
        full = self.declaration.full
        return self.scores[full.id].mean if full and not full.missing else math.nan

    @property
    def final(self) -> bool:
        """Whether more seeds are pointless: the verdict is conclusive, or there is nothing to measure."""
        return bool(self.declaration.assertion.effect.missing) or self.verdict in (Verdict.SUPPORTED, Verdict.REFUTED)

    @property
    def agrees(self) -> bool | None:
        """Whether the verdict agrees with the paper (always if the paper's answer depends); None if not conclusive."""
        says = self.declaration.claim.says
        if self.verdict is Verdict.NOT_RUN or self.verdict is Verdict.INCONCLUSIVE:
            return None
        return says is None or (self.verdict is Verdict.SUPPORTED) == says


def decide_all(declarations: Sequence[Declaration], evidence: Evidence, rule: Rule) -> list[Decision]:
    """Decide all claims. If there are several tasks, the claims of one paper are a family, corrected together."""
    return corrected([decide_one(declaration, evidence, rule) for declaration in declarations], rule)


def corrected(decisions: list[Decision], rule: Rule) -> list[Decision]:
    """The decisions with verdicts corrected for their family, if there are several tasks."""
    tasks = {decision.declaration.task for decision in decisions} - {BETWEEN_TASKS}
    if rule.correction == "none" or len(tasks) < 2:
        return decisions
    adjusted = dict(enumerate(decisions))
    for paper in {decision.declaration.claim.paper for decision in decisions}:
        family = [
            (at, decision.judgement)
            for at, decision in enumerate(decisions)
            if decision.declaration.claim.paper == paper and decision.judgement
        ]
        verdicts = holm([judgement for _, judgement in family], rule.alpha)
        for (at, _), verdict in zip(family, verdicts, strict=True):
            adjusted[at] = replace(decisions[at], adjusted=verdict)
    return list(adjusted.values())


def decide_one(declaration: Declaration, evidence: Evidence, rule: Rule) -> Decision:
    """Decide one claim by the rule, before any correction.

    If the effect compares tasks, those whose full model does not beat the majority baseline are left out and named.
    """
    arms = tuple(arm for arm in declaration.arms if not arm.missing)
    scores = {arm.id: evidence.sample(arm) for arm in arms}
    nothing = Verdict.NOT_RUN
    decision = Decision(
        declaration, scores, math.nan, None, nothing, nothing, None, None, None, {}, evidence.cost(arms)
    )
    effect, full = declaration.assertion.effect, declaration.full
    if full is not None:
        if full.missing:
            return replace(decision, reason=full.missing)
        baseline = evidence.baseline(full)
        counted = {arm.id: collapsed(scores[arm.id], baseline) for arm in arms if arm.quantity == "score"}
        decision = replace(decision, baseline=baseline, collapsed={arm: n for arm, n in counted.items() if n})
        if weak := _weak(scores[full.id], baseline, rule):
            return replace(decision, reason=weak)
    if effect.missing:
        return replace(decision, reason=effect.missing)
    left_out = {each.task for each in effect.fulls if _weak(scores[each.id], evidence.baseline(each), rule)}
    estimate = effect.without(left_out).estimate(scores, decision.full_mean, rule.method)
    if full is None and math.isnan(estimate.value):
        decided = replace(decision, reason=estimate.interval(rule.alpha).reason)
    else:
        decided = _by_paper_rule(_judged(decision, estimate, rule))
    if left_out:
        note = f"left out: the full model does not beat the majority baseline on {', '.join(sorted(left_out))}"
        decided = replace(decided, reason="; ".join(filter(None, (decided.reason, note))))
    return decided


def _by_paper_rule(decision: Decision) -> Decision:
    """The decision with the answer of the paper's own rule on the same two arms, if the claim names a rule."""
    terms, rule = decision.declaration.assertion.effect.terms, decision.declaration.claim.rule
    if not rule or len(terms) != 2 or not decision.judgement or not math.isfinite(decision.judgement.interval.estimate):
        return decision
    return replace(decision, paper_rule=PAPER_RULES[rule](*(decision.scores[arm.id] for _, arm in terms)))


def _weak(full: Scores, baseline: float, rule: Rule) -> str:
    """The reason if nothing can be concluded from a task, else empty."""
    if math.isnan(full.mean):
        return f"{collapsed(full, baseline)} of {full.n} runs of the full model gave no score"
    if math.isnan(baseline):
        return "no majority baseline is known"
    if not assay_sensitive(full, baseline, rule.alpha):
        return (
            f"the full model ({full.mean:.3f} over {full.n} seeds) does not beat the majority baseline ({baseline:.3f})"
        )
    return ""


def _judged(decision: Decision, estimate: Estimate, rule: Rule) -> Decision:
    region = decision.declaration.assertion.region
    judgement = judge(estimate, region, rule.alpha)
    verdict, over_seeds = judgement.verdict, decision.declaration.full is not None
    open_ = over_seeds and verdict is Verdict.INCONCLUSIVE
    return replace(
        decision,
        judgement=judgement,
        verdict=verdict,
        adjusted=verdict,
        mde=mde(estimate, rule.alpha),
        seeds_needed=seeds_needed(estimate, region, rule.alpha) if open_ else None,
        reason=judgement.interval.reason,
    )
