"""Scores at each sparsity: a row for every arm, and a curve for every arm that has several sparsities.

As in `forest`, the same document gives the same bytes. matplotlib and scipy are imported when a picture is drawn.
"""

from __future__ import annotations

import itertools
import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from lth.claims.arm_id import ArmId
from lth.document.rows import ClaimRow, Document
from lth.evidence.recorded import FULL
from lth.report import cells
from lth.report.look import (
    BLACK,
    LINES,
    OTHERS,
    TREATMENT_LOOK,
    axes_at,
    draw_cross,
    draw_dots,
    figure_at,
    say,
    write_title,
)
from lth.verdict.samples import Sample, Scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_Point = tuple[float, Scores]
"""Sparsity in %, and what was scored there."""
Style = tuple[str, str, str]
"""Marker, colour and line."""
_Row = tuple[str, Scores, Style]
"""An arm's name, what it scored, and its style."""
ROW, HEAD, FOOT, LOWEST = 0.25, 0.62, 0.78, 2.6  # inches: an arm; above and below the panels; the least of a panel
LETTER, LONGEST = 0.072, 26  # inches and characters: a letter of an arm's name, and as many as are shown
DOTS, BETWEEN, CURVES, EDGE = 2.6, 0.8, 3.6, 0.15  # inches: the panels, the room between them and at the edges
REFERENCE = ("|", BLACK, "-")
LOST = "× on an axis: a seed is NaN"


def curve(document: Document, task: str, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw the scores of every arm of `task` that has a sparsity, with the full model and the majority baseline.

    On the left, every arm has a row, at the sparsity that most arms have; without it, at its own highest. On the right,
    every arm with several sparsities has a curve, and points of one sparsity are side by side. If no arm has several,
    there is no right side.

    A point is the mean over seeds with its t interval, or mean ± std if single scores are unknown. The faint dots are
    seeds. An arm with a NaN run has no mean: its other seeds are drawn, and a cross marks it on the axis. If the task
    was judged on several models, data or sources, the first is drawn, and the title names it. `path` is where to save
    the picture, in the format of the suffix.
    """
    groups = cells.groups(document.claims)
    group = next((group for group in groups if group.task == task), cells.Group(task, "", "", ""))
    claims, alpha = groups.get(group, []), document.options.alpha
    series = _series(claims)
    styles, curves = _styles(series), {kind: points for kind, points in series.items() if len(points) > 1}
    usual, rows = _rows(claims, series, styles)
    left = EDGE + LETTER * max((len(name) for name, *_ in rows), default=0)
    dots, lowest = (DOTS, LOWEST) if curves else (DOTS + BETWEEN + CURVES / 2, 4 * ROW)
    high = max(ROW * len(rows), lowest)
    with figure_at(left + dots + (BETWEEN + CURVES) * bool(curves) + EDGE, HEAD + high + FOOT, path) as figure:
        write_title(figure, group.title)
        axes = axes_at(figure, left, FOOT, dots, high)
        metric = f"{metric_of(claims)} on dev"
        axes.set_title(f"at {usual:g} % sparsity" if series else "", loc="left", fontsize=9)
        axes.set_xlabel(metric)
        references(axes, claims, alpha, upright=True)
        _draw_rows(axes, rows, alpha)
        if not rows:
            say(axes, f"no arm of {task} was measured")
        if curves:
            axes = axes_at(figure, left + dots + BETWEEN, FOOT, CURVES, high)
            axes.set_title("at every sparsity", loc="left", fontsize=9)
            axes.set(xlim=(0, 100), xlabel="sparsity, % of prunable weights removed", ylabel=metric)
            heights = references(axes, claims, alpha)
            for kind, points in curves.items():
                points = [(_beside(kind, sparsity, curves), scores) for sparsity, scores in points]
                heights += _draw_curve(axes, points, styles[kind], alpha)
            low, top = min(heights), max(heights)
            pad = 0.06 * (top - low) or 0.05
            axes.set_ylim(low - pad, top + pad)
        drawn = (scores.mean for _, scores in itertools.chain(*curves.values()))
        lost = not all(map(math.isfinite, (*drawn, *(scores.mean for _, scores, _ in rows))))
        note = f"bars: {cells.confidence(document)} t interval of the mean, or ± std if single scores are unknown"
        note += f"\nsmall dots: seeds{f'; {LOST}' if lost else ''}"
        figure.text(EDGE / figure.get_figwidth(), 0.08 / figure.get_figheight(), note, fontsize=7.5, color="#555555")
    return figure


def metric_of(claims: Sequence[ClaimRow]) -> str:
    """The name of the claims' metric; `score` if it is unknown."""
    return (claims[0].metric if claims else "") or "score"


def references(axes: Axes, claims: Sequence[ClaimRow], alpha: float, upright: bool = False) -> list[float]:
    """Draw the full model's mean with its band, and the majority baseline, if known. Returns the scores drawn.

    They lie across the axes, or are `upright`.
    """
    line, span = (axes.axvline, axes.axvspan) if upright else (axes.axhline, axes.axhspan)
    found: list[float] = []
    full = cells.arm_rows(claims).get(FULL)
    if full and math.isfinite(mean := full.samples.mean):
        half = half_width(full.samples, alpha)
        found += [mean - half, mean + half]
        line(mean, color=BLACK, linewidth=1.2, label="full model", zorder=1.5)
        span(*found, color=BLACK, alpha=0.10, linewidth=0, zorder=0.6).set_gid("full-band")
    if (baseline := _baseline(claims)) is not None:
        found.append(baseline)
        line(baseline, color=BLACK, linewidth=1.2, linestyle=":", label="majority baseline", zorder=1.5)
    return found


def half_width(scores: Scores, alpha: float) -> float:
    """Half the width of the mean's 1 - 2 alpha Student-t interval; the std of a summary; 0 for a single seed."""
    if not isinstance(scores, Sample):
        return scores.std
    if not math.isfinite(scores.std):
        return 0.0
    from scipy.special import stdtrit

    return float(stdtrit(scores.n - 1, 1 - alpha)) * scores.std / math.sqrt(scores.n)


def seeds_of(scores: Scores) -> list[float]:
    """The single scores that are known and finite."""
    return [score for score in scores.scores if math.isfinite(score)] if isinstance(scores, Sample) else []


def _baseline(claims: Iterable[ClaimRow]) -> float | None:
    return next((claim.baseline for claim in claims if claim.baseline is not None), None)


def _rows(
    claims: Sequence[ClaimRow], series: Mapping[ArmId, Sequence[_Point]], styles: Mapping[ArmId, Style]
) -> tuple[float, list[_Row]]:
    """The sparsity that most kinds of arms have, in %, and a row for each kind at it; without it, at its highest."""
    counts = Counter(sparsity for points in series.values() for sparsity, _ in points)
    usual = max(counts, key=lambda sparsity: (counts[sparsity], sparsity), default=0.0)
    full, baseline = cells.arm_rows(claims).get(FULL), _baseline(claims)
    rows: list[_Row] = [("full model", full.samples, REFERENCE)] if full else []
    for kind, points in series.items():
        sparsity, scores = next((point for point in points if point[0] == usual), points[-1])
        where = "" if sparsity == usual else f" at {sparsity:g} %"
        rows.append((f"{cells.elide(str(kind), LONGEST - len(where))}{where}", scores, styles[kind]))
    if rows and baseline is not None:
        rows.append(("majority baseline", Sample((0,), (baseline,)), REFERENCE))
    return usual, rows


def _draw_rows(axes: Axes, rows: Sequence[_Row], alpha: float) -> None:
    """Draw a row for each arm, from the top: its name, mean, interval and seeds."""
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [name for name, *_ in rows], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for at, (_, scores, (marker, color, _)) in enumerate(rows):
        seeds = seeds_of(scores)
        if len(seeds) > 1:
            axes.plot(seeds, [at] * len(seeds), "o", color=color, alpha=0.35, markersize=2.6, markeredgewidth=0)
        if math.isfinite(scores.mean):
            half = half_width(scores, alpha)
            axes.errorbar([scores.mean], [at], xerr=half, marker=marker, color=color, capsize=2.5, zorder=3)
        else:
            axes.plot([0.015], [at], "x", color=color, transform=axes.get_yaxis_transform(), zorder=5)


def _draw_curve(axes: Axes, points: Sequence[_Point], style: Style, alpha: float) -> list[float]:
    """Draw the means, intervals and seeds of one kind of arm. Returns the heights that must be visible."""
    marker, color, line = style
    seeds = [seeds_of(scores) for _, scores in points]
    places, means = [at for at, _ in points], [scores.mean for _, scores in points]
    halves = [half_width(scores, alpha) for _, scores in points]
    for at, mean, known in zip(places, means, seeds, strict=True):
        draw_dots(axes, at, known, color)
        if not math.isfinite(mean):
            draw_cross(axes, at, color)
    axes.errorbar(places, means, halves, marker=marker, color=color, linestyle=line, capsize=2.5, zorder=3)
    return [height for height in (*means, *itertools.chain(*seeds)) if math.isfinite(height)]


def _series(claims: Iterable[ClaimRow]) -> dict[ArmId, list[_Point]]:
    """The points of every kind of arm whose sparsity is known, in order of sparsity."""
    series: dict[ArmId, list[_Point]] = {}
    for id, arm in cells.scored_arms(claims).items():
        if id.sparsity is not None:
            series.setdefault(id.kind, []).append((100 * id.sparsity, arm.samples))
    return {kind: sorted(points, key=lambda point: point[0]) for kind, points in series.items()}


def _beside(kind: ArmId, sparsity: float, series: Mapping[ArmId, Sequence[_Point]]) -> float:
    """The place of a kind's point on the sparsity axis. Points of one sparsity are side by side."""
    here = [other for other, points in series.items() if any(at == sparsity for at, _ in points)]
    step = min(1.0, 7 / len(here))
    return sparsity + step * (here.index(kind) - (len(here) - 1) / 2)


def _styles(kinds: Iterable[ArmId]) -> dict[ArmId, Style]:
    """The style of each kind of arm; arms of one treatment have one colour.

    Tickets of other tasks and subnetworks have the style of an unknown treatment.
    """
    used: dict[str, int] = {}
    styles: dict[ArmId, Style] = {}
    for kind in kinds:
        known = {} if kind.source or kind.pruning else TREATMENT_LOOK
        marker, color = known.get(kind.treatment, ("*", BLACK))
        turn = used[color] = used.get(color, -1) + 1
        styles[kind] = (OTHERS[turn - 1] if 0 < turn <= len(OTHERS) else marker, color, LINES[turn % len(LINES)])
    return styles
