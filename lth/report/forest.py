"""The two pictures of a report: each effect against its region, and score against sparsity.

Knows the report document. Draws on figure objects alone, so no global state of matplotlib is changed, and the same
document gives the same bytes. matplotlib and scipy are imported when a picture is drawn.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lth.document.document import FULL_SCORE, PLAIN, Claim, Document
from lth.report import cells
from lth.report.look import BLACK, GREY, LINES, OTHERS, TREATMENT_LOOK, VERDICT_LOOK, figure_at
from lth.verdict.samples import Sample, Scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW, HEAD, FOOT = 0.27, 0.40, 0.62  # inches: a claim's row, a panel's title, the axis below the last panel
LEFT, MIDDLE, RIGHT, INDENT = (
    4.15,
    3.8,
    3.0,
    1.2,
)  # inches: claim and statement, intervals, numbers and verdict; statement


def forest(document: Document, path: str | os.PathLike[str]) -> None:
    """Draw each claim's effect and interval against its region, in % of the full score, a panel a task.

    Writes SVG, PNG or whatever else the suffix of `path` names. An end that is infinite, or beyond the axis, is an
    arrow. Where effects differ in size by much, the axis is linear up to 5 % and logarithmic beyond, and says so.
    """
    groups = _panels(document)
    extents = {
        unit: _extent([claim for key, group in groups.items() if key[1] == unit for claim in group], unit)
        for unit in (FULL_SCORE, PLAIN)
    }
    height = FOOT * len({unit for _, unit in groups}) + sum(HEAD + ROW * len(group) for group in groups.values())
    width = LEFT + MIDDLE + RIGHT
    with figure_at(width, height, path) as figure:
        top = height
        for key, claims in groups.items():
            top -= HEAD + ROW * len(claims)
            box = (LEFT / width, top / height, MIDDLE / width, ROW * len(claims) / height)
            axes = figure.add_axes(box)
            axes.set_ylim(len(claims) - 0.5, -0.5)
            low, high, log = extents[key[1]]
            _effect_axis(axes, low, high, log)
            last = key == [other for other in groups if other[1] == key[1]][-1]
            axes.tick_params(labelbottom=last, length=0)
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
            axes.grid(visible=False, axis="y")
            across = axes.get_yaxis_transform()
            title = cells.group_title(key[0])
            axes.text(-LEFT / MIDDLE + 0.02, -0.7, title, transform=across, weight="bold", va="bottom")
            for row, claim in enumerate(claims):
                _forest_row(axes, row, claim, (low, high))
            if last:
                scale = " (linear to ±5, logarithmic beyond)" if log else ""
                what = {FULL_SCORE: f"effect, % of the full model's mean score{scale}", PLAIN: "kappa, share or ratio"}
                level = cells.confidence(document)
                axes.set_xlabel(f"{what[key[1]]}\n{level} intervals; shaded: claimed region")
                top -= FOOT


def _panels(document: Document) -> dict[tuple[tuple[str, str, str, str], str], list[Claim]]:
    """The claims by group and unit; those in % of the full score come first."""
    return {
        (key, unit): chosen
        for unit in (FULL_SCORE, PLAIN)
        for key, group in cells.groups(document).items()
        if (chosen := [claim for claim in group if cells.unit(claim) == unit])
    }


def _forest_row(axes: Axes, row: int, claim: Claim, limits: tuple[float, float]) -> None:
    low, high = limits
    marker, color, filled = VERDICT_LOOK[claim["verdict"]]
    across = axes.get_yaxis_transform()
    statement = cells.elide(claim["statement"], 52)
    axes.text(-LEFT / MIDDLE + 0.02, row, cells.name(claim), transform=across, va="center", fontsize=8)
    indent = (INDENT - LEFT) / MIDDLE
    axes.text(indent, row, statement, transform=across, va="center", fontsize=7.5, color="#444444")
    effect = claim["effect"]
    if claim["verdict"] == "NOT RUN" or not effect:
        reason = cells.elide(cells.reason_text(claim), 66)
        text = axes.text(0.01, row, reason, transform=across, va="center", fontsize=7.5, color=GREY)
        text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
        return
    unit = cells.unit(claim)
    left, right = _ends(claim["region"], unit)
    start, end = max(left, low), min(right, high)
    band = axes.barh(row, end - start, left=start, height=0.84, color="#D6E6F2", zorder=0.5, linewidth=0)
    band[0].set_gid(f"region of {claim['task']} {cells.name(claim)}".replace(" ", "-"))
    for edge in (left, right):
        if low < edge < high:
            axes.plot([edge, edge], [row - 0.42, row + 0.42], color="#5C8DB3", linewidth=1.1, zorder=1)
    left, right = _ends(effect, unit)
    axes.plot([max(left, low), min(right, high)], [row, row], color=color, solid_capstyle="butt", zorder=2)
    for arrow, end, outside in (("<", low, left < low), (">", high, right > high)):
        if outside:
            (tip,) = axes.plot([end], [row], arrow, color=color, markersize=5, clip_on=False, zorder=3)
            tip.set_gid("open-low" if arrow == "<" else "open-high")
    estimate = cells.finite(effect["estimate"])
    factor = _factor(unit)
    if estimate is not None and low <= factor * estimate <= high:
        face = color if filled else "white"
        axes.plot([factor * estimate], [row], marker, color=color, markerfacecolor=face, markersize=6.5, zorder=4)
    numbers = f"{cells.signed(effect['estimate'], unit=unit)} {cells.interval_text(effect, unit)}".replace(
        "-", "−"
    ).replace("inf", "∞")
    axes.text(1.04, row, numbers, transform=across, va="center", fontsize=8)
    face = color if filled else "white"
    axes.plot([1.45], [row], marker, color=color, markerfacecolor=face, transform=across, clip_on=False)
    axes.text(1.475, row, claim["verdict"], transform=across, va="center", fontsize=8, weight="bold")


def _factor(unit: str) -> int:
    return 1 if unit == PLAIN else 100


def _ends(part: Mapping[str, float | None], unit: str) -> tuple[float, float]:
    """Both ends as the axis shows them; an end that is not finite is open."""
    low, high = cells.finite(part["low"]), cells.finite(part["high"])
    return (-math.inf if low is None else _factor(unit) * low, math.inf if high is None else _factor(unit) * high)


def _extent(claims: Sequence[Claim], unit: str) -> tuple[float, float, bool]:
    """The effect axis' ends, and whether it is logarithmic away from zero.

    Holds every estimate and edge of a region; ends of intervals stretch it to at most twice of that.
    """
    effects = [claim["effect"] for claim in claims if claim["effect"]]
    centres = [_factor(unit) * value for effect in effects if (value := cells.finite(effect["estimate"])) is not None]
    edges = [end for claim in claims for end in _ends(claim["region"], unit)]
    core = [
        value for value in (*centres, *edges, *((0.0, 1.0) if unit == PLAIN else (-3.0, 3.0))) if math.isfinite(value)
    ]
    reach = max(core) - min(core)
    stretch = [end for effect in effects for end in _ends(effect, unit) if min(core) - reach < end < max(core) + reach]
    low, high = min(core + stretch), max(core + stretch)
    log = unit == FULL_SCORE and max(-low, high) > 20
    return (1.25 * low, 1.25 * high, True) if log else (low - 0.06 * reach, high + 0.06 * reach, False)


def _effect_axis(axes: Axes, low: float, high: float, log: bool) -> None:
    if log:
        axes.set_xscale("symlog", linthresh=5, linscale=0.8)
        ticks = [sign * size for size in (2, 5, 10, 20, 50, 100, 200, 500, 1000) for sign in (-1, 1)]
        shown = [0, *(tick for tick in ticks if low <= tick <= high)]
        axes.set_xticks(shown, [f"{tick:+d}".replace("-", "−") if tick else "0" for tick in shown])
        axes.set_xticks([], minor=True)
    axes.set_xlim(low, high)
    axes.axvline(0, color="#9A9A9A", linewidth=0.8, zorder=0.8)


def curve(document: Document, task: str, path: str | os.PathLike[str]) -> None:
    """Draw score against sparsity for every treatment of `task`, with the full model and the majority baseline.

    A point is the mean over seeds with its t interval (mean ± std where single scores are not known), the faint dots
    are seeds. An arm with a NaN run has no mean: its other seeds are drawn, and a cross marks it at the bottom.
    Points of one sparsity are set side by side. Where the task was judged on several models, data or sources, this is
    the first, which the title names. Writes what the suffix of `path` names.
    """
    key, claims = next(
        ((key, group) for key, group in cells.groups(document).items() if key[0] == task), ((task, "", "", ""), [])
    )
    metric = claims[0].get("metric") or "score" if claims else "score"
    with figure_at(7.6, 4.4, path) as figure:
        axes = figure.add_axes((0.09, 0.13, 0.63, 0.78))
        axes.set(xlim=(0, 100), xlabel="sparsity, % of prunable weights removed", ylabel=f"{metric} on dev")
        axes.set_title(cells.group_title(key), loc="left", weight="bold", fontsize=10)
        extremes, lost = references(axes, claims, document)
        series = _series(claims)
        styles = _styles(series)
        for label, points in series.items():
            places = [_beside(label, sparsity, series) for sparsity, _ in points]
            seen, missing = _draw_series(axes, label, places, [scores for _, scores in points], styles[label], document)
            extremes += seen
            lost += missing
        if "full" in cells.arms_of(claims) or series:
            pad = 0.06 * (max(extremes) - min(extremes)) or 0.05
            axes.set_ylim(min(extremes) - pad, max(extremes) + pad)
            axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8, borderaxespad=0)
        else:
            axes.text(0.5, 0.55, f"no arm of {task} was measured", transform=axes.transAxes, ha="center", color=GREY)
        for at, color in lost:
            axes.plot([at], [0.015], "x", color=color, transform=axes.get_xaxis_transform(), zorder=5)
        level = cells.confidence(document)
        note = f"bars: {level} t interval of\nthe mean (± std where single\nscores are not known)\ndots: seeds"
        note += "\n× at the bottom: a seed is NaN" if lost else ""
        figure.text(0.735, 0.13, note, fontsize=7.5, color="#555555", va="bottom")


def references(axes: Axes, claims: Sequence[Claim], document: Document) -> tuple[list[float], list[tuple[float, str]]]:
    """The full model's mean with its band, and the majority baseline; the heights drawn and the lost full models."""
    heights: list[float] = []
    lost: list[tuple[float, str]] = []
    if (full := cells.arms_of(claims).get("full")) is not None:
        scores = cells.scores_of(full)
        if math.isfinite(scores.mean):
            half = half_width(scores, document)
            heights += [scores.mean - half, scores.mean + half]
            axes.axhline(scores.mean, color=BLACK, linewidth=1.2, label="full model", zorder=1.5)
            axes.axhspan(*heights, color=BLACK, alpha=0.10, linewidth=0, zorder=0.6).set_gid("full-band")
        else:
            lost.append((0.0, BLACK))
    baseline = next((claim["baseline"] for claim in claims if cells.finite(claim.get("baseline")) is not None), None)
    if baseline is not None:
        heights.append(baseline)
        axes.axhline(baseline, color=BLACK, linewidth=1.2, linestyle=":", label="majority baseline", zorder=1.5)
    return heights, lost


def _draw_series(
    axes: Axes,
    label: str,
    places: Sequence[float],
    points: Sequence[Scores],
    look: tuple[str, str, str],
    document: Document,
) -> tuple[list[float], list[tuple[float, str]]]:
    """One treatment's means, intervals and seeds; the heights that must be in sight and the points without a mean."""
    marker, color, line = look
    heights: list[float] = []
    for at, scores in zip(places, points, strict=True):
        seeds = [score for score in scores.scores if math.isfinite(score)] if isinstance(scores, Sample) else []
        heights += seeds
        axes.plot([at] * len(seeds), seeds, "o", color=color, alpha=0.35, markersize=2.6, markeredgewidth=0, zorder=2)
    means = [scores.mean for scores in points]
    halves = [half_width(scores, document) for scores in points]
    axes.errorbar(places, means, halves, marker=marker, color=color, linestyle=line, capsize=2.5, label=label, zorder=3)
    heights += [mean for mean in means if math.isfinite(mean)]
    return heights, [(at, color) for at, mean in zip(places, means, strict=True) if not math.isfinite(mean)]


def half_width(scores: Scores, document: Document) -> float:
    """Half the width of the mean's 1 - 2 alpha Student-t interval; the std of a summary; 0 for a single seed."""
    if not isinstance(scores, Sample):
        return scores.std
    if not math.isfinite(scores.std):
        return 0.0
    from scipy.special import stdtrit

    alpha = float(document.get("options", {}).get("alpha", 0.05))
    return float(stdtrit(scores.n - 1, 1 - alpha)) * scores.std / math.sqrt(scores.n)


def _series(claims: Sequence[Claim]) -> dict[str, list[tuple[float, Scores]]]:
    """Points (sparsity in %, scores) by label, in order of sparsity; the label is the arm's name before `@`."""
    series: dict[str, list[tuple[float, Scores]]] = {}
    for arm, content in cells.arms_of(claims).items():
        if arm != "full" and cells.finite(content.get("sparsity")) is not None:
            label = arm.rpartition("@")[0] or arm
            series.setdefault(label, []).append((100 * content["sparsity"], cells.scores_of(content)))
    return {label: sorted(points, key=lambda point: point[0]) for label, points in series.items()}


def _beside(label: str, sparsity: float, series: Mapping[str, Sequence[tuple[float, Scores]]]) -> float:
    """Where on the sparsity axis the label's point stands: side by side with the others of that sparsity."""
    here = [other for other, points in series.items() if any(at == sparsity for at, _ in points)]
    step = min(1.0, 7 / len(here))
    return sparsity + step * (here.index(label) - (len(here) - 1) / 2)


def _styles(labels: Mapping[str, object]) -> dict[str, tuple[str, str, str]]:
    """Marker, colour and line by label; those of one treatment share the colour."""
    used: dict[str, int] = {}
    styles = {}
    for label in labels:
        marker, color = next((TREATMENT_LOOK[kind] for kind in TREATMENT_LOOK if label.startswith(kind)), ("*", BLACK))
        turn = used[color] = used.get(color, -1) + 1
        styles[label] = (OTHERS[turn - 1] if 0 < turn <= len(OTHERS) else marker, color, LINES[turn % len(LINES)])
    return styles
