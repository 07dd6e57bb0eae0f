"""From two measurements of one effect to the estimate of their difference. Knows claims of documents, one at a time.

In this order:

- Paired by seed, where both runs hold the scores of the same seeds: Student's t on the differences of the effects seed
  by seed. A seed stands for the same initialisation, data order and dropout in both runs, so what they share cancels;
  the differences of distinct seeds are independent however much they share, so the error rate is kept either way.
- Welch's t otherwise: the variances of both effects' means add up, the degrees of freedom are Satterthwaite's (Welch
  1947, Biometrika 34, 28-35; Satterthwaite 1946, Biometrics Bulletin 2, 110-114). Runs that share some of their seeds
  vary less than this assumes: it errs less often, not more.
- From the stored intervals, where the arms' scores do not give the stored effect: each end's distance from the estimate
  is read as Student's t with one degree of freedom less than seeds, the distances of facing ends add up in squares (Zou
  & Donner 2008, Statistics in Medicine 27, 1693-1702), and Satterthwaite's degrees of freedom apply. So are effects
  between tasks; their intervals allow for other tasks too, so that runs on the same tasks are rarely called changed.

The unit of an effect, the full model's mean score, is measured anew in each run, so its error counts here: a seed's
effect is (d - θ (f - mean f)) / mean f with d the seed's difference of scores, f its full score and θ the effect: the
usual linear form of a ratio (Cochran 1977, Sampling Techniques, 3rd edition, section 6.4). It is not counted where the
full model's scores are of other seeds or known as mean and deviation only.
"""

from __future__ import annotations

import math
import re
from statistics import fmean, variance

from lth.document.document import FULL_SCORE, Claim
from lth.errors import EvidenceError
from lth.report.cells import finite, scores_of, unit
from lth.verdict import Estimate, Spread, difference, level
from lth.verdict.estimate import NoSpread, Student, Unbounded
from lth.verdict.samples import Sample, Scores, scaled

ROUNDING = 1e-9
"""Effects no further apart than this are the same number."""

_TERM = re.compile(r"(?:(?P<share>[0-9.e+-]+) × )?(?P<arm>.+)")


def value(claim: Claim | None) -> float | None:
    """The claim's effect, in its unit; None where there is none."""
    return finite(claim["effect"]["estimate"]) if claim and claim["effect"] else None


def by_seed(claim: Claim) -> Sample | None:
    """The claim's effect as one number a seed, whose mean it is; None where the arms do not give it so."""
    terms, effect = _terms(claim), value(claim)
    samples = [(_mapped(scores), share) for scores, share in terms if isinstance(scores, Sample)]
    seeds = tuple(sorted(samples[0][0])) if samples else ()
    if effect is None or len(samples) < len(terms) or not seeds or any(set(of) != set(seeds) for of, _ in samples):
        return None
    sums = [math.fsum(share * of[seed] for of, share in samples) for seed in seeds]
    if unit(claim) == FULL_SCORE:
        full = _full_by_seed(claim, seeds)
        scale = fmean(full)
        if not scale > 0:
            return None
        sums = [(each - effect * (score - scale)) / scale for each, score in zip(sums, full, strict=True)]
    return Sample(seeds, tuple(sums)) if _same(fmean(sums), effect) else None


def change(old: Claim, new: Claim) -> tuple[Estimate, Estimate] | None:
    """New effect less old one, both of one unit, as two estimates of that one value; None if both are of equal scores.

    The first is for the low end of an interval and "greater than", the second for the high end and "less than"; they
    differ only where stored intervals are used that are not symmetric. Both claims have an effect.
    """
    figures = [(_terms(claim), _figures(claim)) for claim in (old, new)]
    same = (bool(figures[0][0]) and figures[0][0] == figures[1][0]) or figures[0][1] == figures[1][1]
    if same and value(old) == value(new):
        return None
    samples = by_seed(old), by_seed(new)
    if samples[0] and samples[1] and set(samples[0].seeds) == set(samples[1].seeds):
        if all(map(_same, samples[0].scores, samples[1].scores)):
            return None
        paired = difference(samples[1], samples[0])
        return paired, paired
    before, after = (_spreads(claim, sample) for claim, sample in zip((old, new), samples, strict=True))
    ends = float(value(old) or 0), float(value(new) or 0)
    moved = 0.0 if _same(*ends) else ends[1] - ends[0]
    # The change is least where the new effect is at its low end and the old one at its high end.
    return _added(moved, after[0], before[1]), _added(moved, after[1], before[0])


def _added(moved: float, *spreads: Spread | None) -> Estimate:
    known = [spread for spread in spreads if spread is not None]
    n = min((min(spread.sizes) for spread in known), default=0)
    if len(known) < len(spreads):
        return Unbounded(moved, n, "Welch t", "one of the effects has an open interval")
    sizes = tuple(size for spread in known for size in spread.sizes)
    total = Spread(tuple(part for spread in known for part in spread.variances), sizes)
    if total.error <= ROUNDING * abs(moved):
        return NoSpread(moved, n, "Welch t", Spread((0.0, 0.0), (sizes[0], sizes[-1])))
    return Student(moved, n, "Welch t", total)


def _spreads(claim: Claim, sample: Sample | None) -> tuple[Spread | None, Spread | None]:
    """What the effect's error is computed from, towards the low end and towards the high end; None if it is open."""
    if sample is not None:
        spread = Spread((variance(sample.scores),), (sample.n,)) if sample.n > 1 else None
        return spread, spread
    terms = _terms(claim)
    if terms:
        scale = float(claim["full_mean"]) if unit(claim) == FULL_SCORE else 1.0
        arm, *controls = (scaled(scores, abs(share)) for scores, share in terms)
        estimate = difference(arm, controls[0], scale=scale) if controls else level(arm, scale=scale)
        if _same(estimate.value, value(claim)):
            return estimate.spread, estimate.spread
    return _recovered(claim, "low"), _recovered(claim, "high")


def _recovered(claim: Claim, end: str) -> Spread | None:
    from scipy.special import stdtrit

    effect, n = claim["effect"], _seeds(claim)
    if finite(effect[end]) is None or n < 2:
        return None
    error = abs(effect["estimate"] - effect[end]) / -float(stdtrit(n - 1, effect["alpha"]))
    return Spread((n * error**2,), (n,))


def _terms(claim: Claim) -> list[tuple[Scores, float]]:
    """The scores that the effect's label names, with their factors; empty where it names others or the unit is gone.

    `a − 0.9 × b` has the terms (a, 1) and (b, -0.9).
    """
    terms: list[tuple[Scores, float]] = []
    for position, text in enumerate(str(claim["effect"].get("label", "")).split(" − ")):
        match = _TERM.fullmatch(text)
        if match is None or match["arm"] not in claim["arms"]:
            return []
        try:
            terms.append((scores_of(claim["arms"][match["arm"]]), (-1 if position else 1) * float(match["share"] or 1)))
        except (EvidenceError, KeyError, TypeError, ValueError):
            return []
    broken = unit(claim) == FULL_SCORE and not (finite(claim.get("full_mean")) or 0) > 0
    return [] if broken or len(terms) > 2 else terms


def _figures(claim: Claim) -> dict[str, list[object]]:
    """All that is known of the scores of every arm."""
    return {
        name: [arm.get(key) for key in ("seeds", "scores", "mean", "std", "n")] for name, arm in claim["arms"].items()
    }


def _mapped(sample: Sample) -> dict[int, float]:
    return dict(zip(sample.seeds, sample.scores, strict=True))


def _full_by_seed(claim: Claim, seeds: tuple[int, ...]) -> list[float]:
    """The full model's scores in the order of `seeds`; its mean for each of them where it was not measured on them."""
    mean = float(claim["full_mean"])
    try:
        full = scores_of(claim["arms"]["full"])
    except (EvidenceError, KeyError, TypeError, ValueError):
        return [mean] * len(seeds)
    scores = _mapped(full) if isinstance(full, Sample) else {}
    return [scores[seed] for seed in seeds] if set(scores) == set(seeds) else [mean] * len(seeds)


def _seeds(claim: Claim) -> int:
    """Seeds of the smallest arm that the effect rests on, of all arms where its label does not tell."""
    return min((scores.n for scores, _ in _terms(claim)), default=0) or min(
        (len(arm.get("seeds", ())) or int(arm.get("n", 0)) for arm in claim["arms"].values()), default=0
    )


def _same(one: float, other: float | None) -> bool:
    return other is not None and math.isclose(one, other, rel_tol=ROUNDING, abs_tol=ROUNDING)
