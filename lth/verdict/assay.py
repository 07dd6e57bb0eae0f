"""Whether a measurement could have shown anything: do the arms beat the baseline, and which runs collapsed?

`baseline` is the score of always giving the training set's most common answer, in the unit of the scores.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from lth.verdict.estimators import level
from lth.verdict.interval import Verdict, check_alpha, decide
from lth.verdict.region import above
from lth.verdict.samples import Sample, Scores

FEWEST = 3
"""Runs of an arm that must remain when its collapsed runs are set aside."""
_ROUNDING = 1e-12


def beats_baseline(scores: Scores, baseline: float, alpha: float) -> bool:
    """Whether an arm beats the baseline: the rule reports SUPPORTED for "mean > baseline".

    This is Student's one-sided one-sample t at alpha, from single scores or from mean, std and n. One seed, or seeds
    with equal scores, have no spread to test with. The mean itself is then compared: a wrong yes does little harm,
    because the claim's own interval still decides. An arm with a score that is not finite does not beat the baseline.
    Raises EvidenceError for an arm without scores, UsageError for an alpha outside (0, .5).
    """
    estimate = level(scores, "t")
    if math.isfinite(estimate.value) and (estimate.spread is None or estimate.smallest_p > 0):
        return estimate.value > baseline + _ROUNDING
    return decide(estimate.interval(alpha), above(baseline)) is Verdict.SUPPORTED


@dataclass(frozen=True)
class Collapse:
    """`runs` of `n` runs collapsed; `low` and `high` bound the share of all runs that do, each end at alpha.

    The bounds are exact (Clopper & Pearson 1934, Biometrika 26, 404-413). None of five seen still allows 45 %:

    >>> round(Collapse.of(0, 5, 0.05).high, 3)
    0.451
    """

    runs: int
    n: int
    low: float
    high: float

    @classmethod
    def of(cls, runs: int, n: int, alpha: float) -> Collapse:
        """The bounds for a count. Raises UsageError for an alpha outside (0, .5)."""
        from scipy.special import betaincinv  # in functions, because every run of pytest imports this module

        check_alpha(alpha)
        low = float(betaincinv(runs, n - runs + 1, alpha)) if runs else 0.0
        high = float(betaincinv(runs + 1, n - runs, 1 - alpha)) if runs < n else 1.0
        return cls(runs, n, low, high)


def collapse(scores: Scores, baseline: float, alpha: float) -> Collapse:
    """How many runs of an arm collapsed.

    A summary has no single runs: all count as collapsed if its std is 0 and its mean is at most the baseline, otherwise
    none.
    """
    if isinstance(scores, Sample):
        return Collapse.of(len(collapsed(scores, baseline)), scores.n, alpha)
    constant = scores.std == 0 and scores.mean <= baseline + _ROUNDING
    return Collapse.of(scores.n if constant else 0, scores.n, alpha)


def collapsed(scores: Scores, baseline: float) -> frozenset[int]:
    """The replicates that collapsed: their score is not finite, or is at most the baseline (up to rounding, 1e-12).

    A score below the baseline counts, because a model that always gives another answer scores less. Empty for a
    summary, which has no single runs.
    """
    if not isinstance(scores, Sample):
        return frozenset()
    runs = zip(scores.seeds, scores.scores, strict=True)
    return frozenset(seed for seed, score in runs if not math.isfinite(score) or score <= baseline + _ROUNDING)


def set_aside(arms: Iterable[Scores], baseline: float) -> frozenset[int] | None:
    """The replicates in which a run of one of the arms collapsed; None if fewer than FEWEST would remain in an arm.

    A replicate is set aside in all arms, so that they stay paired.
    """
    samples = [arm for arm in arms if isinstance(arm, Sample)]
    gone = frozenset().union(*(collapsed(arm, baseline) for arm in samples))
    return None if any(len(set(arm.seeds) - gone) < FEWEST for arm in samples) else gone
