"""The one decision rule: an interval inside the region supports the claim, one entirely outside refutes it.

It knows neither where the interval comes from nor what the claim is about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from lth.errors import UsageError
from lth.verdict.region import Region


class Verdict(StrEnum):
    """What the evidence says about a claim; NOT_RUN if there is nothing to decide on."""

    SUPPORTED = "SUPPORTED"
    REFUTED = "REFUTED"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_RUN = "NOT RUN"


@dataclass(frozen=True)
class Interval:
    """A closed (1 - 2 alpha) interval for an effect: each end errs with probability at most alpha.

    All numbers are in the unit of the effect. An unknown end is infinite; `reason` then says why, in a clause. Raises
    UsageError for an alpha outside (0, .5) and for low > high.
    """

    estimate: float
    low: float
    high: float
    method: str
    alpha: float
    reason: str = ""

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        if self.low > self.high:
            raise UsageError(f"interval from {self.low:g} to {self.high:g}; expected low <= high; swap the ends")


def decide(interval: Interval, region: Region) -> Verdict:
    """SUPPORTED if the interval lies inside the region, REFUTED if no point of it does, INCONCLUSIVE otherwise.

    The region is open and the interval closed. An interval that touches an edge from inside is INCONCLUSIVE, and one
    that touches it from outside is REFUTED. An interval with a NaN end is INCONCLUSIVE.

    >>> decide(Interval(0.03, 0.01, 0.05, "paired t", 0.05), Region(low=0.0))
    <Verdict.SUPPORTED: 'SUPPORTED'>
    """
    low, high = interval.low, interval.high
    if (low > region.low or region.low == -math.inf) and (high < region.high or region.high == math.inf):
        return Verdict.INCONCLUSIVE if math.isnan(low) or math.isnan(high) else Verdict.SUPPORTED
    if high <= region.low or low >= region.high:
        return Verdict.REFUTED
    return Verdict.INCONCLUSIVE


def check_alpha(alpha: float) -> None:
    """Raise UsageError unless 0 < alpha < .5."""
    if not 0 < alpha < 0.5:
        raise UsageError(f"alpha {alpha:g}; expected a number between 0 and 0.5; 0.05 is usual")
