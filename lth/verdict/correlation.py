"""Spearman's rank correlation as an estimate that the decision rule can judge. It knows neither arms nor tasks.

scipy.special is imported by the functions that need it, because it takes .3 s.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from lth.errors import EvidenceError
from lth.verdict.estimate import Estimate, Spread, Unbounded
from lth.verdict.interval import Interval, check_alpha

METHOD = "Spearman"
FEWEST = 4
"""With fewer pairs the interval is unbounded, because its error divides by n - 3."""


@dataclass(frozen=True)
class Correlation:
    """Spearman's rho of `n` pairs with the interval of Bonett & Wright (2000), Psychometrika 65, 23-28.

    Fisher's z of rho is taken as normal with variance (1 + rho²/2) / (n - 3). A perfect order does not show its own
    error, so the interval then uses the largest rho below 1, which is 1 - 12 / (n (n² - 1)).
    """

    value: float
    n: int
    method: str = METHOD
    smallest_p: float = 0.0
    spread: Spread | None = None
    over: str = "sources"

    @property
    def _rho(self) -> float:
        largest = 1 - 12 / (self.n * (self.n**2 - 1))
        return max(-largest, min(largest, self.value))

    @property
    def _error(self) -> float:
        return math.sqrt((1 + self._rho**2 / 2) / (self.n - 3))

    def interval(self, alpha: float) -> Interval:
        """The closed (1 - 2 alpha) interval, within [-1, 1]. Raises UsageError for an alpha outside (0, .5)."""
        from scipy.special import ndtri  # in functions, because every run of pytest imports this module

        check_alpha(alpha)
        z, reach = math.atanh(self._rho), -float(ndtri(alpha)) * self._error
        low, high = min(self.value, math.tanh(z - reach)), max(self.value, math.tanh(z + reach))
        return Interval(self.value, low, high, self.method, alpha)

    def p_greater(self, x: float) -> float:
        """One-sided p-value of H0: rho <= x."""
        from scipy.special import ndtr

        return float(ndtr((_fisher(x) - math.atanh(self._rho)) / self._error))

    def p_less(self, x: float) -> float:
        """One-sided p-value of H0: rho >= x."""
        return 1 - self.p_greater(x)


def spearman(x: Sequence[float], y: Sequence[float]) -> Estimate:
    """The rank correlation of paired numbers; ties get their mean rank.

    It is Unbounded for fewer than FEWEST pairs, or if one side is constant or has a number that is not finite. Raises
    EvidenceError for unequal lengths.
    """
    if len(x) != len(y):
        raise EvidenceError(f"{len(x)} numbers paired with {len(y)}; expected pairs; give two lists of equal length")
    n = len(x)
    if not all(map(math.isfinite, (*x, *y))):
        return Unbounded(math.nan, n, METHOD, "a number is not finite")
    if n < FEWEST:
        return Unbounded(math.nan, n, METHOD, f"{n} pairs; expected at least {FEWEST} to estimate an error")
    if len(set(x)) == 1 or len(set(y)) == 1:
        return Unbounded(math.nan, n, METHOD, "all numbers on one side are equal")
    from statistics import correlation  # as above

    return Correlation(correlation(_ranks(x), _ranks(y)), n)


def _ranks(numbers: Sequence[float]) -> list[float]:
    """The rank of each number, the smallest first; equal numbers have the mean of their ranks.

    scipy.stats.rankdata gives the same, but its import takes longer than a whole run on recorded evidence.

    >>> _ranks([5, 2, 7, 5])
    [2.5, 1.0, 4.0, 2.5]
    """
    order = sorted(numbers)
    return [bisect_left(order, number) + (order.count(number) + 1) / 2 for number in numbers]


def _fisher(rho: float) -> float:
    return math.copysign(math.inf, rho) if abs(rho) >= 1 else math.atanh(rho)
