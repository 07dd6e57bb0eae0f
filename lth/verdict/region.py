"""Where a claim says that its effect lies: an open interval of the real line, declared before looking at any data."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lth.errors import UsageError


@dataclass(frozen=True)
class Region:
    """The open interval (low, high) in the unit of the effect; at least one edge is finite.

    Raises UsageError for an edge that is NaN, for low >= high, and if both ends are infinite: that claims nothing.
    """

    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise UsageError(
                f"region from {self.low:g} to {self.high:g}; expected low < high; swap or correct the edges"
            )
        if not self.edges:
            raise UsageError(
                f"region from {self.low:g} to {self.high:g}; expected a finite edge; say where the claim would be false"
            )

    @property
    def edges(self) -> tuple[float, ...]:
        """The finite ends, one or two."""
        return tuple(edge for edge in (self.low, self.high) if math.isfinite(edge))

    def __contains__(self, value: float) -> bool:
        return self.low < value < self.high


def above(edge: float) -> Region:
    """(edge, ∞): superiority by a margin of `edge`, or non-inferiority with margin `-edge` if `edge` is negative."""
    return Region(low=edge)


def below(edge: float) -> Region:
    """(-∞, edge)."""
    return Region(high=edge)


def within(margin: float) -> Region:
    """(-margin, margin): equivalence. Raises UsageError unless the margin is positive and finite."""
    if not 0 < margin < math.inf:
        raise UsageError(
            f"margin {margin:g}; expected a positive finite number; give the largest difference that does not matter"
        )
    return Region(-margin, margin)
