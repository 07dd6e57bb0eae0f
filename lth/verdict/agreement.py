"""How far masks agree: Fleiss' kappa and its estimate over seeds, Cochran's Q, and the Jaccard index beside chance.

Masks are arrays [raters, units]: raters are seeds or tasks, units are heads, MLPs or weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, variance
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from lth.errors import EvidenceError
from lth.verdict.estimate import Estimate, Spread, Student, Unbounded
from lth.verdict.interval import Interval, check_alpha

Mask = NDArray[np.bool_]

MANY = 10**6
"""Above this many units we sum in chunks ourselves, because statsmodels would need all units as floats."""
_CHUNK = 1 << 20
EXACT = 10_000
"""Up to this many units the expected Jaccard index of random masks is summed exactly."""
_ROUNDING = 1e-12


def fleiss_kappa(ratings: ArrayLike) -> float:
    """Fleiss' kappa of masks [raters, units] of 0 and 1: (P - Pe) / (1 - Pe).

    P is the share of pairs of raters that agree on a unit, averaged over units. Pe = p² + (1 - p)², where p is the
    share of units kept, over all raters (Fleiss 1971, Psychological Bulletin 76, 378-382). Kappa is 1 for equal masks
    and -1/(raters - 1) for the least agreement. It is NaN if every rater keeps every unit, or none: chance alone then
    gives full agreement, and the masks show nothing. Raises EvidenceError unless given masks of at least two raters.

    >>> round(fleiss_kappa([[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]]), 4)
    0.3333
    """
    masks = _checked(ratings)
    n, units = masks.shape
    histogram = _histogram(masks)
    kept = sum(k * times for k, times in enumerate(histogram))
    if kept in (0, n * units):
        return math.nan
    if units > MANY:
        agreeing = sum(times * (k * (k - 1) + (n - k) * (n - k - 1)) for k, times in enumerate(histogram))
        p = kept / (n * units)
        by_chance = p**2 + (1 - p) ** 2
        return float((agreeing / (units * n * (n - 1)) - by_chance) / (1 - by_chance))
    from statsmodels.stats.inter_rater import fleiss_kappa as kappa  # takes 0.2 s, and most evidence has no masks

    keeping = masks.sum(axis=0)
    return float(kappa(np.stack([keeping, n - keeping], axis=1)))


class CochranQ(NamedTuple):
    """Cochran's Q and its p-value, from chi-squared with raters - 1 degrees of freedom."""

    statistic: float
    p: float


def cochran_q(ratings: ArrayLike) -> CochranQ:
    """Cochran's Q of masks [raters, units]: do all raters keep units with the same probability?

    Raters are the treatments and units the blocks. Masks of equal size have Q = 0 however little they overlap: Q
    compares sizes, kappa compares positions (Cochran 1950, Biometrika 37, 256-266). For equal masks the formula is 0/0;
    they get Q = 0 and p = 1. Raises EvidenceError as `fleiss_kappa` does.
    """
    masks = _checked(ratings)
    n, units = masks.shape
    histogram = _histogram(masks)
    undecided = sum(k * (n - k) * times for k, times in enumerate(histogram))
    if undecided == 0:
        return CochranQ(0.0, 1.0)
    if units <= MANY:
        from statsmodels.stats.contingency_tables import cochrans_q  # as above

        found = cochrans_q(masks.T)
        return CochranQ(float(found.statistic), float(found.pvalue))
    sizes = _sizes(masks)
    statistic = (n - 1) * (n * sum(size**2 for size in sizes) - sum(sizes) ** 2) / undecided
    return CochranQ(statistic, float(chdtrc(n - 1, statistic)))


@dataclass(frozen=True)
class JaccardAgreement:
    """Mean over pairs of raters of |A ∩ B| / |A ∪ B|, where A and B are the units they keep.

    `by_chance` is the expected mean of independent masks of the same sizes.
    """

    mean: float
    by_chance: float


def jaccard(ratings: ArrayLike) -> JaccardAgreement:
    """Mean pairwise Jaccard index of masks [raters, units] (Jaccard 1912, New Phytologist 11, 37-50).

    By chance, every set of a mask's size is equally likely. The overlap of two masks that keep a and b of N units is
    then hypergeometric with mean ab/N. Up to 10,000 units `by_chance` is the exact mean of i / (a + b - i) over that
    distribution; above that it is the index at the mean overlap (relative error of the order 1/N). Two masks that keep
    nothing are equal and count as 1 in both. Raises EvidenceError as `fleiss_kappa` does.
    """
    masks = _checked(ratings)
    sizes = _sizes(masks)
    found, expected = [], []
    for i, j in combinations(range(len(masks)), 2):
        overlap = int(np.count_nonzero(masks[i] & masks[j]))
        found.append(_index(overlap, sizes[i], sizes[j]))
        expected.append(_index_by_chance(masks.shape[1], sizes[i], sizes[j]))
    return JaccardAgreement(fmean(found), fmean(expected))


def kappa_over_seeds(ratings: ArrayLike) -> Estimate:
    """The limit of kappa for many raters, estimated from masks [raters, units] of a sample of raters.

    The raters are a sample, the units are not. The method is the delete-one jackknife: rater i has the pseudo-value
    n κ - (n - 1) κ₋ᵢ. Their mean is the estimate, and their variance gives its error, with Student's t of n - 1 df.
    Kappa is close to a U-statistic of order 2 (Arvesen 1969, Annals of Mathematical Statistics 40, 2076-2100), and
    the variance is overestimated rather than underestimated (Efron & Stein 1981, Annals of Statistics 9, 586-596).
    The mean differs a little from `fleiss_kappa`, which is too low by an order of 1/n if masks differ in size. It is
    not cut at 1.

    Simulated at alpha .05 with 3, 5 and 8 raters, units kept with unequal probabilities (kappa .01 to .92; 12, 144 and
    1,000 units) and masks of equal or varying sizes: each end of the interval errs in .2 to 4.7 % of the cases. Five
    raters err more often with few units (four units, kappa .45: 9 % at the low end). They also do if a fifth of all
    masks is of a rare kind, which five raters may miss (35 % at the low end).

    Equal masks give EqualMasks. The estimate is Unbounded for fewer than three raters, for masks that keep all or
    nothing (value NaN), for masks that do so when one rater is left out, and for different masks that all change kappa
    by the same amount. Raises EvidenceError as `fleiss_kappa` does.
    """
    masks = _checked(ratings)
    n, method = len(masks), "jackknife"
    kappa = fleiss_kappa(masks)
    if math.isnan(kappa):
        return Unbounded(kappa, n, method, undefined(masks))
    if n < 3:
        return Unbounded(kappa, n, method, f"{n} masks; expected at least 3 to estimate an error")
    pseudo = pseudo_values(masks)
    if any(map(math.isnan, pseudo)):
        return Unbounded(kappa, n, method, "with one mask left out, all others keep everything or nothing")
    value, spread = fmean(pseudo), Spread((variance(pseudo),), (n,))
    if spread.error > _ROUNDING:
        return Student(value, n, method, spread)
    if kappa < 1 - _ROUNDING:
        return Unbounded(value, n, method, "the masks differ, but all change kappa by the same amount")
    return EqualMasks(n)


@dataclass(frozen=True)
class EqualMasks:
    """Kappa over seeds where all `n` masks are equal: the estimate is 1, and nothing is seen of masks that differ.

    If a share q of all masks were of another kind, unrelated to these, n equal ones would be seen with probability
    (1 - q)ⁿ, and kappa would be about (1 - q)², the share of pairs of the common kind. With q at its exact upper bound
    1 - alpha^(1/n) (Clopper & Pearson 1934, Biometrika 26, 404-413), the interval is [alpha^(2/n), 1].

    >>> round(EqualMasks(5).interval(0.05).low, 2)
    0.3
    """

    n: int
    value: float = 1.0
    method: str = "equal masks"
    smallest_p: float = 0.0
    spread: Spread | None = None
    over: str = "seeds"

    def interval(self, alpha: float) -> Interval:
        check_alpha(alpha)
        return Interval(1.0, alpha ** (2 / self.n), 1.0, self.method, alpha)

    def p_greater(self, x: float) -> float:
        return float(min(1.0, max(0.0, x)) ** (self.n / 2))

    def p_less(self, x: float) -> float:
        return 1.0 if x <= 1 else 0.0


def undefined(masks: Mask) -> str:
    """Why masks have no kappa: all keep everything, or nothing. Their agreement is complete and shows nothing."""
    what = "everything" if masks.all() else "nothing"
    return f"all {len(masks)} masks keep {what}: they agree on 100 % of the units, as by chance, so kappa is undefined"


def pseudo_values(ratings: ArrayLike) -> list[float]:
    """The jackknife's pseudo-value of each rater, n κ - (n - 1) κ₋ᵢ; `kappa_over_seeds` uses their mean and spread."""
    masks = _checked(ratings)
    n, kappa = len(masks), fleiss_kappa(masks)
    return [n * kappa - (n - 1) * fleiss_kappa(np.delete(masks, i, axis=0)) for i in range(n)]


def _checked(ratings: ArrayLike) -> Mask:
    given: NDArray[Any] = np.asarray(ratings)
    if given.ndim != 2 or len(given) < 2 or given.shape[1] < 1:
        raise EvidenceError(
            f"masks of shape {given.shape}; expected [raters, units] with at least two raters; give one row per seed"
        )
    if given.dtype == np.bool_:
        return given
    if not np.isin(given, (0, 1)).all():
        raise EvidenceError(
            "a mask with values other than 0 and 1; expected 1 for kept, 0 for removed; give masks, not scores"
        )
    return given.astype(np.bool_)


def _chunks(masks: Mask) -> Iterator[Mask]:
    for begin in range(0, masks.shape[1], _CHUNK):
        yield masks[:, begin : begin + _CHUNK]


def _histogram(masks: Mask) -> list[int]:
    """How many units are kept by 0, 1, …, n raters."""
    parts = [np.bincount(part.sum(axis=0), minlength=len(masks) + 1) for part in _chunks(masks)]
    return [int(times) for times in np.sum(parts, axis=0)]


def _sizes(masks: Mask) -> list[int]:
    return [int(np.count_nonzero(mask)) for mask in masks]


def _index(overlap: float, a: int, b: int) -> float:
    return overlap / (a + b - overlap) if a + b else 1.0


def _index_by_chance(units: int, a: int, b: int) -> float:
    if units > EXACT or a + b == 0:
        return _index(a * b / units, a, b)
    from scipy.stats import hypergeom  # takes 0.4 s, and most evidence has no masks

    overlaps = np.arange(max(0, a + b - units), min(a, b) + 1)
    return float(np.sum(hypergeom.pmf(overlaps, units, a, b) * overlaps / (a + b - overlaps)))
