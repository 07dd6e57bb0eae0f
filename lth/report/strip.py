"""An effect's interval against its region as one line of text, for places that show no pictures."""

from __future__ import annotations

import math

from lth.document.rows import IntervalRow, RegionRow

INSIDE, OUTSIDE, EDGE, LINE, ESTIMATE = "░", " ", "│", "─", "●"
BEYOND = "◀▶"
WIDTH = 21


def strip(interval: IntervalRow, region: RegionRow, width: int = WIDTH) -> str:
    """The region shaded, its edges as bars, the interval as a line and the estimate as a dot, `width` characters wide.

    The scale shows the interval and all edges of the region. An end without a limit is an arrow.

    >>> strip(IntervalRow("t", 0.05, 0.034, 0.015, 0.053), RegionRow(low=-0.02))
    '  │░░░░░░░├───●───┤░░'
    >>> strip(IntervalRow("t", 0.05, -0.3, None, -0.1), RegionRow(-0.2, 0.2), 15)
    '◀●──┼─┤░░░░░░│ '
    """
    edges = [edge for edge in (region.low, region.high) if edge is not None]
    ends = [end for end in (interval.low, interval.high, interval.estimate) if end is not None]
    low, high = min(edges + ends), max(edges + ends)
    margin = (high - low or 1.0) / 8
    low, high = low - margin, high + margin

    def at(value: float | None, open_end: int) -> int:
        return open_end if value is None else round((value - low) / (high - low) * (width - 1))

    first, last = at(region.low, -1), at(region.high, width)
    line = [INSIDE if first < place < last else OUTSIDE for place in range(width)]
    for edge in edges:
        line[at(edge, 0)] = EDGE
    left, right = at(interval.low, 0), at(interval.high, width - 1)
    for place in range(left, right + 1):
        line[place] = "┼" if line[place] == EDGE else LINE
    line[left] = BEYOND[0] if interval.low is None else "├"
    line[right] = BEYOND[1] if interval.high is None else "┤"
    if interval.estimate is not None and math.isfinite(interval.estimate):
        line[at(interval.estimate, 0)] = ESTIMATE
    return "".join(line)
