"""What the evidence could have shown: the minimal detectable effect, and the number of seeds a decision would need.

The observed spread is taken as the true one, and Student's noncentral t is used for every method.

scipy is imported by the functions that need it, because it takes half a second.
"""

from __future__ import annotations

import math
from bisect import bisect_left

from lth.errors import UsageError
from lth.verdict.estimate import Estimate, Spread
from lth.verdict.interval import check_alpha
from lth.verdict.region import Region


def mde(estimate: Estimate, alpha: float, power: float = 0.8) -> float | None:
    """The minimal detectable effect, in the effect's unit.

    This is how far inside one edge of the region an effect must lie for the rule to report SUPPORTED with probability
    `power` at this number of seeds. By the noncentral t (Cohen 1988, Statistical Power Analysis, ch. 2) with the
    estimate's degrees of freedom, it is the δ with P(T(df, δ / error) > t(1 - alpha, df)) = power. None if no effect is
    large enough, or if the spread is unknown. Raises UsageError for an alpha outside (0, .5) or a power outside (0, 1).
    """
    _check(alpha, power)
    spread = estimate.spread
    if spread is None or estimate.smallest_p > alpha:
        return None
    if spread.error == 0:
        return 0.0
    from scipy.special import nctdtrinc, stdtrit  # in functions, because every run of pytest imports this module

    df = spread.df
    return float(nctdtrinc(df, 1 - power, -stdtrit(df, alpha))) * spread.error


def seeds_needed(
    estimate: Estimate, region: Region, alpha: float, power: float = 0.8, limit: int = 10_000
) -> int | None:
    """The total number of seeds per arm for a conclusive verdict with probability `power`.

    It takes the estimate and its spread as the truth. None if the estimate lies on an edge, if there is no spread to
    plan with, or if more than `limit` seeds are needed. With two edges to clear, the errors at both are added, which
    never gives too few seeds. Raises as `mde` does.
    """
    _check(alpha, power)
    spread = estimate.spread
    if spread is None or estimate.value in region.edges:
        return None
    if estimate.value in region:
        distances = [abs(estimate.value - edge) for edge in region.edges]
    else:
        distances = [min(abs(estimate.value - edge) for edge in region.edges)]
    has_floor = estimate.smallest_p > 0

    def conclusive(n: int) -> bool:
        planned = spread.with_seeds(n)
        if has_floor and planned.floor > alpha:
            return False
        return sum(1 - _power(distance, planned, alpha) for distance in distances) <= 1 - power

    candidates = range(2, limit + 1)
    position = bisect_left(candidates, True, key=conclusive)
    return candidates[position] if position < len(candidates) else None


def _power(distance: float, spread: Spread, alpha: float) -> float:
    """The probability that the interval's end clears an edge at `distance` from the true effect."""
    if spread.error == 0:
        return 1.0
    from scipy.special import nctdtr, stdtrit

    missed = float(nctdtr(spread.df, distance / spread.error, -stdtrit(spread.df, alpha)))
    return 1.0 if math.isnan(missed) else 1 - missed  # NaN: below 1e-29, where the library's series underflows


def _check(alpha: float, power: float) -> None:
    check_alpha(alpha)
    if not 0 < power < 1:
        raise UsageError(f"power {power:g}; expected a number between 0 and 1; 0.8 is usual")
