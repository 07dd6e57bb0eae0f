"""Two heat maps of transfer: every ticket on every task, and how far the tickets' masks overlap.

Knows the report document: its claims, and what stands under `transfer`. Draws as `plots` does: same document, same
bytes; matplotlib and scipy are imported when a picture is drawn.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from lth.document.document import Claim, Document
from lth.report import cells
from lth.report.look import BLACK, GREY, VERDICT_LOOK, figure_at
from lth.tasks import TASKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure

Pair = tuple[str, str]  # source, target
Tickets = dict[Pair, Claim]
Grid = Sequence[Sequence[float | None]]

CELL, PAIR, LEFT = 0.5, 0.42, 0.8  # inches: a cell of transfer, one of overlap, names of rows
TOP, FOOT = 0.85, 0.85  # inches: title and names of columns, the legend
FARTHEST = 0.5  # loss or gain, as a share of the full score, beyond which colours no longer change
DARK = 0.65  # share of a colour scale from which text is white


def transfer_matrix(document: Document, path: str | os.PathLike[str]) -> None:
    """Draw each source's ticket on each target as a share of the target's full score, with its verdict's sign.

    A row is a source, a column a target, both in the order of `lth.tasks.TASKS`. Framed on the diagonal is the task's
    own ticket, if chen-1 judged it at the sparsity of the transferred ones. An empty cell was not asked for. Where
    there are several models, data or sources of evidence, this is the first with a verdict.
    """
    about, tickets = found_tickets(document)
    if not tickets:
        say_nothing("transfer", "no ticket was tried on another task", path)
        return
    at = _sparsity(tickets.values())
    rows, columns = (in_order(names) for names in zip(*tickets, strict=True))
    own = {(task, task): claim for task in rows if task in columns and (claim := _own(document, task, about, at))}
    shown = {**tickets, **own}
    losses = [abs(1 - share) for claim in shown.values() if (share := share_of(claim)) is not None]
    worst = max(losses, default=0.0)
    reach = min(FARTHEST, max(1, math.ceil(10 * worst)) / 10)
    width, height = max(6.4, LEFT + CELL * len(columns) + 2.0), TOP + CELL * len(rows) + FOOT
    with figure_at(width, height, path) as figure:
        axes = _grid_axes(figure, (LEFT, FOOT), CELL, rows, columns)
        axes.set(xlabel="trained and scored on", ylabel="ticket found on")
        axes.xaxis.set_label_position("top")
        values = [[share_of(shown.get((row, column))) for column in columns] for row in rows]
        mesh = _heat(axes, values, "RdBu", (1 - reach, 1 + reach))
        for (source, target), claim in shown.items():
            _draw_cell(axes, columns.index(target), rows.index(source), claim, reach, (source, target) in own)
        axes.text(len(columns) + 0.75, -0.12, "supported", ha="center", fontsize=8)
        for place, row in enumerate(rows):
            axes.text(len(columns) + 0.75, place + 0.5, _supported(tickets, row), ha="center", va="center", fontsize=8)
        left = LEFT + CELL * len(columns) + 0.8
        bar = figure.add_axes((left / width, FOOT / height, 0.15 / width, CELL * len(rows) / height))
        ticks = [1 - reach, 1, 1 + reach]
        figure.colorbar(mesh, cax=bar, extend="both" if worst > reach else "neither", ticks=ticks, format="%.1f")
        bar.set_ylabel("share of the full score", fontsize=8)
        bar.tick_params(labelsize=8)
        kind = f"transfer{'' if at is None else f' at {100 * at:g} % sparsity'}"
        write_title(figure, cells.group_title((kind, *about)))
        _verdict_legend(figure, bool(own))
        low = cells.finite(next(iter(tickets.values()))["region"]["low"]) or 0.0
        note = "number: mean score over the target's full model's; supported: its "
        note += f"{cells.confidence(document)} interval lies above {_short(1 + low)}"
        figure.text(0.15 / width, 0.12 / height, note, fontsize=7.5, color="#555555")


def mask_overlap(document: Document, path: str | os.PathLike[str]) -> None:
    """Draw the Jaccard overlap of the tasks' ticket masks, and of the parts in which they differ from theta_0's mask.

    theta_0's mask is the one-shot magnitude mask of the pre-trained weights, which the tickets' masks resemble; so the
    second panel compares only the weights on which a task's mask and theta_0's disagree. Values are means over seeds.
    """
    overlap: Mapping[str, Any] = (document.get("transfer") or {}).get("overlap") or {}
    jaccard: Grid = overlap.get("jaccard") or []
    names = [str(name) for name in overlap.get("names") or ()]
    if not jaccard or len(names) < 2:
        say_nothing("overlap of masks", "no ticket masks were compared", path)
        return
    tasks = [name for name in names if name != "theta_0"]
    beyond: Grid = (overlap.get("beyond") or []) if len(tasks) > 1 else []
    side, inner, foot = PAIR * len(names), max(PAIR * len(tasks), 2.2), 0.25
    left = LEFT + max(side, 1.5) + LEFT
    width, height = left + inner + 1.0, TOP + side + foot
    with figure_at(width, height, path) as figure:
        axes = _grid_axes(figure, (LEFT, foot), PAIR, names, names)
        axes.set_title("weights that both keep", loc="left", fontsize=9)
        mesh = _draw_overlap(axes, jaccard)
        if beyond:
            axes = _grid_axes(figure, (left, foot + side - PAIR * len(tasks)), PAIR, tasks, tasks)
            axes.set_title("where both differ from theta_0's mask", loc="left", fontsize=9)
            _draw_overlap(axes, beyond)
        else:
            text = "no two tasks to compare\nbeyond theta_0's mask"
            figure.text(left / width, (foot + side / 2) / height, text, va="center", color=GREY)
        bar = figure.add_axes(((left + inner + 0.2) / width, foot / height, 0.15 / width, side / height))
        figure.colorbar(mesh, cax=bar, ticks=[0, 0.5, 1])
        bar.set_ylabel("Jaccard overlap", fontsize=8)
        bar.tick_params(labelsize=8)
        chance, at = cells.finite(overlap.get("by_chance")), cells.finite(overlap.get("sparsity"))
        title = f"overlap of tickets' masks{'' if at is None else f' at {100 * at:g} % sparsity'}"
        write_title(figure, f"{title}; kept weights by chance {'?' if chance is None else _short(chance)}")


def found_tickets(document: Document) -> tuple[tuple[str, str, str], Tickets]:
    """The claims about tickets on other tasks, by source and target; with the model, data and source of evidence."""
    found: dict[tuple[str, str, str], Tickets] = {}
    for key, claims in cells.groups(document).items():
        for claim in claims:
            source = {"chen-5": str(claim["row"]), "chen-6": "mlm"}.get(claim["id"], "")
            if source not in ("", claim["task"]):
                found.setdefault(key[1:], {})[source, claim["task"]] = claim
    ranked = sorted(found.items(), key=lambda item: not any(claim["effect"] for claim in item[1].values()))
    return ranked[0] if ranked else (("", "", ""), {})


def _sparsity(claims: Iterable[Claim]) -> float | None:
    arms = (arm for claim in claims for arm in claim["arms"].values() if str(arm.get("treatment")).endswith(" ticket"))
    return next((cells.finite(arm.get("sparsity")) for arm in arms), None)


def _own(document: Document, task: str, about: tuple[str, str, str], at: float | None) -> Claim | None:
    """The claim chen-1 on `task`, if the ticket that it judged has the sparsity `at`."""
    for claim in cells.groups(document).get((task, *about), []):
        if claim["id"] == "chen-1" and claim["effect"]:
            judged = claim["arms"].get(str(claim["effect"]["label"]).split(" − ")[0]) or {}
            return claim if at is not None and judged.get("sparsity") == at else None
    return None


def share_of(claim: Claim | None) -> float | None:
    """The mean score as a share of the full model's; None where it is not known."""
    estimate = cells.finite(claim["effect"]["estimate"]) if claim and claim["effect"] else None
    return None if estimate is None else 1 + estimate


def _supported(tickets: Tickets, source: str) -> str:
    """On how many of its targets with a verdict a source's ticket is as good as the full model: `3 of 9`."""
    verdicts = [claim["verdict"] for (origin, _), claim in tickets.items() if origin == source and claim["effect"]]
    return f"{verdicts.count('SUPPORTED')} of {len(verdicts)}"


def in_order(names: Iterable[str]) -> list[str]:
    """The tasks' names, each once, in the order of `lth.tasks.TASKS`."""
    return sorted(set(names), key=list(TASKS).index)


def _short(value: float) -> str:
    """Two decimals without the zero before the point.

    >>> _short(0.974), _short(1.02), _short(-0.031), _short(-0.001)
    ('.97', '1.02', '−.03', '.00')
    """
    return re.sub(r"^(-?)0\.", r"\1.", f"{value:z.2f}").replace("-", "−")


def mean_share(shares: Sequence[float | None]) -> float | None:
    """The mean; None of nothing, and where one is not known."""
    known = [share for share in shares if share is not None]
    return fmean(known) if known and len(known) == len(shares) else None


def say_nothing(title: str, text: str, path: str | os.PathLike[str]) -> None:
    """Draw a figure that says in words why there is no picture."""
    with figure_at(6.4, 1.6, path) as figure:
        write_title(figure, title)
        figure.text(0.5, 0.4, text, ha="center", color=GREY)


def write_title(figure: Figure, text: str) -> None:
    """Write a figure's title at its upper left corner."""
    width, height = figure.get_size_inches()
    figure.text(0.15 / width, 1 - 0.12 / height, text, weight="bold", fontsize=10, va="top")


def _grid_axes(
    figure: Figure, corner: tuple[float, float], cell: float, rows: Sequence[str], columns: Sequence[str]
) -> Axes:
    """Axes of square cells from `corner`, in inches; rows are named to the left, columns above."""
    width, height = figure.get_size_inches()
    box = (corner[0] / width, corner[1] / height, cell * len(columns) / width, cell * len(rows) / height)
    axes = figure.add_axes(box)
    axes.set(xlim=(0, len(columns)), ylim=(len(rows), 0))
    axes.set_xticks([place + 0.5 for place in range(len(columns))], columns)
    axes.set_yticks([place + 0.5 for place in range(len(rows))], rows)
    axes.tick_params(length=0, labelsize=8, labeltop=True, labelbottom=False)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    return axes


def _heat(axes: Axes, grid: Grid, cmap: str, ends: tuple[float, float]) -> QuadMesh:
    """The grid's colours from one end to the other; a cell without a value has none."""
    import numpy as np

    values = np.array(grid, dtype=float)
    return axes.pcolormesh(values, cmap=cmap, vmin=ends[0], vmax=ends[1], edgecolors="#D8D8D8", linewidth=0.5)


def _draw_cell(axes: Axes, column: int, row: int, claim: Claim, reach: float, own: bool) -> None:
    """The share and the verdict's sign; hatches where nothing was run; a frame around a task's own ticket."""
    from matplotlib.patches import Rectangle

    verdict, share = claim["verdict"], share_of(claim)
    marker, _, filled = VERDICT_LOOK[verdict]
    if not marker:
        axes.add_patch(Rectangle((column, row), 1, 1, fill=False, hatch="////", edgecolor="#B8B8B8", linewidth=0))
    else:
        color = "white" if share is not None and abs(1 - share) > DARK * reach else BLACK
        text = "?" if share is None else _short(share)
        axes.text(column + 0.5, row + 0.36, text, ha="center", va="center", fontsize=8, color=color)
        face = color if filled else "none"
        (sign,) = axes.plot([column + 0.5], [row + 0.72], marker, color=color, markerfacecolor=face, markersize=4.6)
        sign.set_gid(f"{verdict}-{row}-{column}")
    if own:
        frame = Rectangle((column + 0.04, row + 0.04), 0.92, 0.92, fill=False, edgecolor=BLACK, linewidth=1.4, zorder=3)
        axes.add_patch(frame).set_gid(f"own-{row}")


def _verdict_legend(figure: Figure, own: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=BLACK, linestyle="", marker=marker, label=name, markerfacecolor=BLACK if full else "none")
        for name, (marker, _, full) in VERDICT_LOOK.items()
        if marker
    ]
    handles.append(Patch(fill=False, hatch="//////", edgecolor="#B8B8B8", linewidth=0, label="NOT RUN"))
    if own:
        handles.append(Patch(fill=False, edgecolor=BLACK, linewidth=1.4, label="the task's own ticket (chen-1)"))
    place = (0.01, (FOOT - 0.05) / figure.get_size_inches()[1])
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=place, ncols=3, fontsize=8)


def _draw_overlap(axes: Axes, grid: Grid) -> QuadMesh:
    """Cells from white (nothing in common) to dark, with every pair's value; a dash where it is undefined."""
    axes.set_facecolor("#EFEFEF")
    values = [
        [None if row == column else cells.finite(value) for column, value in enumerate(line)]
        for row, line in enumerate(grid)
    ]
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            text = "" if row == column else "–" if value is None else _short(value)
            color = "white" if value is not None and value > DARK else BLACK
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=8, color=color)
    return _heat(axes, values, "Blues", (0, 1))
