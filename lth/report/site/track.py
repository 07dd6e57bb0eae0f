"""The history of one claim's effect over saved runs: where each run's interval stands on a small picture.

Knows points and a unit; the template draws. Lengths are in the picture's own units, y downwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lth.document.document import PLAIN
from lth.report import cells

WIDTH, HEIGHT = 360.0, 150.0
LEFT, RIGHT, TOP, FOOT = 54.0, 8.0, 10.0, 20.0  # margins: numbers of the axis, runs' numbers
LONGEST = 30
"""A history is drawn and listed for at most this many runs, the latest."""


@dataclass(frozen=True)
class Point:
    """What one run said of the claim; `effect` is None where it had none, `number` counts all runs from 1."""

    number: int
    created: str
    commit: str
    verdict: str
    text: str
    effect: Mapping[str, Any] | None
    region: Mapping[str, float | None]


@dataclass(frozen=True)
class Mark:
    """A point's place: its column, estimate and interval, which ends are beyond the frame, and the region claimed."""

    number: int
    verdict: str
    x: float
    y: float | None
    ends: tuple[float, float]
    beyond: tuple[bool, bool]
    region: tuple[float, float]


@dataclass(frozen=True)
class Track:
    """The whole picture: ticks as (y, text), a mark for each run, and the width of a run's column."""

    label: str
    ticks: tuple[tuple[float, str], ...]
    marks: tuple[Mark, ...]
    column: float
    zero: float | None


def track(points: Sequence[Point], name: str, unit: str) -> Track | None:
    """The picture of at least two points, of which at least one has an effect; None otherwise."""
    known = [point for point in points if point.effect and cells.finite(point.effect["estimate"]) is not None]
    if len(points) < 2 or not known:
        return None
    low, high = _extent(known, unit)

    def place(value: float) -> float:
        inside = min(max(value, low), high)
        return round(TOP + (HEIGHT - TOP - FOOT) * (high - inside) / (high - low), 2)

    column = (WIDTH - LEFT - RIGHT) / len(points)
    marks = []
    for index, point in enumerate(points):
        top, bottom = _end(point.region, "high"), _end(point.region, "low")
        ends, y = (math.nan, math.nan), None
        if point in known and point.effect:
            ends, y = (_end(point.effect, "low"), _end(point.effect, "high")), place(float(point.effect["estimate"]))
        marks.append(
            Mark(
                point.number,
                point.verdict,
                round(LEFT + column * (index + 0.5), 2),
                y,
                (place(ends[0]), place(ends[1])) if y is not None else (0.0, 0.0),
                (ends[0] < low, ends[1] > high),
                (place(top), place(bottom)),
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


def _end(part: Mapping[str, Any], side: str) -> float:
    value = cells.finite(part.get(side))
    return value if value is not None else {"low": -math.inf, "high": math.inf}[side]


def _extent(points: Sequence[Point], unit: str) -> tuple[float, float]:
    """The axis: every estimate and edge, and intervals to at most twice what these span."""
    centres = [float(point.effect["estimate"]) for point in points if point.effect]
    edges = [value for point in points for side in ("low", "high") if math.isfinite(value := _end(point.region, side))]
    core = centres + edges
    reach = max(max(core) - min(core), 0.1 if unit == PLAIN else 0.01)
    ends = [_end(point.effect, side) for point in points if point.effect for side in ("low", "high")]
    inside = core + [end for end in ends if min(core) - reach <= end <= max(core) + reach]
    pad = 0.08 * max(max(inside) - min(inside), reach)
    return min(inside) - pad, max(inside) + pad


def _ticks(low: float, high: float) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    return [float(tick) for tick in MaxNLocator(4).tick_values(low, high) if low <= tick <= high]


def _tick(value: float, unit: str) -> str:
    return (f"{value:z.3g}" if unit == PLAIN else f"{100 * value:+z.3g} %").replace("-", "−").replace("+0 ", "0 ")
