"""An effect as a share of the full model's mean score: each possible share is tested as a contrast of its own.

Knows neither arms nor scores.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lth.verdict.estimate import Estimate, Spread, unbounded
from lth.verdict.interval import Interval, check_alpha

_DOUBLINGS = 60
_PRECISION = 1e-10
"""The ends of intervals are found to this share of the interval's width."""


@dataclass(frozen=True)
class Ratio:
    """The share `value`; `minus(x)` is the estimate of effect - x × full mean, and `at_value` that at x = value."""

    value: float
    minus: Callable[[float], Estimate] = field(repr=False, compare=False)
    at_value: Estimate
    full_mean: float

    @property
    def n(self) -> int:
        return self.at_value.n

    @property
    def method(self) -> str:
        return self.at_value.method

    @property
    def over(self) -> str:
        return self.at_value.over

    @property
    def smallest_p(self) -> float:
        return self.at_value.smallest_p

    @property
    def spread(self) -> Spread | None:
        """The spread of the contrast at the estimate over the squared full mean: the linear form of the ratio's error
        (Cochran 1977, Sampling Techniques, 3rd edition, section 6.4).
        """
        spread, square = self.at_value.spread, self.full_mean**2
        if spread is None:
            return None
        variances = tuple(variance / square for variance in spread.variances)
        return replace(
            spread,
            variances=variances,
            examples=spread.examples / square,
            examples_squares=spread.examples_squares / square / square,
        )

    def p_greater(self, x: float) -> float:
        return self.minus(x).p_greater(0.0)

    def p_less(self, x: float) -> float:
        return self.minus(x).p_less(0.0)

    def interval(self, alpha: float) -> Interval:
        check_alpha(alpha)
        if self.smallest_p > alpha:
            return unbounded(self, alpha)
        first = self.spread.error if self.spread else abs(self.value)
        low = self._end(lambda reach: self.p_greater(self.value - reach) <= alpha, first)
        high = self._end(lambda reach: self.p_less(self.value + reach) <= alpha, first)
        if math.isfinite(low) and math.isfinite(high):
            return Interval(self.value, self.value - low, self.value + high, self.method, alpha)
        reason = "the full model's mean score is too uncertain for a unit"
        return Interval(self.value, self.value - low, self.value + high, self.method, alpha, reason)

    @staticmethod
    def _end(excluded: Callable[[float], bool], first: float) -> float:
        """How far the interval reaches to one side: the least distance that is excluded; infinite if none is."""
        inside, outside = 0.0, first
        for _ in range(_DOUBLINGS):
            if excluded(outside):
                break
            inside, outside = outside, 2 * outside
        else:
            return math.inf
        while outside - inside > _PRECISION * outside:
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if excluded(middle) else (middle, outside)
        return inside
