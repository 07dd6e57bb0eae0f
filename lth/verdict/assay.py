"""Whether a measurement could have shown anything: does the full model beat no model, and which runs learnt nothing.

`baseline` is the score of always giving the training set's commonest answer, in the scores' own unit.
"""

from __future__ import annotations

import math

from lth.verdict.estimators import level
from lth.verdict.interval import Verdict, decide
from lth.verdict.region import above
from lth.verdict.samples import Sample, Scores

ROUNDING = 1e-12


def assay_sensitive(full: Scores, baseline: float, alpha: float) -> bool:
    """Whether the full model beats the baseline: the rule says SUPPORTED for "mean(full) > baseline".

    That is Student's one-sided one-sample t at alpha, from single scores or from mean, std and n. One seed, or seeds
    that all score the same, have no spread to test with: there the mean is compared as it stands, since the only harm
    a lenient answer does is that the claim's own interval is looked at. A full model with a score that is not finite
    does not beat anything. Raises EvidenceError for an arm without scores, UsageError for an alpha outside (0, .5).
    """
    estimate = level(full)
    if math.isfinite(estimate.value) and (estimate.spread is None or estimate.smallest_p > 0):
        return estimate.value > baseline + ROUNDING
    return decide(estimate.interval(alpha), above(baseline)) is Verdict.SUPPORTED


def degenerate(scores: Scores, baseline: float) -> int:
    """How many runs learnt nothing: a score that is not finite, or is at most the baseline (up to rounding, 1e-12).

    Below it counts too: a model that always gives the other answer scores less. A summary does not tell its single
    runs: n if its std is 0 and its mean is at most the baseline, otherwise 0.
    """
    if isinstance(scores, Sample):
        return sum(not math.isfinite(score) or score <= baseline + ROUNDING for score in scores.scores)
    return scores.n if scores.std == 0 and scores.mean <= baseline + ROUNDING else 0
