"""From the scores of arms to an estimate: a weighted sum of arms' means, in points or as a share of the full score.

This module knows neither tasks nor claims. A new kind of claim is a new function here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lth.errors import EvidenceError, UsageError, did_you_mean
from lth.verdict.estimate import Estimate, NoSpread, Student, Unbounded
from lth.verdict.moments import Moments, has_examples
from lth.verdict.ratio import Ratio
from lth.verdict.resampling import (
    Resampled,
    bootstrap_thresholds,
    permutation_thresholds,
    sign_flip_thresholds,
)
from lth.verdict.samples import Sample, Scores, Summary

if TYPE_CHECKING:
    from lth.verdict.resampling import Floats

METHODS = ("crossed", "t", "bootstrap", "permutation")
NO_SCORE = "a run has no finite score, so its arm has no mean"
ONE_SEED = "an arm has one seed, so nothing is known about its spread"
_ROUNDING = 1e-12
"""A standard error below this share of the largest score is rounding, not spread."""

Term = tuple[float, Scores]
"""A factor and the scores of an arm whose mean it multiplies."""


def contrast(terms: Sequence[Term], method: str = "crossed") -> Estimate:
    """The effect Σ factor × mean(arm).

    Arms are paired, in any order of their seeds, if they have single scores of the same seeds. Methods:

    - "crossed": Student's t over seeds and dev examples, both as samples, where the contributions of the dev examples
      are known for every arm; otherwise as "t". See Moments.
    - "t": Student's paired t, or Welch's t from scores or summaries: over seeds, for this dev set. If every seed gives
      the same effect, see NoSpread.
    - "bootstrap": bootstrap-t, 9,999 fixed resamples. Few seeds have too few different resamples: the error exceeds
      alpha (three pairs of normal scores: 7 to 8 % at a nominal 5 %). The p is therefore never less than that of the
      exact test, 1/2ⁿ or 1/C(n + m, n): below five pairs it is underpowered at alpha .05. With skewed differences one
      side still errs more often than alpha.
    - "permutation": exact sign flips of the pairs, or exact exchanges between unpaired arms; inverted into an interval.
      Exchanges assume that the arms differ only by a shift (spreads of 3 to 1, n = 3: 7 % at a nominal 5 %).

    No run is dropped: an arm with a score that is not finite gives an unbounded interval. So does an arm with one seed,
    except under "permutation". Raises UsageError for an unknown method; EvidenceError for an arm without scores, and
    for summaries or more than two unpaired groups of arms if a method needs single scores.
    """
    factors, moments = _read(terms, method)
    return _contrast(factors, moments, method)


def share(terms: Sequence[Term], full: Scores, method: str = "crossed") -> Estimate:
    """The effect Σ factor × mean(arm) as a share of the full model's mean score; see `contrast` for methods and errors.

    "effect > x" is tested as the contrast Σ factor × mean(arm) - x × mean(full) > 0, with its own error, so that the
    error of the full model's mean counts and nothing is divided by a noisy number. The interval has every x that is not
    rejected (Fieller 1954, Journal of the Royal Statistical Society B 16, 175-185). Also raises EvidenceError unless
    the mean of `full` is positive.
    """
    # The same summary as arm and as full model is one arm, not two independent ones.
    at = next((at for at, (_, arm) in enumerate(terms) if arm is full and isinstance(full, Summary)), None)
    all_terms = terms if at is not None else [*terms, (0.0, full)]
    factors, moments = _read(all_terms, method)
    mean, of_full = full.mean, len(terms) if at is None else at
    if not math.isfinite(mean):
        return Unbounded(math.nan, full.n, _label(moments, method), NO_SCORE, over=moments.over)
    if mean <= 0:
        raise EvidenceError(f"mean full score {mean:g}; expected a positive number, because effects are shares of it")

    base = _contrast(factors, moments, method)
    if isinstance(base, (Unbounded, NoSpread)):
        return replace(base, value=base.value / mean)
    value = base.value / mean
    step = [float(at == of_full) for at in range(len(factors))]

    def minus(x: float) -> Estimate:
        return _contrast([factor - x * by for factor, by in zip(factors, step, strict=True)], moments, method)

    at_value = minus(value)
    if isinstance(base, Student) and isinstance(at_value, Student):
        student = replace(at_value, smallest_p=max(base.smallest_p, at_value.smallest_p))
        rest = [factor - value * by for factor, by in zip(factors, step, strict=True)]
        spreads = moments.spreads(rest, step)
        assert spreads is not None

        def quickly(x: float) -> Estimate:
            return replace(student, value=(value - x) * mean, spread=spreads(x - value))

        return Ratio(value, quickly, student, mean)
    if isinstance(at_value, NoSpread):
        return replace(at_value, value=value)
    return Ratio(value, minus, at_value, mean)


def difference(a: Scores, b: Scores, method: str = "crossed") -> Estimate:
    """The effect mean(a) - mean(b); see `contrast`."""
    return contrast(((1.0, a), (-1.0, b)), method)


def level(scores: Scores, method: str = "crossed") -> Estimate:
    """The effect mean(scores) of one arm, with Student's t; for claims about one arm, such as its kappa.

    Raises EvidenceError as `contrast` does.
    """
    return contrast(((1.0, scores),), "crossed" if method == "crossed" else "t")


def _read(terms: Sequence[Term], method: str) -> tuple[list[float], Moments]:
    if method not in METHODS:
        raise UsageError(f"no method {method!r}{did_you_mean(method, METHODS)} Methods: {', '.join(METHODS)}")
    factors, arms = [factor for factor, _ in terms], tuple(arm for _, arm in terms)
    if any(arm.n < 1 for arm in arms):
        raise EvidenceError("an arm without scores; expected at least one seed; measure it or leave the claim out")
    if method in ("bootstrap", "permutation") and any(isinstance(arm, Summary) for arm in arms):
        raise EvidenceError(f"{method} of a mean and std; expected the score of each seed; use the method 't'")
    return factors, Moments(arms, method == "crossed" and has_examples(arms))


def _label(moments: Moments, method: str) -> str:
    if method in ("bootstrap", "permutation"):
        return f"paired {method}" if moments.paired else method
    return "t" if len(moments.arms) == 1 else "paired t" if moments.paired else "Welch t"


def _contrast(factors: Sequence[float], moments: Moments, method: str) -> Estimate:
    n, label, over = min(arm.n for arm in moments.arms), _label(moments, method), moments.over
    if not all(_finite(arm) for arm in moments.arms):
        return Unbounded(math.nan, n, label, _why(moments.arms), over=over)
    value, spread = moments.value(factors), moments.spread(factors)
    if spread is not None:
        of_seeds = replace(spread, examples=0.0).error
        if of_seeds <= _ROUNDING * max(abs(f) * _largest(arm) for f, arm in zip(factors, moments.arms, strict=True)):
            if spread.examples == 0:
                return NoSpread(value, n, label, spread.without_variance(), over)
            return Student(value, n, label, replace(spread, variances=(0.0,) * len(spread.sizes)), spread.floor, over)
    if method == "permutation":
        return Resampled(value, n, label, spread, _permuted(factors, moments), over=over)
    if spread is None:
        return Unbounded(value, n, label, ONE_SEED, over=over)
    if method == "bootstrap":
        thresholds = bootstrap_thresholds(*_two_groups(factors, moments))
        return Resampled(value, n, label, spread, thresholds, spread.floor, over)
    return Student(value, n, label, spread, over=over)


def _permuted(factors: Sequence[float], moments: Moments) -> Floats:
    groups = _two_groups(factors, moments)
    return sign_flip_thresholds(groups[0]) if len(groups) == 1 else permutation_thresholds(groups[0], groups[1])


def _two_groups(factors: Sequence[float], moments: Moments) -> list[dict[int, float]]:
    """The sums of the paired arms by seed; of two groups the second with its sign changed."""
    used = [group for group in moments.groups if any(factors[at] for at in group)]
    if len(used) > 2:
        raise EvidenceError(
            f"{len(used)} arms of different seeds; expected at most two to resample; use the method 't'"
        )
    first, *others = ((group, factors) for group in used)
    negated = [-factor for factor in factors]
    return [moments.summed(factors, first[0]), *(moments.summed(negated, group) for group, _ in others)]


def _finite(arm: Scores) -> bool:
    return isinstance(arm, Summary) or all(map(math.isfinite, arm.scores))


def _why(arms: Sequence[Scores]) -> str:
    """Why there is no number: what is known of the arms that have none, or that a run has no score."""
    return next((arm.why for arm in arms if isinstance(arm, Sample) and arm.why and not _finite(arm)), NO_SCORE)


def _largest(arm: Scores) -> float:
    return max(map(abs, arm.scores)) if isinstance(arm, Sample) else abs(arm.mean)
