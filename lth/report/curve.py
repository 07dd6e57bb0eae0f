"""The curve: score against sparsity, with the full model and the majority baseline.

As in `forest`, the same document gives the same bytes. matplotlib and scipy are imported when a picture is drawn.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from lth.claims.arm_id import ArmId
from lth.document.rows import ClaimRow, Document
from lth.evidence.recorded import FULL
from lth.report import cells
from lth.report.look import BLACK, LINES, OTHERS, TREATMENT_LOOK, draw_cross, draw_dots, figure_at, say
from lth.verdict.samples import Sample, Scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_Point = tuple[float, Scores]
"""Sparsity in %, and what was scored there."""
Style = tuple[str, str, str]
"""Marker, colour and line."""


def curve(document: Document, task: str, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw score against sparsity for every treatment of `task`, with the full model and the majority baseline.

    A point is the mean over seeds with its t interval, or mean ± std if single scores are unknown. The faint dots are
    seeds. An arm with a NaN run has no mean: its other seeds are drawn, and a cross marks it at the bottom. Points of
    one sparsity are drawn side by side. If the task was judged on several models, data or sources, the first is drawn,
    and the title names it. `path` is where to save the picture, in the format of the suffix.
    """
    groups = cells.groups(document.claims)
    group = next((group for group in groups if group.task == task), cells.Group(task, "", "", ""))
    claims, alpha = groups.get(group, []), document.options.alpha
    with figure_at(7.6, 4.4, path) as figure:
        axes = figure.add_axes((0.09, 0.13, 0.63, 0.78))
        axes.set(xlim=(0, 100), xlabel="sparsity, % of prunable weights removed", ylabel=f"{metric_of(claims)} on dev")
        axes.set_title(group.title, loc="left", weight="bold", fontsize=10)
        heights, series = references(axes, claims, alpha), _series(claims)
        drawn = [(0.0, BLACK, full.samples)] if (full := cells.arm_rows(claims).get(FULL)) else []
        for kind, style in _styles(series).items():
            points = [(_beside(kind, sparsity, series), scores) for sparsity, scores in series[kind]]
            heights += _draw_series(axes, str(kind), points, style, alpha)
            drawn += [(at, style[1], scores) for at, scores in points]
        if drawn:
            low, high = min(heights, default=0.0), max(heights, default=1.0)
            pad = 0.06 * (high - low) or 0.05
            axes.set_ylim(low - pad, high + pad)
            axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8, borderaxespad=0)
        else:
            say(axes, f"no arm of {task} was measured")
        lost = [(at, color) for at, color, scores in drawn if not math.isfinite(scores.mean)]
        for at, color in lost:
            draw_cross(axes, at, color)
        level = cells.confidence(document)
        note = f"bars: {level} t interval of\nthe mean, or ± std if single\nscores are unknown\ndots: seeds"
        note += "\n× at the bottom: a seed is NaN" if lost else ""
        figure.text(0.735, 0.13, note, fontsize=7.5, color="#555555", va="bottom")
    return figure


def metric_of(claims: Sequence[ClaimRow]) -> str:
    """The name of the claims' metric; `score` if it is unknown."""
    return (claims[0].metric if claims else "") or "score"


def references(axes: Axes, claims: Sequence[ClaimRow], alpha: float) -> list[float]:
    """Draw the full model's mean with its band, and the majority baseline, if known. Returns the heights drawn."""
    heights: list[float] = []
    full = cells.arm_rows(claims).get(FULL)
    if full and math.isfinite(mean := full.samples.mean):
        half = half_width(full.samples, alpha)
        heights += [mean - half, mean + half]
        axes.axhline(mean, color=BLACK, linewidth=1.2, label="full model", zorder=1.5)
        axes.axhspan(*heights, color=BLACK, alpha=0.10, linewidth=0, zorder=0.6).set_gid("full-band")
    baseline = next((claim.baseline for claim in claims if claim.baseline is not None), None)
    if baseline is not None:
        heights.append(baseline)
        axes.axhline(baseline, color=BLACK, linewidth=1.2, linestyle=":", label="majority baseline", zorder=1.5)
    return heights


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


def _draw_series(axes: Axes, label: str, points: Sequence[_Point], style: Style, alpha: float) -> list[float]:
    """Draw one treatment's means, intervals and seeds. Returns the heights that must be visible."""
    marker, color, line = style
    seeds = [seeds_of(scores) for _, scores in points]
    places, means = [at for at, _ in points], [scores.mean for _, scores in points]
    halves = [half_width(scores, alpha) for _, scores in points]
    for at, known in zip(places, seeds, strict=True):
        draw_dots(axes, at, known, color)
    axes.errorbar(places, means, halves, marker=marker, color=color, linestyle=line, capsize=2.5, label=label, zorder=3)
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
