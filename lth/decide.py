"""From declared claims and the evidence for their arms to decisions, by the one rule; families are corrected together.

Knows neither pytest nor where evidence comes from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from lth.claim import Declaration
from lth.evidence import Scores
from lth.experiment.arm import Arm
from lth.experiment.expressions import Expression
from lth.settings import Rule
from lth.verdict import (
    PAPER_RULES,
    Judgement,
    Verdict,
    assay_sensitive,
    degenerate,
    holm,
    judge,
    mde,
    seeds_needed,
)


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
        """The full model's mean score, the unit of effects."""
        return self.scores[self.declaration.full.name].mean

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
    decisions = [decide_one(declaration, evidence, rule) for declaration in declarations]
    if rule.correction == "none" or len({declaration.task for declaration in declarations}) < 2:
        return decisions
    adjusted = dict(enumerate(decisions))
    for paper in {declaration.claim.paper for declaration in declarations}:
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
    effect, region = declaration.assertion.effect, declaration.assertion.region
    scores = {arm.name: evidence.sample(arm) for arm in declaration.arms if not arm.missing}
    full, baseline = scores[declaration.full.name], evidence.baseline(declaration.full)
    decision = Decision(
        declaration,
        scores,
        baseline,
        judgement=None,
        verdict=Verdict.NOT_RUN,
        adjusted=Verdict.NOT_RUN,
        paper_rule=None,
        mde=None,
        seeds_needed=None,
        degenerate={
            arm.name: count
            for arm in declaration.arms
            if arm.quantity == "score" and (count := degenerate(scores[arm.name], baseline))
        },
        cost=evidence.cost(tuple(arm for arm in declaration.arms if not arm.missing)),
    )
    if missing := next((arm.missing for arm in effect.arms if arm.missing), ""):
        return replace(decision, reason=missing)
    if math.isnan(full.mean):
        lost = decision.degenerate[declaration.full.name]
        return replace(decision, reason=f"{lost} of {full.n} runs of the full model gave no score")
    if not assay_sensitive(full, baseline, rule.alpha):
        reason = (
            f"the full model ({full.mean:.3f} over {full.n} seeds) does not beat the majority baseline ({baseline:.3f})"
        )
        return replace(decision, reason=reason)
    estimate = effect.estimate(scores, full.mean, rule.method)
    judgement = judge(estimate, region, rule.alpha)
    paper_rule = None
    if declaration.claim.rule and effect.control and not math.isnan(estimate.value):
        paper_rule = PAPER_RULES[declaration.claim.rule](scores[effect.arm.name], scores[effect.control.name])
    return replace(
        decision,
        judgement=judgement,
        verdict=judgement.verdict,
        adjusted=judgement.verdict,
        paper_rule=paper_rule,
        mde=mde(estimate, rule.alpha),
        seeds_needed=seeds_needed(estimate, region, rule.alpha) if judgement.verdict is Verdict.INCONCLUSIVE else None,
        reason=judgement.interval.reason,
    )
