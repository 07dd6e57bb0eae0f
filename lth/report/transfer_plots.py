"""Two heat maps of transfer: every ticket on every task, and how far the tickets' masks overlap.

Knows the document: claims about tickets on other tasks, and the overlap of their masks. As in `forest`, the same
document gives the same bytes. matplotlib and numpy are imported when a picture is drawn.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lth.document.rows import ClaimRow, Document, Grid
from lth.report import cells
from lth.report.heat import draw_scale, heat_map, write_in
from lth.report.look import BLACK, VERDICT_LOOK, axes_at, figure_at, say, say_nothing, write_title
from lth.report.tickets import Tickets, found_tickets, ids, in_order, own_tickets, share_of
from lth.verdict import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure

CELL, PAIR, LEFT = 0.5, 0.42, 0.8  # inches: a cell of transfer, one of overlap, names of rows
TOP, FOOT = 0.85, 0.85  # inches: title and names of columns, the legend
FARTHEST = 0.5  # loss or gain, as a share of the full score, beyond which colours no longer change
DARK = 0.65  # share of a colour scale from which text is white


def transfer_matrix(document: Document, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw each source's ticket on each target as a share of the target's full score, with its verdict's sign.

    A row is a source, a column a target, both in the order of `lth.tasks.TASKS`. A frame on the diagonal marks the
    task's own ticket, if a claim judged it at the sparsity of the transferred ones. A cell that was not asked for is
    empty. Of several models, data or sources of evidence, the first with a verdict is drawn.
    """
    about, tickets = found_tickets(document)
    if not tickets:
        return say_nothing("transfer", "no ticket was tried on another task", path)
    at = document.transfer.sparsity if document.transfer else None
    rows, columns = (in_order(names) for names in zip(*tickets, strict=True))
    judged = own_tickets(document, about, at)
    own = {(task, task): judged[task] for task in rows if task in columns and task in judged}
    shown = {**tickets, **own}
    losses = [abs(1 - share) for claim in shown.values() if (share := share_of(claim)) is not None]
    worst = max(losses, default=0.0)
    reach = min(FARTHEST, max(1, math.ceil(10 * worst)) / 10)
    ends, left, tall = (1 - reach, 1 + reach), LEFT + CELL * len(columns), CELL * len(rows)
    width, height = max(6.4, left + 2.0), TOP + tall + FOOT
    with figure_at(width, height, path) as figure:
        values = [[share_of(shown.get((row, column))) for column in columns] for row in rows]
        names = (rows, columns)
        axes, mesh = heat_map(figure, (LEFT, FOOT), CELL, values, names, colors="RdBu", ends=ends, above=True)
        axes.set(xlabel="trained and scored on", ylabel="ticket found on")
        axes.xaxis.set_label_position("top")
        for (source, target), claim in shown.items():
            _draw_cell(axes, rows.index(source), columns.index(target), claim, reach, (source, target) in own)
        axes.text(len(columns) + 0.75, -0.12, "supported", ha="center", fontsize=8)
        for place, row in enumerate(rows):
            axes.text(len(columns) + 0.75, place + 0.5, _supported(tickets, row), ha="center", va="center", fontsize=8)
        draw_scale(figure, mesh, (left + 0.8, FOOT), tall, "share of the full score", worst > reach)
        write_title(figure, about._replace(task=f"transfer{_at(at)}").title)
        _verdict_legend(figure, ids(own.values()))
        low = next(iter(tickets.values())).effect.region.low or 0.0
        note = "number: mean score as a share of the target's full score; supported: its "
        note += f"{cells.confidence(document)} interval lies above {_short(1 + low)}"
        figure.text(0.15 / width, 0.12 / height, note, fontsize=7.5, color="#555555")
    return figure


def mask_overlap(document: Document, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw the Jaccard overlap of the tasks' ticket masks, and of the parts in which they differ from theta_0's mask.

    theta_0's mask is the one-shot magnitude mask of the pre-trained weights. The tickets' masks resemble it, so the
    second panel compares only the weights on which a task's mask and theta_0's disagree. Values are means over seeds.
    """
    overlap = document.transfer.overlap if document.transfer else None
    if overlap is None or not overlap.jaccard or len(overlap.names) < 2:
        return say_nothing("overlap of masks", "no ticket masks were compared", path)
    names, tasks = overlap.names, overlap.names[:-1]
    side, inner, foot = PAIR * len(names), max(PAIR * len(tasks), 2.2), 0.25
    left = LEFT + max(side, 1.5) + LEFT
    with figure_at(left + inner + 1.0, TOP + side + foot, path) as figure:
        mesh = _draw_overlap(figure, (LEFT, foot), names, overlap.jaccard, "weights kept by both")
        if overlap.beyond and len(tasks) > 1:
            corner = (left, foot + side - PAIR * len(tasks))
            _draw_overlap(figure, corner, tasks, overlap.beyond, "where both differ from theta_0's mask")
        else:
            axes = axes_at(figure, left, foot, inner, side)
            axes.set_axis_off()
            say(axes, "no two tasks to compare\nbeyond theta_0's mask")
        draw_scale(figure, mesh, (left + inner + 0.2, foot), side, "Jaccard overlap")
        chance = "?" if overlap.by_chance is None else _short(overlap.by_chance)
        write_title(figure, f"overlap of tickets' masks{_at(overlap.sparsity)}; of kept weights by chance {chance}")
    return figure


def _at(sparsity: float | None) -> str:
    return "" if sparsity is None else f" at {100 * sparsity:g} % sparsity"


def _supported(tickets: Tickets, source: str) -> str:
    """The number of targets on which a source's ticket is SUPPORTED, of all with a verdict: `3 of 9`."""
    verdicts = [claim.verdict for (origin, _), claim in tickets.items() if origin == source and claim.interval]
    return f"{verdicts.count(Verdict.SUPPORTED)} of {len(verdicts)}"


def _short(value: float) -> str:
    """Two decimals without the zero before the point.

    >>> _short(0.974), _short(1.02), _short(-0.031), _short(-0.001)
    ('.97', '1.02', '−.03', '.00')
    """
    return cells.typeset(re.sub(r"^(-?)0\.", r"\1.", f"{value:z.2f}"))


def _draw_cell(axes: Axes, row: int, column: int, claim: ClaimRow, reach: float, own: bool) -> None:
    """Draw the share and the verdict's sign, or hatches if nothing was run; a frame marks a task's own ticket."""
    from matplotlib.patches import Rectangle

    share = share_of(claim)
    marker, _, filled = VERDICT_LOOK[claim.verdict]
    if not marker:
        axes.add_patch(Rectangle((column, row), 1, 1, fill=False, hatch="////", edgecolor="#B8B8B8", linewidth=0))
    else:
        color = "white" if share is not None and abs(1 - share) > DARK * reach else BLACK
        write_in(axes, row, column, "?" if share is None else _short(share), color, down=0.36)
        face = color if filled else "none"
        (sign,) = axes.plot([column + 0.5], [row + 0.72], marker, color=color, markerfacecolor=face, markersize=4.6)
        sign.set_gid(f"{claim.verdict}-{row}-{column}")
    if own:
        frame = Rectangle((column + 0.04, row + 0.04), 0.92, 0.92, fill=False, edgecolor=BLACK, linewidth=1.4, zorder=3)
        axes.add_patch(frame).set_gid(f"own-{row}")


def _verdict_legend(figure: Figure, own: Sequence[str]) -> None:
    """Draw the legend: the verdicts' signs, and the frame of a task's own ticket with the claims about it."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=BLACK, linestyle="", marker=marker, label=name, markerfacecolor=BLACK if full else "none")
        for name, (marker, _, full) in VERDICT_LOOK.items()
        if marker
    ]
    handles.append(Patch(fill=False, hatch="//////", edgecolor="#B8B8B8", linewidth=0, label="NOT RUN"))
    if own:
        label = f"the task's own ticket ({', '.join(own)})"
        handles.append(Patch(fill=False, edgecolor=BLACK, linewidth=1.4, label=label))
    place = (0.01, (FOOT - 0.05) / figure.get_size_inches()[1])
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=place, ncols=3, fontsize=8)


def _draw_overlap(
    figure: Figure, corner: tuple[float, float], names: Sequence[str], grid: Grid, title: str
) -> QuadMesh:
    """Draw cells from white (nothing in common) to dark, with the value of each pair, or a dash if it is undefined."""
    values = [[None if row == column else value for column, value in enumerate(line)] for row, line in enumerate(grid)]
    axes, mesh = heat_map(figure, corner, PAIR, values, (names, names), above=True)
    axes.set_facecolor("#EFEFEF")
    axes.set_title(title, loc="left", fontsize=9)
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            text = "" if row == column else "–" if value is None else _short(value)
            write_in(axes, row, column, text, "white" if value is not None and value > DARK else BLACK)
    return mesh
