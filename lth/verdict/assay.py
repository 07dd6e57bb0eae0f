"""Whether a measurement could have shown anything: does the full model beat the baseline, and which runs collapsed?

`baseline` is the score of always giving the training set's most common answer, in the unit of the scores.
"""

from __future__ import annotations

import math

from lth.verdict.estimators import level
from lth.verdict.interval import Verdict, decide
from lth.verdict.region import above
from lth.verdict.samples import Sample, Scores

_ROUNDING = 1e-12


def assay_sensitive(full: Scores, baseline: float, alpha: float) -> bool:
    """Whether the full model beats the baseline: the rule reports SUPPORTED for "mean(full) > baseline".

    This is Student's one-sided one-sample t at alpha, from single scores or from mean, std and n. One seed, or seeds
    with equal scores, have no spread to test with. The mean itself is then compared: a wrong yes does little harm,
    because the claim's own interval still decides. A full model with a score that is not finite does not beat the
    baseline. Raises EvidenceError for an arm without scores, UsageError for an alpha outside (0, .5).
    """
    estimate = level(full)
    if math.isfinite(estimate.value) and (estimate.spread is None or estimate.smallest_p > 0):
        return estimate.value > baseline + _ROUNDING
    return decide(estimate.interval(alpha), above(baseline)) is Verdict.SUPPORTED


def collapsed(scores: Scores, baseline: float) -> int:
    """How many runs collapsed: their score is not finite, or is at most the baseline (up to rounding, 1e-12).

    A score below the baseline counts, because a model that always gives another answer scores less. A summary has no
    single runs: it counts as n collapsed runs if its std is 0 and its mean is at most the baseline, otherwise as 0.
    """
    if isinstance(scores, Sample):
        return sum(not math.isfinite(score) or score <= baseline + _ROUNDING for score in scores.scores)
    return scores.n if scores.std == 0 and scores.mean <= baseline + _ROUNDING else 0
