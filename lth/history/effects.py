"""From two measurements of one effect to estimates of their difference and of their sum. Knows single claims, no run.

The sum says on which side of a region's middle both lie, see `lth.history.distance`. The first of these that applies:

- Paired by seed, if both runs have scores of the same seeds: Student's t on the differences or sums of the effects,
  seed by seed. A seed means the same initialisation, data order and dropout in both runs, so their shared part cancels
  in a difference. The differences of distinct seeds are independent, however large that part is, and so are their sums:
  the error rate holds either way.
- Welch's t: the variances of both effects' means are added, with Satterthwaite's degrees of freedom (Welch 1947,
  Biometrika 34, 28-35; Satterthwaite 1946, Biometrics Bulletin 2, 110-114). Runs that share some of their seeds vary
  less than this assumes. It then errs less often, not more.
- From the stored intervals, if the arms' scores do not give the stored effect: the distance of each end from the
  estimate is read as Student's t with one degree of freedom less than seeds. The squared distances of facing ends are
  added (Zou & Donner 2008, Statistics in Medicine 27, 1693-1702), with Satterthwaite's degrees of freedom. Effects
  between tasks are compared in this way. Their intervals allow for other tasks, so runs on the same tasks are rarely
  called changed.

The unit of an effect, the full model's mean score, is measured in each run, so its error counts here. A seed's effect
is (d - θ (f - mean f)) / mean f, where d is the seed's difference of scores, f its full score and θ the effect. This is
the usual linear form of a ratio (Cochran 1977, Sampling Techniques, 3rd edition, section 6.4). The error is not counted
if the full model's scores are of other seeds, or known only as mean and deviation.

scipy is imported where it is needed, because it takes half a second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, variance

from lth.claims.arm_id import ArmId
from lth.claims.effects import FULL_SCORE, POINTS
from lth.document.rows import ArmRow, ClaimRow, IntervalRow
from lth.errors import EvidenceError
from lth.evidence.recorded import FULL
from lth.verdict import Estimate, Interval, Spread, contrast, difference, level
from lth.verdict.estimate import NoSpread, Student, Unbounded
from lth.verdict.samples import Sample, Scores

_ROUNDING = 1e-9
"""Effects no further apart than this are the same number."""


@dataclass(frozen=True)
class TwoSided:
    """Two estimates of one value: for the low end of an interval and "greater than", for the high end and "less than".

    They differ only for stored intervals that are not symmetric.
    """

    low: Estimate
    high: Estimate

    def interval(self, alpha: float) -> Interval:
        """The closed (1 - 2 alpha) interval. Raises UsageError for an alpha outside (0, .5)."""
        lower, upper = self.low.interval(alpha), self.high.interval(alpha)
        reason = lower.reason or upper.reason
        return Interval(self.low.value, lower.low, upper.high, self.low.method, alpha, reason)


@dataclass(frozen=True)
class MeasuredEffect:
    """A claim's effect in one run.

    `value` and `interval` are in the effect's unit, which is `scale` in the metric's unit. `full` are the full model's
    scores if their mean is the unit, `scores` those of all arms. `terms` are the factors and scores whose sum of means
    is value times scale; they are empty if the effect is not such a sum or its unit is unknown.
    """

    value: float
    interval: IntervalRow
    scale: float
    full: Scores | None
    scores: Mapping[ArmId, Scores]
    terms: tuple[tuple[float, Scores], ...]

    @property
    def n(self) -> int:
        """The fewest seeds of an arm that the effect rests on; of any arm if the effect is not a sum of arms."""
        rests_on = [scores for _, scores in self.terms] or self.scores.values()
        return min((scores.n for scores in rests_on), default=0)


def measured(claim: ClaimRow) -> MeasuredEffect | None:
    """The claim's effect; None if the run has none. Raises EvidenceError for an arm whose scores cannot be judged."""
    interval, unit = claim.interval, claim.effect.unit
    if interval is None or interval.estimate is None:
        return None
    scores = {arm.id: _scores(claim, arm) for arm in claim.arms}
    scale = (claim.full_mean or 0.0) if unit == FULL_SCORE else 0.01 if unit == POINTS else 1.0
    terms = tuple((term.factor, scores[term.arm]) for term in claim.effect.terms if term.arm in scores)
    known = scale > 0 and len(terms) == len(claim.effect.terms) <= 2
    full = scores.get(FULL) if unit == FULL_SCORE else None
    return MeasuredEffect(interval.estimate, interval, scale, full, scores, terms if known else ())


def change(old: MeasuredEffect, new: MeasuredEffect) -> TwoSided | None:
    """The new effect minus the old one, in their common unit; None if all scores are equal."""
    equal_scores = (old.terms and old.terms == new.terms) or old.scores == new.scores
    if equal_scores and old.value == new.value:
        return None
    before, after = _by_seed(old), _by_seed(new)
    if before and after and before.seeds == after.seeds:
        if all(map(_same, before.scores, after.scores)):
            return None
        paired = difference(after, before)
        return TwoSided(paired, paired)
    moved = 0.0 if _same(old.value, new.value) else new.value - old.value
    (old_low, old_high), (new_low, new_high) = _spreads(old, before), _spreads(new, after)
    # The change is least where the new effect is at its low end and the old one at its high end.
    return TwoSided(_added(moved, new_low, old_high), _added(moved, new_high, old_low))


def total(old: MeasuredEffect, new: MeasuredEffect, middle: float) -> TwoSided:
    """The sum of both effects' distances from `middle`, new + old - 2 middle, in their common unit."""
    before, after = _by_seed(old), _by_seed(new)
    if before and after and before.seeds == after.seeds:
        pairs = zip(before.scores, after.scores, strict=True)
        paired = level(Sample(before.seeds, tuple(one + other - 2 * middle for one, other in pairs)))
        return TwoSided(paired, paired)
    value = (new.value - middle) + (old.value - middle)
    (old_low, old_high), (new_low, new_high) = _spreads(old, before), _spreads(new, after)
    return TwoSided(_added(value, new_low, old_low), _added(value, new_high, old_high))


def _scores(claim: ClaimRow, arm: ArmRow) -> Scores:
    try:
        return arm.samples
    except EvidenceError as error:
        raise EvidenceError(f"claim {claim.name} on {claim.task}, arm {arm.id}: {error}") from error


def _by_seed(effect: MeasuredEffect) -> Sample | None:
    """The effect of each seed, with the effect as their mean; None if the arms do not give it."""
    samples = [(factor, _mapped(scores)) for factor, scores in effect.terms if isinstance(scores, Sample)]
    seeds = tuple(sorted(samples[0][1])) if samples else ()
    if len(samples) < len(effect.terms) or not seeds or any(set(of) != set(seeds) for _, of in samples):
        return None
    full = _full_by_seed(effect, seeds)
    scale = fmean(full)
    if not scale > 0:
        return None
    sums = [math.fsum(factor * of[seed] for factor, of in samples) for seed in seeds]
    effects = [(each - effect.value * (score - scale)) / scale for each, score in zip(sums, full, strict=True)]
    return Sample(seeds, tuple(effects)) if _same(fmean(effects), effect.value) else None


def _full_by_seed(effect: MeasuredEffect, seeds: tuple[int, ...]) -> list[float]:
    """The full model's scores in the order of `seeds`; the scale for each seed if its scores are of other seeds."""
    scores = _mapped(effect.full) if isinstance(effect.full, Sample) else {}
    return [scores[seed] for seed in seeds] if set(scores) == set(seeds) else [effect.scale] * len(seeds)


def _spreads(effect: MeasuredEffect, sample: Sample | None) -> tuple[Spread | None, Spread | None]:
    """The spreads that give the effect's error towards its low and its high end; None for an open end."""
    if sample is not None:
        spread = Spread((variance(sample.scores),), (sample.n,)) if sample.n > 1 else None
        return spread, spread
    if effect.terms:
        estimate = contrast([(factor / effect.scale, scores) for factor, scores in effect.terms], "t")
        if _same(estimate.value, effect.value):
            return estimate.spread, estimate.spread
    return _recovered(effect, effect.interval.low), _recovered(effect, effect.interval.high)


def _recovered(effect: MeasuredEffect, end: float | None) -> Spread | None:
    from scipy.special import stdtrit

    n = effect.n
    if end is None or n < 2:
        return None
    error = abs(effect.value - end) / -float(stdtrit(n - 1, effect.interval.alpha))
    return Spread((n * error**2,), (n,))


def _added(moved: float, *spreads: Spread | None) -> Estimate:
    known = [spread for spread in spreads if spread is not None]
    n = min((min(spread.sizes) for spread in known), default=0)
    if len(known) < len(spreads):
        return Unbounded(moved, n, "Welch t", "one of the effects has an open interval")
    sizes = tuple(size for spread in known for size in spread.sizes)
    total = Spread(tuple(part for spread in known for part in spread.variances), sizes)
    if total.error <= _ROUNDING * abs(moved):
        return NoSpread(moved, n, "Welch t", Spread((0.0, 0.0), (sizes[0], sizes[-1])))
    return Student(moved, n, "Welch t", total)


def _mapped(sample: Sample) -> dict[int, float]:
    return dict(zip(sample.seeds, sample.scores, strict=True))


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
