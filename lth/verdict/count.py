"""How many of several effects lie above an edge, as an estimate that the decision rule can judge.

At least u of N do by a partial conjunction test (Benjamini & Heller 2008, Biometrics 64, 1215-1222). It allows the
effects to depend on each other. This module knows neither tasks nor arms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lth.verdict.estimate import Estimate, Spread, Unbounded
from lth.verdict.interval import Interval, check_alpha

METHOD = "partial conjunction"


@dataclass(frozen=True)
class Count:
    """`value` of `n` estimates lie above an edge; `above` and `below` are their one-sided p-values, sorted.

    P(at least u) = (n - u + 1) × the u-th smallest p, and no smaller than that of fewer: u is tested only if all
    smaller numbers were shown. The lower end of the interval is the largest u that is shown, and the upper end is n
    less the number that is shown to lie below.
    """

    value: float
    n: int
    above: tuple[float, ...]
    below: tuple[float, ...]
    over: str
    method: str = METHOD
    smallest_p: float = 0.0
    spread: Spread | None = None

    def interval(self, alpha: float) -> Interval:
        """The closed (1 - 2 alpha) interval, of whole numbers. Raises UsageError for an alpha outside (0, .5)."""
        check_alpha(alpha)
        low, under = (sum(p <= alpha for p in _conjunctions(side)) for side in (self.above, self.below))
        return Interval(self.value, low, self.n - under, self.method, alpha)

    def p_greater(self, x: float) -> float:
        """One-sided p-value of H0: at most x effects lie above the edge."""
        return _at_least(math.floor(x) + 1, self.above)

    def p_less(self, x: float) -> float:
        """One-sided p-value of H0: at least x effects lie above the edge."""
        return _at_least(self.n - math.ceil(x) + 1, self.below)


def count_above(edge: float, estimates: Sequence[Estimate], fewest: int) -> Estimate:
    """The number of effects above the edge. It is Unbounded for fewer than `fewest` estimates."""
    if len(estimates) < fewest:
        return Unbounded(math.nan, len(estimates), METHOD, f"{len(estimates)} are left; expected at least {fewest}")
    above = tuple(sorted(each.p_greater(edge) for each in estimates))
    below = tuple(sorted(each.p_less(edge) for each in estimates))
    return Count(sum(each.value > edge for each in estimates), len(estimates), above, below, estimates[0].over)


def _conjunctions(sorted_p: Sequence[float]) -> list[float]:
    """The p-values of "at least u", for u = 1, 2, … n."""
    found: list[float] = []
    for at, p in enumerate(sorted_p):
        found.append(max(min(1.0, (len(sorted_p) - at) * p), found[-1] if found else 0.0))
    return found


def _at_least(u: int, sorted_p: Sequence[float]) -> float:
    if u <= 0:
        return 0.0
    return _conjunctions(sorted_p)[u - 1] if u <= len(sorted_p) else 1.0
