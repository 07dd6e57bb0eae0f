"""From the scores of arms to an estimate: the difference of two arms' means, or the mean of one arm.

This module knows neither tasks nor claims. A new kind of claim is a new function here.
"""

from __future__ import annotations

import math
from statistics import fmean, variance

from lth.errors import EvidenceError, UsageError, did_you_mean
from lth.verdict.estimate import Estimate, NoSpread, Spread, Student, Unbounded
from lth.verdict.resampling import (
    Resampled,
    bootstrap_thresholds,
    permutation_thresholds,
    sign_flip_thresholds,
)
from lth.verdict.samples import Sample, Scores, Summary

METHODS = ("t", "bootstrap", "permutation")
NO_SCORE = "a run has no finite score, so its arm has no mean"
ONE_SEED = "an arm has one seed, so nothing is known about its spread"
_ROUNDING = 1e-12
"""A standard error below this share of the largest score is rounding, not spread."""


def difference(a: Scores, b: Scores, *, scale: float = 1.0, method: str = "t") -> Estimate:
    """The effect (mean(a) - mean(b)) / scale.

    The arms are paired by seed, in any order, if both have single scores of the same seeds. `scale` is the full model's
    mean score and makes the effect a share of it. It is a fixed unit, like the margin: its own error is not counted.
    Methods:

    - "t": Student's paired t, or Welch's t from scores or summaries. If every seed gives the same effect, see NoSpread.
    - "bootstrap": bootstrap-t, 9,999 fixed resamples. Few seeds have too few different resamples: the error exceeds
      alpha (three pairs of normal scores: 7 to 8 % at a nominal 5 %). The p is therefore never less than that of the
      exact test, 1/2ⁿ or 1/C(n + m, n): below five pairs it is underpowered at alpha .05. With skewed differences one
      side still errs more often than alpha.
    - "permutation": exact sign flips of the pairs, or exact exchanges between unpaired arms; inverted into an interval.
      Exchanges assume that the arms differ only by a shift (spreads of 3 to 1, n = 3: 7 % at a nominal 5 %).

    No run is dropped: an arm with a score that is not finite, or a scale that is NaN, gives an unbounded interval. So
    does an arm with one seed under "t" and "bootstrap". Raises UsageError for an unknown method; EvidenceError for an
    arm without scores, for a scale that is not positive and finite, and for summaries if a method needs single scores.
    """
    if method not in METHODS:
        raise UsageError(f"no method {method!r}{did_you_mean(method, METHODS)} Methods: {', '.join(METHODS)}")
    _check((a, b), scale, method)
    pairs = _pairs(a, b, scale)
    n, label = min(a.n, b.n), f"paired {method}" if pairs is not None else {"t": "Welch t"}.get(method, method)
    if not (_finite(a) and _finite(b) and math.isfinite(scale)):
        return Unbounded(math.nan, n, label, NO_SCORE)
    if pairs is not None:
        value = fmean(pairs.values())
        spread = Spread((variance(pairs.values()),), (n,)) if n > 1 else None
    else:
        value = (a.mean - b.mean) / scale
        spread = Spread(((a.std / scale) ** 2, (b.std / scale) ** 2), (a.n, b.n)) if n > 1 else None
    if spread is not None and spread.error <= _ROUNDING * _largest((a, b), scale):
        return NoSpread(value, n, label, spread.without_variance())
    if method == "permutation":
        thresholds = permutation_thresholds(*_by_seed(a, b, scale)) if pairs is None else sign_flip_thresholds(pairs)
        return Resampled(value, n, label, spread, thresholds)
    if spread is None:
        return Unbounded(value, n, label, ONE_SEED)
    if method == "t":
        return Student(value, n, label, spread)
    thresholds = bootstrap_thresholds(*_by_seed(a, b, scale)) if pairs is None else bootstrap_thresholds(pairs)
    return Resampled(value, n, label, spread, thresholds, spread.floor)


def level(scores: Scores, *, scale: float = 1.0) -> Estimate:
    """The effect mean(scores) / scale of one arm, with Student's t; for claims about one arm, such as its kappa.

    Raises EvidenceError as `difference` does.
    """
    _check((scores,), scale, "t")
    n = scores.n
    if not (_finite(scores) and math.isfinite(scale)):
        return Unbounded(math.nan, n, "t", NO_SCORE)
    value = scores.mean / scale
    if n < 2:
        return Unbounded(value, n, "t", ONE_SEED)
    spread = Spread(((scores.std / scale) ** 2,), (n,))
    if spread.error <= _ROUNDING * _largest((scores,), scale):
        return NoSpread(value, n, "t", spread.without_variance())
    return Student(value, n, "t", spread)


def _pairs(a: Scores, b: Scores, scale: float) -> dict[int, float] | None:
    """Differences a - b by seed, in the order of the seeds; None unless both arms have scores of the same seeds."""
    if isinstance(a, Summary) or isinstance(b, Summary) or set(a.seeds) != set(b.seeds):
        return None
    of_a, of_b = dict(zip(a.seeds, a.scores, strict=True)), dict(zip(b.seeds, b.scores, strict=True))
    return {seed: (of_a[seed] - of_b[seed]) / scale for seed in sorted(a.seeds)}


def _by_seed(a: Scores, b: Scores, scale: float) -> list[dict[int, float]]:
    """The scores of both arms by seed, in the order of the seeds."""
    arms = [sorted(zip(arm.seeds, arm.scores, strict=True)) for arm in (a, b) if isinstance(arm, Sample)]
    return [{seed: score / scale for seed, score in arm} for arm in arms]


def _finite(arm: Scores) -> bool:
    return isinstance(arm, Summary) or all(map(math.isfinite, arm.scores))


def _largest(arms: tuple[Scores, ...], scale: float) -> float:
    return max(max(map(abs, arm.scores)) if isinstance(arm, Sample) else abs(arm.mean) for arm in arms) / scale


def _check(arms: tuple[Scores, ...], scale: float, method: str) -> None:
    if any(arm.n < 1 for arm in arms):
        raise EvidenceError("an arm without scores; expected at least one seed; measure it or leave the claim out")
    if method != "t" and any(isinstance(arm, Summary) for arm in arms):
        raise EvidenceError(f"{method} of a mean and std; expected the score of each seed; use the method 't'")
    if scale <= 0 or math.isinf(scale):
        raise EvidenceError(
            f"scale {scale:g}; expected the full model's mean score, positive and finite; check that arm"
        )
