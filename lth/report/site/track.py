"""The history of one claim's effect over saved runs, as a small picture with each run's interval.

Knows points and a unit. The template draws. Lengths are in the picture's own units, with y downwards.

matplotlib is imported for its ticks when a track is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lth.claims.effects import FULL_SCORE, PLAIN, POINTS, Unit
from lth.document.rows import IntervalRow, RegionRow
from lth.report import cells
from lth.verdict import Verdict

WIDTH, HEIGHT = 360.0, 150.0
LEFT, RIGHT, TOP, FOOT = 54.0, 8.0, 10.0, 20.0  # margins: numbers of the axis, runs' numbers
LEAST_REACH: dict[Unit, float] = {FULL_SCORE: 0.01, POINTS: 1.0, PLAIN: 0.1}
"""The axis spans at least this much, in the effect's unit."""
LONGEST_HISTORY = 30
"""A history is drawn and listed for the latest runs only, at most this many."""


@dataclass(frozen=True)
class Point:
    """What one run said about the claim. `interval` is None if it was not run, `number` counts all runs from 1."""

    number: int
    created: str
    commit: str
    verdict: Verdict
    text: str
    interval: IntervalRow | None
    region: RegionRow

    @property
    def estimate(self) -> float | None:
        """The effect; None if it is unknown."""
        return self.interval.estimate if self.interval else None


@dataclass(frozen=True)
class Mark:
    """The places of a point's estimate, interval and claimed region; `beyond` says which ends are outside the frame."""

    number: int
    verdict: Verdict
    x: float
    y: float | None
    ends: tuple[float, float]
    beyond: tuple[bool, bool]
    region: tuple[float, float]


@dataclass(frozen=True)
class Track:
    """The whole picture: ticks as (y, text), a mark for each run, the width of a run's column and the place of zero."""

    label: str
    ticks: tuple[tuple[float, str], ...]
    marks: tuple[Mark, ...]
    column: float
    zero: float | None


def track(points: Sequence[Point], name: str, unit: Unit) -> Track | None:
    """The picture of the points; None for fewer than two points, and if no point has an effect."""
    known = [point for point in points if point.estimate is not None]
    if len(points) < 2 or not known:
        return None
    low, high = _extent(known, unit)

    def place(value: float) -> float:
        inside = min(max(value, low), high)
        return round(TOP + (HEIGHT - TOP - FOOT) * (high - inside) / (high - low), 2)

    column = (WIDTH - LEFT - RIGHT) / len(points)
    marks = []
    for index, point in enumerate(points):
        y, ends, claimed = None, (math.nan, math.nan), _ends(point.region)
        if point.interval and point.estimate is not None:
            y, ends = place(point.estimate), _ends(point.interval)
        marks.append(
            Mark(
                point.number,
                point.verdict,
                round(LEFT + column * (index + 0.5), 2),
                y,
                (0.0, 0.0) if y is None else (place(ends[0]), place(ends[1])),
                (ends[0] < low, ends[1] > high),
                (place(claimed[1]), place(claimed[0])),
            )
        )
    first, last = known[0], known[-1]
    label = f"Effect of {name} over {len(points)} runs, from {first.text} in run {first.number} to {last.text} in run "
    return Track(
        f"{label}{last.number}; the table below lists all",
        tuple((place(tick), _tick(tick, unit)) for tick in _ticks(low, high)),
        tuple(marks),
        round(column, 2),
        place(0.0) if low < 0 < high else None,
    )


def _ends(part: IntervalRow | RegionRow) -> tuple[float, float]:
    return -math.inf if part.low is None else part.low, math.inf if part.high is None else part.high


def _extent(points: Sequence[Point], unit: Unit) -> tuple[float, float]:
    """The ends of the axis: every estimate and edge; intervals widen it by at most that width on each side."""
    centres = [point.estimate for point in points if point.estimate is not None]
    edges = [edge for point in points for edge in _ends(point.region) if math.isfinite(edge)]
    core = centres + edges
    reach = max(max(core) - min(core), LEAST_REACH[unit])
    ends = [end for point in points if point.interval for end in _ends(point.interval)]
    inside = core + [end for end in ends if min(core) - reach <= end <= max(core) + reach]
    pad = 0.08 * max(max(inside) - min(inside), reach)
    return min(inside) - pad, max(inside) + pad


def _ticks(low: float, high: float) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    return [float(tick) for tick in MaxNLocator(4).tick_values(low, high) if low <= tick <= high]


def _tick(value: float, unit: Unit) -> str:
    number = f"{value:z.3g}" if unit == PLAIN else f"{cells.FACTOR[unit] * value:+z.3g}{cells.SUFFIX[unit]}"
    return number.replace("-", "−").replace("+0 ", "0 ")
