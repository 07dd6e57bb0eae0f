"""Heat maps: square cells with colours and texts, the names of their rows and columns, and the scale of the colours.

Knows numbers and names, no document. Sizes and places are in inches.

numpy is imported when a picture is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lth.report.look import axes_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure

Cells = Sequence[Sequence[float | None]]


def heat_map(
    figure: Figure,
    corner: tuple[float, float],
    cell: float,
    values: Cells,
    names: tuple[Sequence[str], Sequence[str]],
    *,
    colors: str = "Blues",
    ends: tuple[float, float] = (0, 1),
    above: bool = False,
) -> tuple[Axes, QuadMesh]:
    """Draw cells of size `cell` from the lower left `corner`, coloured from one end to the other.

    `names` are those of the rows, to the left, and those of the columns, below or `above`. A cell without a value has
    no colour.
    """
    import numpy as np

    rows, columns = names
    axes = axes_at(figure, *corner, cell * len(columns), cell * len(rows))
    axes.set(xlim=(0, len(columns)), ylim=(len(rows), 0))
    axes.set_xticks([place + 0.5 for place in range(len(columns))], columns)
    axes.set_yticks([place + 0.5 for place in range(len(rows))], rows)
    axes.tick_params(length=0, labelsize=8, labeltop=above, labelbottom=not above)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    low, high = ends
    grid = np.array(values, dtype=float)
    return axes, axes.pcolormesh(grid, cmap=colors, vmin=low, vmax=high, edgecolors="#D8D8D8", linewidth=0.5)


def write_in(axes: Axes, row: int, column: int, text: str, color: str, *, size: float = 8, down: float = 0.5) -> None:
    """Write in a cell; `down` is the place as a share of the cell's height, from its top."""
    axes.text(column + 0.5, row + down, text, ha="center", va="center", fontsize=size, color=color)


def draw_scale(
    figure: Figure, mesh: QuadMesh, corner: tuple[float, float], height: float, label: str, beyond: bool = False
) -> None:
    """Draw what the colours of a heat map mean; with arrows at its ends if values lie `beyond`."""
    bar = axes_at(figure, *corner, 0.15, height)
    low, high = mesh.get_clim()
    ticks = (low, (low + high) / 2, high)
    figure.colorbar(mesh, cax=bar, ticks=ticks, extend="both" if beyond else "neither", format="%.1f")
    bar.set_ylabel(label, fontsize=8)
    bar.tick_params(labelsize=8)
