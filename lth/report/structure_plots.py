"""The three pictures of structured pruning: which parts survive, what subnetworks score, how importance is spread.

Knows the document: its arms, and the gates and importances of its structures. As in `forest`, the same document gives
the same bytes. matplotlib and scipy are imported when a picture is drawn.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, TypeGuard

from lth.claims.arm_id import LETTERS, Weights
from lth.claims.subnetwork_arms import SHOWN_KINDS, SUBNETWORK_KINDS, SubnetworkKind
from lth.document.rows import ArmRow, ClaimRow, Document, Grid, StructureRow
from lth.report import cells, look
from lth.report.curve import half_width, metric_of, references, seeds_of
from lth.report.heat import draw_scale, heat_map, write_in
from lth.report.look import BLACK, BLUE, GREY, SKY, VERMILION
from lth.spec.subnetworks import Pruning
from lth.verdict.samples import Sample, Scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_Gates = Sequence[Sequence[Sequence[float]]]
"""[seed][layer][gate of the layer]; an MLP is the one gate of its layer."""

LEFT, GAP, FOOT, HEAD = 0.75, 0.25, 0.55, 1.0  # inches: layers' labels, between panels, heads' labels, the title
CELL, GRID, FITS = 0.38, 5.0, 0.27  # inches: a cell at most, all cells at most, a cell that still holds a number

_PARTS = {"heads": "heads", "mlps": "MLPs"}
PRUNINGS: dict[Pruning, str] = {"structured": "heads and MLPs", "magnitude": "single weights"}
# weights -> (place beside the kind's, colour, hatch)
_WEIGHTS: dict[Weights, tuple[float, str, str]] = {"pruned": (-0.2, SKY, "////"), "retrained": (0.2, BLUE, "")}


def survival(document: Document, task: str, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw the share of seeds in which each head and each MLP of `task` survives s-pruning, a row for each layer.

    Above it are the share that is kept, its range over seeds, and Fleiss' κ between seeds if it is known. If the task
    was judged on several models, the first is drawn. `path` is where to save the picture, in the format of the suffix.
    """
    structure, seeds = _first(document, task, lambda row: (row.heads, row.mlps))
    if structure is None:
        return look.say_nothing(task, f"no s-pruned subnetwork of {task} was measured", path)
    shares = {part: _over_seeds(gates) for part, gates in seeds.items()}
    rows, columns = max(map(len, shares.values())), sum(len(grid[0]) for grid in shares.values())
    cell = min(CELL, GRID / max(rows, columns))
    width, height = max(5.2, LEFT + cell * columns + GAP * len(shares) + 0.8), HEAD + cell * rows + FOOT
    with look.figure_at(width, height, path) as figure:
        left = LEFT
        for part, grid in shares.items():
            heads = [str(head) if part == "heads" else "" for head in range(len(grid[0]))]
            layers = [str(layer) if left == LEFT else "" for layer in range(len(grid))]
            axes, mesh = heat_map(figure, (left, FOOT), cell, grid, (layers, heads))
            axes.set(xlabel="head" if part == "heads" else "MLP", ylabel="layer" if left == LEFT else "")
            if cell >= FITS:
                _write_shares(axes, grid)
            left += cell * len(grid[0]) + GAP
        draw_scale(figure, mesh, (left, FOOT), cell * rows, "share of seeds")
        about = [_kept(part, gates, structure) for part, gates in seeds.items()]
        about += ["in a cell: the share of seeds that keep the head or MLP"]
        look.write_title(figure, _title(structure, seeds))
        figure.text(0.15 / width, 1 - 0.38 / height, "\n".join(about), fontsize=8, va="top", linespacing=1.4)
    return figure


def subnetwork_bars(document: Document, task: str, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw the scores of good, random, bad and super subnetworks of `task`, pruned and retrained, by way of pruning.

    A bar is the mean over seeds with its t interval, or mean ± std if single scores are unknown. Dots are seeds. An arm
    with a NaN run has a cross and no bar. The full model and the majority baseline are lines. If the task was judged on
    several models, data or sources, the first with subnetworks is drawn. `path` is where to save the picture.
    """
    groups = [(group, claims) for group, claims in cells.groups(document.claims).items() if group.task == task]
    groups.sort(key=lambda item: not subnetworks(item[1]))
    group, claims = groups[0] if groups else (cells.Group(task, "", "", ""), [])
    arms = {which: arm.samples for which, arm in subnetworks(claims).items()}
    alpha = document.options.alpha
    with look.figure_at(10.2, 3.9, path) as figure:
        heights, panels = [0.0], figure.subplots(1, 2, sharey=True)
        figure.subplots_adjust(left=0.062, right=0.825, bottom=0.12, top=0.82, wspace=0.06)
        for axes, (letter, pruning) in zip(panels, LETTERS.items(), strict=True):
            kinds = _kinds(pruning, arms)
            axes.set_title(f"{letter}-pruning: {PRUNINGS[pruning]}", loc="left", fontsize=9)
            axes.set(xlim=(-0.5, len(kinds) - 0.5))
            axes.set_xticks(range(len(kinds)), [kind.replace("-", "\n") for kind in kinds])
            axes.grid(visible=False, axis="x")
            axes.tick_params(axis="x", length=0)
            if not any(other == pruning for other, _, _ in arms):
                look.say(axes, f"no {letter}-pruned subnetwork\nof {task} was measured")
                continue
            heights += references(axes, claims, alpha)
            for (place, kind), weights in itertools.product(enumerate(kinds), _WEIGHTS):
                heights += _draw_bar(axes, place, kind, weights, arms.get((pruning, kind, weights)), alpha)
        low, high = min(heights), max(heights) if arms else 1.0
        pad = 0.04 * (high - low or 1.0)
        panels[0].set_ylim(low - pad if low < 0 else 0, high + pad)
        panels[0].set_ylabel(f"{metric_of(claims)} on dev")
        _head(figure, group.title)
        level = cells.confidence(document)
        note = f"bars: means; dots: seeds;\nwhiskers: {level} t interval\nof the mean, or ± std if\n"
        note += "single scores are unknown"
        if not all(math.isfinite(scores.mean) for scores in arms.values()):
            note += "\n× at the bottom: a seed is\nNaN, so there is no mean"
        look.draw_legend(panels, note if arms else "", 1.05)
    return figure


def importances(document: Document, task: str, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw the normalised importances of the heads and of the MLPs of `task`, most important first, one line a seed.

    The thick line is the mean over seeds at each rank with its t interval. The dashed line is half of the maximum. If
    the task was judged on several models, the first is drawn. `path` is where to save the picture, in the format of the
    suffix.
    """
    structure, seeds = _first(document, task, lambda row: (row.head_importances, row.mlp_importances))
    with look.figure_at(8.4, 3.5, path) as figure:
        panels = figure.subplots(1, 2, sharey=True, width_ratios=(2, 1))
        figure.subplots_adjust(left=0.075, right=0.79, bottom=0.14, top=0.82, wspace=0.06)
        panels[0].set(ylim=(-0.02, 1.03), ylabel="importance, share of the largest")
        for axes, (part, name) in zip(panels, _PARTS.items(), strict=True):
            axes.set_xlabel(f"rank among the {name}")
            if part in seeds:
                ranked = [sorted((gate for layer in seed for gate in layer), reverse=True) for seed in seeds[part]]
                above = fmean(sum(gate > 0.5 for gate in seed) for seed in ranked)
                axes.set_title(f"{name}: {above:.3g} of {len(ranked[0])} above half", loc="left", fontsize=9)
                _draw_ranks(axes, ranked, document)
            else:
                axes.set_xticks([])
                look.say(axes, f"no importance of {name}\nof {task} was measured")
        _head(figure, _title(structure, seeds) if structure else task)
        look.draw_legend(panels, "gates sorted by importance,\nfor each seed separately" if seeds else "", 1.05)
    return figure


def subnetworks(claims: Iterable[ClaimRow]) -> dict[tuple[Pruning, str, Weights], ArmRow]:
    """The arms that are scored subnetworks, by way of pruning, kind and weights."""
    return {
        (id.pruning, id.treatment, id.weights): arm
        for id, arm in cells.scored_arms(claims).items()
        if id.pruning and id.weights and id.treatment in SUBNETWORK_KINDS
    }


def _first(
    document: Document, task: str, values: Callable[[StructureRow], tuple[Sequence[Grid], Grid]]
) -> tuple[StructureRow | None, Mapping[str, _Gates]]:
    """The first structure of `task` with `values` of heads or MLPs, and these values of all complete seeds."""
    for structure in document.structures:
        heads, mlps = values(structure)
        parts = {"heads": heads, "mlps": [tuple((gate,) for gate in layers) for layers in mlps]}
        whole = {part: seeds for part, grids in parts.items() if (seeds := [grid for grid in grids if _is_whole(grid)])}
        if whole and structure.task == task:
            return structure, whole
    return None, {}


def _is_whole(layers: Grid) -> TypeGuard[tuple[tuple[float, ...], ...]]:
    return bool(layers) and all(gate is not None for layer in layers for gate in layer)


def _over_seeds(gates: _Gates) -> list[list[float]]:
    """The mean over seeds of every gate, [layer][gate].

    >>> _over_seeds([[[1, 0], [1, 1]], [[1, 1], [0, 1]]])
    [[1.0, 0.5], [0.5, 1.0]]
    """
    return [[fmean(gate) for gate in zip(*layer, strict=True)] for layer in zip(*gates, strict=True)]


def _title(structure: StructureRow, seeds: Mapping[str, _Gates]) -> str:
    count = max(map(len, seeds.values()))
    model = f"model {structure.model}, " if structure.model else ""
    return f"{structure.task}: {model}s-pruning, {count} seed{'' if count == 1 else 's'}"


def _kept(part: str, gates: _Gates, structure: StructureRow) -> str:
    """The share of a part that is kept: `heads: 75 % kept (50 to 100 % by seed), κ between seeds 0.31`."""
    shares = [100 * fmean(gate for layer in seed for gate in layer) for seed in gates]
    by_seed = f" ({min(shares):.0f} to {max(shares):.0f} % by seed)" if len(shares) > 1 else ""
    kappa = structure.agreement[part].kappa if part in structure.agreement else None
    agreement = "" if kappa is None else cells.typeset(f", κ between seeds {kappa:.2f}")
    return f"{_PARTS[part]}: {fmean(shares):.0f} % kept{by_seed}{agreement}"


def _write_shares(axes: Axes, grid: Sequence[Sequence[float]]) -> None:
    for row, shares in enumerate(grid):
        for column, share in enumerate(shares):
            text = "1" if share == 1 else "0" if share == 0 else f"{share:.2g}".lstrip("0")
            write_in(axes, row, column, text, "white" if share > 0.6 else BLACK, size=7)


def _kinds(pruning: Pruning, arms: Mapping[tuple[Pruning, str, Weights], Scores]) -> list[SubnetworkKind]:
    """The kinds of subnetworks in a panel: those that every run shows, and others that were measured."""
    measured = {kind for way, kind, _ in arms if way == pruning}
    return [kind for kind in SUBNETWORK_KINDS if kind in measured or kind in SHOWN_KINDS]


def _draw_bar(axes: Axes, place: int, kind: str, weights: Weights, scores: Scores | None, alpha: float) -> list[float]:
    """Draw one arm's bar, interval and seeds, or that it is missing. Returns the heights that must be visible."""
    beside, color, hatch = _WEIGHTS[weights]
    at = place + beside
    if scores is None:
        foot = axes.get_xaxis_transform()
        axes.text(at, 0.03, "not measured", transform=foot, rotation=90, ha="center", fontsize=6.5, color=GREY)
        return []
    seeds = seeds_of(scores)
    heights = list(seeds)
    if math.isfinite(scores.mean):
        half = half_width(scores, alpha)
        heights += [scores.mean - half, scores.mean + half]
        bars = axes.bar(at, scores.mean, 0.38, color=color, hatch=hatch, edgecolor="white", linewidth=0, label=weights)
        bars[0].set_gid(f"bar-{kind}-{weights}")
        axes.errorbar(at, scores.mean, half, color=BLACK, linewidth=1.3, capsize=3, zorder=4)
    else:
        look.draw_cross(axes, at, VERMILION)
    places = [at + 0.2 * ((index + 0.5) / len(seeds) - 0.5) for index in range(len(seeds))]
    axes.plot(places, seeds, "o", color="white", markeredgecolor=BLACK, markeredgewidth=0.7, markersize=3.2, zorder=3)
    return heights


def _draw_ranks(axes: Axes, ranked: Sequence[Sequence[float]], document: Document) -> None:
    from matplotlib.ticker import MaxNLocator

    ranks = range(1, len(ranked[0]) + 1)
    for number, seed in enumerate(ranked):
        axes.plot(ranks, seed, color=SKY, linewidth=0.9, label="" if number else "one seed", zorder=2)
    samples = [Sample(tuple(range(len(ranked))), values) for values in zip(*ranked, strict=True)]
    means = [sample.mean for sample in samples]
    axes.plot(ranks, means, color=BLUE, linewidth=2, label="mean over seeds", zorder=3)
    if len(ranked) > 1:
        halves = [half_width(sample, document.options.alpha) for sample in samples]
        low, high = ([mean + sign * half for mean, half in zip(means, halves, strict=True)] for sign in (-1, 1))
        level = f"its {cells.confidence(document)} t interval"
        axes.fill_between(ranks, low, high, color=BLUE, alpha=0.2, linewidth=0, label=level, zorder=1)
    axes.axhline(0.5, color=BLACK, linewidth=1.2, linestyle="--", label="half of the maximum", zorder=1.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _head(figure: Figure, text: str) -> None:
    figure.text(0.015, 0.97, text, weight="bold", fontsize=10, va="top")
