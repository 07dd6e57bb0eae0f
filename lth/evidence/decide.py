"""From declared claims and the evidence for their arms to decisions, by the one rule; families are corrected together.

Knows neither pytest nor where evidence comes from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from lth.claims.arm import Arm
from lth.claims.between import Across
from lth.claims.claim import BETWEEN_TASKS, Declaration
from lth.spec.expressions import Expression
from lth.verdict import (
    PAPER_RULES,
    Estimate,
    Judgement,
    Verdict,
    assay_sensitive,
    degenerate,
    holm,
    judge,
    mde,
    seeds_needed,
)
from lth.verdict.rule import Rule
from lth.verdict.samples import Scores


class Evidence(Protocol):
    """Where the scores of arms come from."""

    def sample(self, arm: Arm) -> Scores:
        """The primary scores of an arm."""

    def baseline(self, arm: Arm) -> float:
        """The majority baseline of the arm's task, in the metric's unit."""

    def cost(self, arms: tuple[Arm, ...]) -> Mapping[str, float]:
        """What the arms cost: "seconds" of one worker and, where known, "energy_kwh" and "energy_kg_co2e"."""

    def details(self, experiment: Expression) -> Mapping[str, Any]:
        """Everything that was recorded of one experiment."""

    def kept_parameters(self, arm: Arm) -> float | None:
        """The share of the model's parameters that the arm's masks keep, averaged over seeds; None where not known."""

    def densities(self, arm: Arm) -> Mapping[str, float]:
        """The share of weights kept in each prunable matrix, averaged over seeds; empty for the full model."""


@dataclass(frozen=True)
class Decision:
    """A claim's verdict on one task with everything a reader needs to doubt it.

    Scores are in the metric's unit; the judgement, `mde` and the region are in units of the full model's mean score.
    `reason` says why nothing was run, or what is special about the interval.
    """

    declaration: Declaration
    scores: Mapping[str, Scores]
    baseline: float
    judgement: Judgement | None
    verdict: Verdict
    adjusted: Verdict
    paper_rule: bool | None
    mde: float | None
    seeds_needed: int | None
    degenerate: Mapping[str, int]
    cost: Mapping[str, float]
    reason: str = ""

    @property
    def full_mean(self) -> float:
        """The full model's mean score, the unit of effects; NaN for a claim between tasks, where each has its own."""
        full = self.declaration.full
        return self.scores[full.name].mean if full and not full.missing else math.nan

    @property
    def final(self) -> bool:
        """Whether more seeds could not change the verdict: it is conclusive, or there is nothing to measure."""
        missing = any(arm.missing for arm in self.declaration.assertion.effect.arms)
        return missing or self.verdict in (Verdict.SUPPORTED, Verdict.REFUTED)

    @property
    def agrees(self) -> bool | None:
        """Whether the verdict is the paper's; None where either of them is open."""
        says = self.declaration.claim.says
        if self.verdict is Verdict.NOT_RUN or self.verdict is Verdict.INCONCLUSIVE:
            return None
        return says is None or (self.verdict is Verdict.SUPPORTED) == says


def decide_all(declarations: Sequence[Declaration], evidence: Evidence, rule: Rule) -> list[Decision]:
    """Decide every claim; the claims of one paper on several tasks are a family that is corrected together.

    What is asked of one task alone is not corrected.
    """
    return corrected([decide_one(declaration, evidence, rule) for declaration in declarations], rule)


def corrected(decisions: list[Decision], rule: Rule) -> list[Decision]:
    """The decisions with verdicts that are corrected for their family, where there are several tasks."""
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
    """One claim by the rule alone, before any correction."""
    arms = tuple(arm for arm in declaration.arms if not arm.missing)
    scores = {arm.name: evidence.sample(arm) for arm in arms}
    nothing = Verdict.NOT_RUN
    decision = Decision(
        declaration, scores, math.nan, None, nothing, nothing, None, None, None, {}, evidence.cost(arms)
    )
    effect = declaration.assertion.effect
    if isinstance(effect, Across):
        return _between_tasks(decision, effect, evidence, rule)
    full = declaration.full
    assert full is not None
    if full.missing:
        return replace(decision, reason=full.missing)
    baseline = evidence.baseline(full)
    counted = {arm.name: degenerate(scores[arm.name], baseline) for arm in arms if arm.quantity == "score"}
    decision = replace(
        decision, baseline=baseline, degenerate={name: count for name, count in counted.items() if count}
    )
    if weak := _weak(scores[full.name], baseline, rule):
        return replace(decision, reason=weak)
    if missing := next((arm.missing for arm in effect.arms if arm.missing), ""):
        return replace(decision, reason=missing)
    decided = _judged(decision, effect.estimate(scores, decision.full_mean, rule.method), rule)
    if (
        declaration.claim.rule
        and effect.control
        and decided.judgement
        and math.isfinite(decided.judgement.interval.estimate)
    ):
        paper_rule = PAPER_RULES[declaration.claim.rule](scores[effect.arm.name], scores[effect.control.name])
        return replace(decided, paper_rule=paper_rule)
    return decided


def _between_tasks(decision: Decision, effect: Across, evidence: Evidence, rule: Rule) -> Decision:
    """A claim about several tasks; those whose full model is weak are left out and named. Too few are not judged."""
    if effect.missing:
        return replace(decision, reason=effect.missing)
    weak = {full.task for full in effect.fulls if _weak(decision.scores[full.name], evidence.baseline(full), rule)}
    left_out = f"left out, its full model beating no majority baseline: {', '.join(sorted(weak))}" if weak else ""
    estimate = effect.without(weak).estimate(decision.scores)
    if math.isnan(estimate.value):
        reason = estimate.interval(rule.alpha).reason
        return replace(decision, reason="; ".join(filter(None, (reason, left_out))))
    decided = _judged(decision, estimate, rule)
    return replace(decided, seeds_needed=None, reason="; ".join(filter(None, (decided.reason, left_out))))


def _weak(full: Scores, baseline: float, rule: Rule) -> str:
    """Why nothing can be concluded from a task, if so."""
    if math.isnan(full.mean):
        return f"{degenerate(full, baseline)} of {full.n} runs of the full model gave no score"
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
    verdict = judgement.verdict
    needed = seeds_needed(estimate, region, rule.alpha) if verdict is Verdict.INCONCLUSIVE else None
    return replace(
        decision,
        judgement=judgement,
        verdict=verdict,
        adjusted=verdict,
        mde=mde(estimate, rule.alpha),
        seeds_needed=needed,
        reason=judgement.interval.reason,
    )
