"""The forest plot: each claim's effect with its interval against the region claimed.

Knows the document. It draws only on figure objects: no global state of matplotlib is changed, and the same document
gives the same bytes. matplotlib is imported when a picture is drawn.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lth.claims.effects import FULL_SCORE, PLAIN, POINTS, Unit
from lth.document.rows import ClaimRow, Document, IntervalRow, RegionRow
from lth.report import cells
from lth.report.look import GREY, VERDICT_LOOK, axes_at, figure_at
from lth.verdict import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, HEAD, FOOT = 0.27, 0.40, 0.62  # inches: a claim's row, a panel's title, the axis below the last panel
LEFT, MIDDLE, RIGHT = 4.15, 3.8, 3.0  # inches: claim and statement, intervals, numbers and verdict
LETTER, SMALL_LETTER = 0.062, 0.056  # inches: the mean width of a letter of names and of statements


def forest(document: Document, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw each claim's effect and interval against its region, in % of the full score, a panel for each task.

    `path` is where to save the picture, in the format of the suffix. An end that is infinite or beyond the axis is an
    arrow. If the effects differ much in size, the axis is linear up to 5 % and logarithmic beyond, as its label says.
    """
    panels = _panels(document)
    last = {unit: group for group, unit in panels}
    extents = {unit: _extent([claim for claim in document.claims if claim.effect.unit == unit], unit) for unit in last}
    height = FOOT * len(last) + sum(HEAD + ROW * len(claims) for claims in panels.values())
    with figure_at(LEFT + MIDDLE + RIGHT, height, path) as figure:
        top = height
        indent = 0.3 + LETTER * max((len(claim.name) for claim in document.claims), default=0)
        for (group, unit), claims in panels.items():
            top -= HEAD + ROW * len(claims)
            axes = axes_at(figure, LEFT, top, MIDDLE, ROW * len(claims))
            axes.set_ylim(len(claims) - 0.5, -0.5)
            low, high, log = extents[unit]
            _effect_axis(axes, low, high, log)
            axes.tick_params(labelbottom=group == last[unit], length=0)
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
            axes.grid(visible=False, axis="y")
            across = axes.get_yaxis_transform()
            axes.text(-LEFT / MIDDLE + 0.02, -0.7, group.title, transform=across, weight="bold", va="bottom")
            for row, claim in enumerate(claims):
                _draw_row(axes, row, claim, (low, high), indent)
            if group == last[unit]:
                scale = " (linear to ±5, logarithmic beyond)" if log else ""
                what = {
                    FULL_SCORE: f"effect, % of the full model's mean score{scale}",
                    POINTS: "effect, points of the metric",
                    PLAIN: "kappa, share or ratio",
                }
                axes.set_xlabel(f"{what[unit]}\n{cells.confidence(document)} intervals; shaded: claimed region")
                top -= FOOT
    return figure


def _panels(document: Document) -> dict[tuple[cells.Group, Unit], list[ClaimRow]]:
    """The claims by group and unit; those in % of the full score come first."""
    return {
        (group, unit): chosen
        for unit in (FULL_SCORE, POINTS, PLAIN)
        for group, claims in cells.groups(document.claims).items()
        if (chosen := [claim for claim in claims if claim.effect.unit == unit])
    }


def _draw_row(axes: Axes, row: int, claim: ClaimRow, limits: tuple[float, float], indent: float) -> None:
    """Draw a claim's name, its statement at `indent` inches, and its interval, or why it was not run."""
    across = axes.get_yaxis_transform()
    statement = cells.elide(claim.statement, int((LEFT - indent) / SMALL_LETTER))
    axes.text(-LEFT / MIDDLE + 0.02, row, claim.name, transform=across, va="center", fontsize=8)
    axes.text((indent - LEFT) / MIDDLE, row, statement, transform=across, va="center", fontsize=7.5, color="#444444")
    if claim.verdict is not Verdict.NOT_RUN and claim.interval:
        _draw_region(axes, row, claim, limits)
        _draw_interval(axes, row, claim, claim.interval, limits)
    else:
        reason = cells.elide(cells.reason_text(claim), 66)
        text = axes.text(0.01, row, reason, transform=across, va="center", fontsize=7.5, color=GREY)
        text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})


def _draw_region(axes: Axes, row: int, claim: ClaimRow, limits: tuple[float, float]) -> None:
    low, high = limits
    left, right = _ends(claim.effect.region, claim.effect.unit)
    start, end = max(left, low), min(right, high)
    band = axes.barh(row, end - start, left=start, height=0.84, color="#D6E6F2", zorder=0.5, linewidth=0)
    band[0].set_gid(f"region of {claim.task} {claim.name}".replace(" ", "-"))
    for edge in (left, right):
        if low < edge < high:
            axes.plot([edge, edge], [row - 0.42, row + 0.42], color="#5C8DB3", linewidth=1.1, zorder=1)


def _draw_interval(axes: Axes, row: int, claim: ClaimRow, interval: IntervalRow, limits: tuple[float, float]) -> None:
    """Draw the interval with its estimate, then its numbers and the verdict."""
    (low, high), unit = limits, claim.effect.unit
    marker, color, filled = VERDICT_LOOK[claim.verdict]
    face = color if filled else "white"
    left, right = _ends(interval, unit)
    axes.plot([max(left, low), min(right, high)], [row, row], color=color, solid_capstyle="butt", zorder=2)
    for arrow, name, end, outside in (("<", "open-low", low, left < low), (">", "open-high", high, right > high)):
        if outside:
            (tip,) = axes.plot([end], [row], arrow, color=color, markersize=5, clip_on=False, zorder=3)
            tip.set_gid(name)
    if interval.estimate is not None and low <= (at := cells.FACTOR[unit] * interval.estimate) <= high:
        axes.plot([at], [row], marker, color=color, markerfacecolor=face, markersize=6.5, zorder=4)
    across = axes.get_yaxis_transform()
    numbers = cells.typeset(cells.interval_text(interval, unit))
    axes.text(1.04, row, numbers, transform=across, va="center", fontsize=8)
    axes.plot([1.45], [row], marker, color=color, markerfacecolor=face, transform=across, clip_on=False)
    axes.text(1.475, row, claim.verdict, transform=across, va="center", fontsize=8, weight="bold")


def _ends(part: IntervalRow | RegionRow, unit: Unit) -> tuple[float, float]:
    """Both ends as the axis shows them; an open end is infinite."""
    low, high = part.low, part.high
    return (
        -math.inf if low is None else cells.FACTOR[unit] * low,
        math.inf if high is None else cells.FACTOR[unit] * high,
    )


def _extent(claims: Sequence[ClaimRow], unit: Unit) -> tuple[float, float, bool]:
    """The ends of the effect axis, and whether it is logarithmic away from zero.

    The axis shows every estimate and every edge of a region. Ends of intervals widen it by at most that width again.
    """
    intervals = [claim.interval for claim in claims if claim.interval]
    centres = [cells.FACTOR[unit] * each.estimate for each in intervals if each.estimate is not None]
    edges = [end for claim in claims for end in _ends(claim.effect.region, unit) if math.isfinite(end)]
    core = [*centres, *edges, *((0.0, 1.0) if unit == PLAIN else (-3.0, 3.0))]
    reach = max(core) - min(core)
    stretch = [end for each in intervals for end in _ends(each, unit) if min(core) - reach < end < max(core) + reach]
    low, high = min(core + stretch), max(core + stretch)
    log = unit == FULL_SCORE and max(-low, high) > 20
    return (1.25 * low, 1.25 * high, True) if log else (low - 0.06 * reach, high + 0.06 * reach, False)


def _effect_axis(axes: Axes, low: float, high: float, log: bool) -> None:
    if log:
        axes.set_xscale("symlog", linthresh=5, linscale=0.8)
        ticks = [sign * size for size in (2, 5, 10, 20, 50, 100, 200, 500, 1000) for sign in (-1, 1)]
        shown = [0, *(tick for tick in ticks if low <= tick <= high)]
        axes.set_xticks(shown, [cells.typeset(f"{tick:+d}") if tick else "0" for tick in shown])
        axes.set_xticks([], minor=True)
    axes.set_xlim(low, high)
    axes.axvline(0, color="#9A9A9A", linewidth=0.8, zorder=0.8)
