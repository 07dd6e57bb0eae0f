"""Estimates without Student's distribution: the exact permutation test and the bootstrap-t, inverted into intervals.

A resample counts against "effect <= x" from some x on. This x is its threshold. The sorted thresholds are all that is
needed: p-values count them, and the two ends of an interval are two of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from lth.errors import EvidenceError
from lth.verdict.estimate import Spread, unbounded
from lth.verdict.interval import Interval, check_alpha

if TYPE_CHECKING:  # the functions import numpy themselves, because every run of pytest imports this module
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

MOST_REARRANGEMENTS = 2**20
RESAMPLES = 9_999


@dataclass(frozen=True)
class Resampled:
    """An effect with one threshold per resample (sorted, unit of the effect).

    The observed scores count as one more resample:
    p_greater(x) = (1 + number of thresholds <= x) / (1 + number of thresholds), never less than `floor`.
    """

    value: float
    n: int
    method: str
    spread: Spread | None
    thresholds: Floats = field(repr=False, compare=False)
    floor: float = 0.0
    over: str = "seeds"

    @property
    def smallest_p(self) -> float:
        return max(self.floor, 1 / (1 + len(self.thresholds)))

    def interval(self, alpha: float) -> Interval:
        check_alpha(alpha)
        if self.smallest_p > alpha:
            return unbounded(self, alpha)
        total = 1 + len(self.thresholds)
        allowed = math.floor(alpha * total) + 1
        while allowed / total > alpha:
            allowed -= 1
        low, high = float(self.thresholds[allowed - 1]), float(self.thresholds[-allowed])
        if math.isfinite(low) and math.isfinite(high):
            return Interval(self.value, low, high, self.method, alpha)
        reason = f"the share of the resamples of {self.n} seeds without spread exceeds alpha {alpha:g}"
        return Interval(self.value, low, high, f"{self.method}, underpowered", alpha, reason)

    def p_greater(self, x: float) -> float:
        return self._p(int(self.thresholds.searchsorted(x, side="right")))

    def p_less(self, x: float) -> float:
        return self._p(len(self.thresholds) - int(self.thresholds.searchsorted(x, side="left")))

    def _p(self, count: int) -> float:
        return max(self.floor, (1 + count) / (1 + len(self.thresholds)))


def sign_flip_thresholds(differences: Mapping[int, float]) -> Floats:
    """The 2ⁿ - 1 sorted thresholds of the exact paired test: the means of all non-empty subsets of the differences.

    Flipping the signs of a subset S of the (d - x) does not lower their mean if mean(d_S) <= x (Hartigan 1969, JASA 64,
    1303-1317). Raises EvidenceError for more than 20 pairs.

    >>> sign_flip_thresholds({0: 1.0, 1: 2.0}).tolist()
    [1.0, 1.5, 2.0]
    """
    import numpy as np

    _check_count(2 ** len(differences), len(differences))
    means, _ = _subset_means(differences.values())
    return np.sort(means)


def permutation_thresholds(a: Mapping[int, float], b: Mapping[int, float]) -> Floats:
    """The C(n + m, n) - 1 sorted thresholds of the exact unpaired test of a shift.

    Exchange a subset S of a for a subset T of b, of the same size. This does not lower the difference of the means of
    (a - x) and b if mean(a_S) - mean(b_T) <= x. The test is exact if the arms differ only by a shift. Raises
    EvidenceError for more than 2²⁰ rearrangements.

    >>> permutation_thresholds({0: 3.0}, {1: 1.0, 2: 2.0}).tolist()
    [1.0, 2.0]
    """
    import numpy as np

    n, m = len(a), len(b)
    _check_count(max(math.comb(n + m, n), 2**n, 2**m), max(n, m))
    (means_a, sizes_a), (means_b, sizes_b) = _subset_means(a.values()), _subset_means(b.values())
    exchanges = [
        np.subtract.outer(means_a[sizes_a == k], means_b[sizes_b == k]).ravel() for k in range(1, min(n, m) + 1)
    ]
    return np.sort(np.concatenate(exchanges))


def bootstrap_thresholds(*arms: Mapping[int, float]) -> Floats:
    """9,999 sorted thresholds of the bootstrap-t for one arm (or the differences of paired seeds) or two unpaired arms.

    Resample b gives t_b = (effect_b - effect) / error_b and counts against "effect <= x" if t_b >= (effect - x) /
    error. Its threshold is therefore effect - error t_b, or ±∞ if the resample has no spread. Efron (1979), Annals of
    Statistics 7, 1-26; Hall (1988), Annals of Statistics 16, 927-953. The resamples depend only on the seeds, so the
    same evidence always gives the same interval.
    """
    import numpy as np

    effect, error_squared, shift, variance = 0.0, 0.0, np.zeros(RESAMPLES), np.zeros(RESAMPLES)
    for sign, arm in zip((1.0, -1.0), arms, strict=False):
        n, scores = len(arm), np.fromiter(arm.values(), dtype=np.float64)
        centred = scores - scores.mean()
        weights = _resample_weights(tuple(arm))
        means = weights @ centred
        effect += sign * float(scores.mean())
        shift += sign * means
        variance += np.clip(weights @ centred**2 - means**2, 0, None) / (n - 1)
        error_squared += float(centred @ centred) / (n - 1) / n
    error = math.sqrt(error_squared)
    spreadless = variance <= 1e-12 * error_squared
    shift[np.abs(shift) <= 1e-9 * error] = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(spreadless, np.where(shift == 0, 0.0, np.sign(shift) * np.inf), shift / np.sqrt(variance))
    return np.sort(effect - error * t)


def _subset_means(scores: Iterable[float]) -> tuple[Floats, NDArray[np.int64]]:
    """Means and sizes of the 2ⁿ - 1 non-empty subsets."""
    import numpy as np

    sums, sizes = np.zeros(1), np.zeros(1, dtype=np.int64)
    for score in scores:
        sums, sizes = np.concatenate([sums, sums + score]), np.concatenate([sizes, sizes + 1])
    return sums[1:] / sizes[1:], sizes[1:]


@lru_cache(maxsize=16)
def _resample_weights(seeds: tuple[int, ...]) -> Floats:
    """The weight of each of n scores in each resample: [RESAMPLES, n]; rows sum to 1."""
    import numpy as np

    n = len(seeds)
    stream = np.random.default_rng([seed % 2**32 for seed in seeds])
    return stream.multinomial(n, [1 / n] * n, size=RESAMPLES) / n


def _check_count(count: int, n: int) -> None:
    if count > MOST_REARRANGEMENTS:
        raise EvidenceError(
            f"an exact permutation of {n} seeds has more than {MOST_REARRANGEMENTS:,} rearrangements;"
            " use the method 't' or 'bootstrap'"
        )
