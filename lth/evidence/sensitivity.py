"""Whether a row can be judged at all: could the claim have failed, and does the verdict turn on collapsed runs?

Knows declared claims and the scores of their arms. ICH guidelines E10 (assay sensitivity) and E9(R1) (sensitivity to
the handling of such events).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from lth.claims.arm_id import ArmId
from lth.claims.claim import Declaration
from lth.claims.effects import Contrast
from lth.verdict import beats_baseline, collapsed, decide, set_aside
from lth.verdict.interval import Verdict
from lth.verdict.moderated import Prior, moderated
from lth.verdict.rule import Rule
from lth.verdict.samples import Sample, Scores


def weak(scores: Scores, baseline: float, rule: Rule, whose: str = "the full model") -> str:
    """The reason if nothing can be concluded from an arm, else empty."""
    if math.isnan(scores.mean):
        lost = sum(map(math.isnan, scores.scores)) if isinstance(scores, Sample) else scores.n
        return f"{lost} of {scores.n} runs of {whose} gave no score"
    if math.isnan(baseline):
        return "no majority baseline is known"
    if not beats_baseline(scores, baseline, rule.alpha):
        of = scores.of if isinstance(scores, Sample) else "seeds"
        return f"{whose} ({scores.mean:.3f} over {scores.n} {of}) does not beat the majority baseline ({baseline:.3f})"
    return ""


def cannot_fail(declaration: Declaration, scores: Mapping[ArmId, Scores], baseline: float, rule: Rule) -> str:
    """The reason if an arm that learnt nothing would support the claim, else empty.

    Only claims that equal arms support (non-inferiority, equivalence) are concerned: where the control is at the
    baseline, or the baseline itself lies inside the region, support would say nothing. Superiority over a control that
    learnt nothing is a finding.
    """
    effect, region, full = declaration.assertion.effect, declaration.assertion.region, declaration.full
    if not isinstance(effect, Contrast) or effect.control is None or effect.arm.quantity != "score" or full is None:
        return ""
    control, whole = scores[effect.control.id].mean, scores[full.id].mean
    if effect.at(control, control, whole) not in region:
        return ""
    if effect.control.id != full.id:
        reason = weak(scores[effect.control.id], baseline, rule, f"the control {effect.control.name}")
        if reason:
            return reason
    if effect.at(baseline, control, whole) in region:
        return f"an arm at the majority baseline ({baseline:.3f}) would support the claim, so its support says nothing"
    return ""


def turns_on_collapsed(
    declaration: Declaration,
    scores: Mapping[ArmId, Scores],
    baseline: float,
    rule: Rule,
    verdict: Verdict,
    prior: Prior | None,
) -> int:
    """The number of collapsed runs, if a conclusive verdict is not reached again with them set aside; otherwise 0.

    It is also 0 if fewer than three runs of an arm would remain.
    """
    effect, full = declaration.assertion.effect, declaration.full
    if full is None or effect.arms[0].quantity != "score":
        return 0
    arms = {arm.id: scores[arm.id] for arm in (*effect.arms, full)}
    gone = set_aside(arms.values(), baseline)
    if not gone:
        return 0
    left = {id: arm.without(gone) if isinstance(arm, Sample) else arm for id, arm in arms.items()}
    again = moderated(effect.estimate(left, left[full.id], rule.method), prior)
    if decide(again.interval(rule.alpha), declaration.assertion.region) is verdict:
        return 0
    return sum(len(collapsed(arm, baseline)) for arm in arms.values())
