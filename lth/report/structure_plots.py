"""The three pictures of structured pruning: which parts survive, what subnetworks score, how importance is spread.

Knows the report document: its arms, and under `structures` the gates and importances of every seed. Draws as `plots`
does: same document, same bytes; matplotlib and scipy are imported when a picture is drawn.
"""

from __future__ import annotations

import itertools
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from lth.document.document import Document
from lth.report import cells
from lth.report.look import BLACK, BLUE, GREY, SKY, VERMILION, figure_at
from lth.report.plots import half_width, references
from lth.verdict.samples import Sample, Scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Gates = list[list[list[float]]]  # [seed][layer][gate of the layer]; an MLP is the one gate of its layer

LEFT, GAP, FOOT, HEAD = 0.75, 0.25, 0.55, 1.0  # inches: layers' labels, between panels, heads' labels, the title
CELL, GRID, FITS = 0.38, 5.0, 0.27  # inches: a cell at most, all cells at most, a cell that still holds a number

PARTS = {"heads": "heads", "mlps": "MLPs"}
PRUNINGS = {"s": "s-pruning: heads and MLPs", "m": "m-pruning: single weights"}
KINDS = ("good", "random", "bad", "super", "super-random", "super-bad")
# weights -> (place beside the kind's, colour, hatch)
WEIGHTS = {"pruned": (-0.2, SKY, "////"), "retrained": (0.2, BLUE, "")}


def survival(document: Document, task: str, path: str | os.PathLike[str]) -> None:
    """Draw the share of seeds in which each head and each MLP of `task` survives s-pruning, a row a layer.

    Above stand the share that is kept, its range over seeds, and Fleiss' κ between seeds where it is known. Where the
    task was judged on several models, this is the first. Writes what the suffix of `path` names.
    """
    entry, seeds = _structure(document, task)
    shares = {part: _over_seeds(gates) for part, gates in seeds.items()}
    rows, columns = max(map(len, shares.values()), default=4), sum(len(grid[0]) for grid in shares.values())
    cell = min(CELL, GRID / max(rows, columns))
    width, height = max(5.2, LEFT + cell * columns + GAP * len(shares) + 0.8), HEAD + cell * rows + FOOT
    with figure_at(width, height, path) as figure:
        left = LEFT
        for part, grid in shares.items():
            box = (left / width, FOOT / height, cell * len(grid[0]) / width, cell * rows / height)
            _draw_heat(figure.add_axes(box), part, grid, numbers=cell >= FITS, layers=left == LEFT)
            left += cell * len(grid[0]) + GAP
        if shares:
            from matplotlib.cm import ScalarMappable

            scale = figure.add_axes((left / width, FOOT / height, 0.15 / width, cell * rows / height))
            bar = figure.colorbar(ScalarMappable(cmap="Blues"), cax=scale, ticks=[0, 0.5, 1])
            bar.set_label("share of seeds", fontsize=8)
            bar.ax.tick_params(labelsize=8)
        else:
            figure.text(0.5, 0.45, f"no s-pruned subnetwork of {task} was measured", ha="center", color=GREY)
        kappa = entry.get("kappa") or {}
        about = [_kept(part, gates, kappa.get(part)) for part, gates in seeds.items()]
        about += ["in a cell: the share of seeds that keep the head or MLP"] if seeds else []
        figure.text(0.15 / width, 1 - 0.12 / height, _title(task, entry, seeds), weight="bold", fontsize=10, va="top")
        figure.text(0.15 / width, 1 - 0.38 / height, "\n".join(about), fontsize=8, va="top", linespacing=1.4)


def subnetwork_bars(document: Document, task: str, path: str | os.PathLike[str]) -> None:
    """Draw what good, random, bad and super subnetworks of `task` score, pruned and retrained, a panel a pruning.

    A bar is the mean over seeds with its t interval (mean ± std where single scores are not known), dots are seeds. An
    arm with a NaN run has a cross and no bar. The full model and the majority baseline are lines. Where the task was
    judged on several models, data or sources, this is the first with subnetworks. Writes what `path`'s suffix names.
    """
    groups = [(key, claims) for key, claims in cells.groups(document).items() if key[0] == task]
    groups.sort(key=lambda group: not _subnetworks(group[1]))
    key, claims = groups[0] if groups else ((task, "", "", ""), [])
    arms = _subnetworks(claims)
    with figure_at(10.2, 3.9, path) as figure:
        heights, panels = [0.0], figure.subplots(1, 2, sharey=True)
        figure.subplots_adjust(left=0.062, right=0.825, bottom=0.12, top=0.82, wspace=0.06)
        for axes, (pruning, title) in zip(panels, PRUNINGS.items(), strict=True):
            axes.set_title(title, loc="left", fontsize=9)
            axes.set(xlim=(-0.5, len(KINDS) - 0.5))
            axes.set_xticks(range(len(KINDS)), [kind.replace("-", "\n") for kind in KINDS])
            axes.grid(visible=False, axis="x")
            axes.tick_params(axis="x", length=0)
            mine = {name: scores for name, scores in arms.items() if name[0] == pruning}
            if not mine:
                _say(axes, f"no {pruning}-pruned subnetwork\nof {task} was measured")
                continue
            heights += references(axes, claims, document)[0]
            for kind, weights in itertools.product(KINDS, WEIGHTS):
                heights += _draw_bar(axes, kind, weights, mine.get((pruning, kind, weights)), document)
        low, high = min(heights), max(heights) if arms else 1.0
        pad = 0.04 * (high - low or 1.0)
        panels[0].set_ylim(low - pad if low < 0 else 0, high + pad)
        panels[0].set_ylabel(f"{(claims[0].get('metric') if claims else None) or 'score'} on dev")
        figure.text(0.015, 0.97, cells.group_title(key), weight="bold", fontsize=10, va="top")
        note = (
            f"bars: means; dots: seeds;\nwhiskers: {cells.confidence(document)} t interval\nof the mean (± std where\n"
        )
        note += "single scores are not known)"
        if not all(math.isfinite(scores.mean) for scores in arms.values()):
            note += "\n× at the bottom: a seed is\nNaN, so there is no mean"
        _legend(panels, note if arms else "")


def importances(document: Document, task: str, path: str | os.PathLike[str]) -> None:
    """Draw the normalised importances of the heads and of the MLPs of `task`, most important first, a line a seed.

    The thick line is the mean over seeds at each rank with its t interval; the dashed one is half of the maximum. Where
    the task was judged on several models, this is the first. Writes what the suffix of `path` names.
    """
    entry, seeds = _structure(document, task, "importance")
    with figure_at(8.4, 3.5, path) as figure:
        panels = figure.subplots(1, 2, sharey=True, width_ratios=(2, 1))
        figure.subplots_adjust(left=0.075, right=0.79, bottom=0.14, top=0.82, wspace=0.06)
        panels[0].set(ylim=(-0.02, 1.03), ylabel="importance, share of the largest")
        for axes, (part, name) in zip(panels, PARTS.items(), strict=True):
            axes.set_xlabel(f"rank among the {name}")
            if part in seeds:
                ranked = [sorted((gate for layer in seed for gate in layer), reverse=True) for seed in seeds[part]]
                above = fmean(sum(gate > 0.5 for gate in seed) for seed in ranked)
                axes.set_title(f"{name}: {above:.3g} of {len(ranked[0])} above half", loc="left", fontsize=9)
                _draw_ranks(axes, ranked, document)
            else:
                axes.set_xticks([])
                _say(axes, f"no importance of {name}\nof {task} was measured")
        figure.text(0.015, 0.97, _title(task, entry, seeds), weight="bold", fontsize=10, va="top")
        _legend(panels, "at a rank stands the gate\nthat each seed puts there" if seeds else "")


def _structure(document: Document, task: str, key: str | None = None) -> tuple[Mapping[str, Any], dict[str, Gates]]:
    """The first structure of `task` that holds any gates, or any values under `key`; and these, by part.

    A seed with a value that is not known is left out.
    """
    for entry in document.get("structures") or ():
        values = (entry.get(key) or {}) if key else entry
        mlps = [[[gate] for gate in seed] for seed in values.get("mlps") or ()]
        parts = {"heads": values.get("heads") or [], "mlps": mlps}
        known = {part: [seed for seed in gates if _is_known(seed)] for part, gates in parts.items()}
        if entry["task"] == task and any(known.values()):
            return entry, {part: gates for part, gates in known.items() if gates}
    return {}, {}


def _is_known(layers: Sequence[Sequence[float | None]]) -> bool:
    return bool(layers) and all(cells.finite(gate) is not None for layer in layers for gate in layer)


def _over_seeds(gates: Gates) -> list[list[float]]:
    """The mean over seeds of every gate, [layer][gate].

    >>> _over_seeds([[[1, 0], [1, 1]], [[1, 1], [0, 1]]])
    [[1.0, 0.5], [0.5, 1.0]]
    """
    return [[fmean(gate) for gate in zip(*layer, strict=True)] for layer in zip(*gates, strict=True)]


def _title(task: str, entry: Mapping[str, Any], seeds: Mapping[str, Gates]) -> str:
    count = max(map(len, seeds.values()), default=0)
    about = [f"model {entry['model']}"] if entry.get("model") else []
    about += ["s-pruning", f"{count} seed{'' if count == 1 else 's'}"] if seeds else []
    return f"{task}: {', '.join(about)}".rstrip(": ")


def _kept(part: str, gates: Gates, kappa: float | None) -> str:
    """The share of a part that is kept: `heads: 75 % kept (50 to 100 % by seed), κ between seeds 0.31`."""
    shares = [100 * fmean(gate for layer in seed for gate in layer) for seed in gates]
    by_seed = f" ({min(shares):.0f} to {max(shares):.0f} % by seed)" if len(shares) > 1 else ""
    agreement = f", κ between seeds {kappa:.2f}".replace("-", "−") if cells.finite(kappa) is not None else ""
    return f"{PARTS[part]}: {fmean(shares):.0f} % kept{by_seed}{agreement}"


def _draw_heat(axes: Axes, part: str, grid: Sequence[Sequence[float]], numbers: bool, layers: bool) -> None:
    """Cells from white (no seed keeps it) to dark; with the shares in them if `numbers`, named rows if `layers`."""
    rows, columns = len(grid), len(grid[0])
    axes.pcolormesh(grid, cmap="Blues", vmin=0, vmax=1, edgecolors="#D8D8D8", linewidth=0.5)
    for row, shares in enumerate(grid if numbers else ()):
        for column, share in enumerate(shares):
            color = "white" if share > 0.6 else BLACK
            text = "1" if share == 1 else "0" if share == 0 else f"{share:.2g}".lstrip("0")
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=7, color=color)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set(ylim=(rows, 0), xlabel="head" if part == "heads" else "MLP", ylabel="layer" if layers else "")
    axes.set_xticks(
        [place + 0.5 for place in range(columns)], [str(head) for head in range(columns)] if part == "heads" else [""]
    )
    axes.set_yticks([place + 0.5 for place in range(rows)], [str(layer) if layers else "" for layer in range(rows)])
    axes.tick_params(length=0, labelsize=8)


def _subnetworks(claims: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], Scores]:
    """The scores of every subnetwork by (pruning, kind, weights), read off the arms' names: `s-good pruned`."""
    pattern = re.compile(rf"([sm])-({'|'.join(KINDS)}) ({'|'.join(WEIGHTS)})(?:@.*)?")
    named = ((pattern.fullmatch(name), arm) for name, arm in cells.arms_of(claims).items())
    return {(match[1], match[2], match[3]): cells.scores_of(arm) for match, arm in named if match}


def _draw_bar(axes: Axes, kind: str, weights: str, scores: Scores | None, document: Document) -> list[float]:
    """One arm's bar, interval and seeds, or that it is missing; the heights that must be in sight."""
    place, color, hatch = WEIGHTS[weights]
    at = KINDS.index(kind) + place
    if scores is None:
        foot = axes.get_xaxis_transform()
        axes.text(at, 0.03, "not measured", transform=foot, rotation=90, ha="center", fontsize=6.5, color=GREY)
        return []
    seeds = [score for score in scores.scores if math.isfinite(score)] if isinstance(scores, Sample) else []
    heights = list(seeds)
    if math.isfinite(scores.mean):
        half = half_width(scores, document)
        heights += [scores.mean - half, scores.mean + half]
        bars = axes.bar(at, scores.mean, 0.38, color=color, hatch=hatch, edgecolor="white", linewidth=0, label=weights)
        bars[0].set_gid(f"bar-{kind}-{weights}")
        axes.errorbar(at, scores.mean, half, color=BLACK, linewidth=1.3, capsize=3, zorder=4)
    else:
        axes.plot([at], [0.015], "x", color=VERMILION, transform=axes.get_xaxis_transform(), zorder=5)
    places = [at + 0.2 * ((index + 0.5) / len(seeds) - 0.5) for index in range(len(seeds))]
    axes.plot(places, seeds, "o", color="white", markeredgecolor=BLACK, markeredgewidth=0.7, markersize=3.2, zorder=3)
    return heights


def _draw_ranks(axes: Axes, ranked: Sequence[Sequence[float]], document: Document) -> None:
    from matplotlib.ticker import MaxNLocator

    ranks = range(1, len(ranked[0]) + 1)
    for number, seed in enumerate(ranked):
        axes.plot(ranks, seed, color=SKY, linewidth=0.9, label="" if number else "a seed", zorder=2)
    samples = [Sample(tuple(range(len(ranked))), values) for values in zip(*ranked, strict=True)]
    means = [sample.mean for sample in samples]
    axes.plot(ranks, means, color=BLUE, linewidth=2, label="mean over seeds", zorder=3)
    if len(ranked) > 1:
        halves = [half_width(sample, document) for sample in samples]
        low, high = ([mean + sign * half for mean, half in zip(means, halves, strict=True)] for sign in (-1, 1))
        level = f"its {cells.confidence(document)} t interval"
        axes.fill_between(ranks, low, high, color=BLUE, alpha=0.2, linewidth=0, label=level, zorder=1)
    axes.axhline(0.5, color=BLACK, linewidth=1.2, linestyle="--", label="half of the maximum", zorder=1.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _say(axes: Axes, text: str) -> None:
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=GREY)


def _legend(panels: Iterable[Axes], note: str) -> None:
    """One legend for all panels, to their right, and the note below it."""
    labelled: dict[str, Any] = {}
    for axes in panels:
        labelled.update(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    if labelled:
        axes.legend(labelled.values(), labelled.keys(), loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8)
    axes.text(1.05, 0, note, transform=axes.transAxes, fontsize=7.5, color="#555555", va="bottom")
