"""The look of all pictures: colours, markers, lines, notes, and a figure that is always saved in the same way.

Colours are those of Okabe and Ito, which the colour-blind can tell apart (jfly.uni-koeln.de/color); no meaning rests on
colour alone. Knows no document.

matplotlib is imported when a picture is drawn, because it takes half a second.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lth.document.writing import replacing
from lth.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#767676"

STYLE: dict[str, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 5.5,
    "legend.frameon": False,
    "svg.hashsalt": "lth",
    "text.parse_math": False,
    "savefig.dpi": 150,
}
DATELESS: dict[str, dict[str, None]] = {"svg": {"Date": None}, "png": {}, "pdf": {"CreationDate": None}}
# verdict -> (marker, colour, filled)
VERDICT_LOOK = {
    "SUPPORTED": ("o", GREEN, True),
    "REFUTED": ("X", VERMILION, True),
    "INCONCLUSIVE": ("D", ORANGE, False),
    "NOT RUN": ("", GREY, False),
}
VERDICT_SIGN = {"SUPPORTED": "●", "REFUTED": "✖", "INCONCLUSIVE": "◇", "NOT RUN": "–"}
"""The markers as text."""
# treatment -> (marker, colour)
TREATMENT_LOOK = {
    "imp": ("o", BLUE),
    "standard": ("s", GREEN),
    "rewound": ("^", ORANGE),
    "reinitialised": ("D", PURPLE),
    "shuffled": ("v", VERMILION),
    "random": ("X", GREY),
    "oneshot": ("P", SKY),
}
OTHERS = ("<", ">", "p", "h", "d", "8")  # markers of the second and later labels of one treatment
LINES = ("-", "--", ":", "-.")


@contextmanager
def figure_at(width: float, height: float, path: str | os.PathLike[str] | None) -> Iterator[Figure]:
    """A figure of that size in inches, saved to `path` at the end, if given; see `save`."""
    from matplotlib import style

    with style.context(["default", STYLE]):
        drawn = _figure_type()(figsize=(width, height))
        yield drawn
        if path is not None:
            save(drawn, Path(path))


@cache
def _figure_type() -> type[Figure]:
    """A class of figures that a notebook shows without pyplot, which has global state."""
    from matplotlib.figure import Figure

    class ShownFigure(Figure):
        def _repr_png_(self) -> bytes:
            picture = BytesIO()
            self.savefig(picture, format="png")
            return picture.getvalue()

    return ShownFigure


def save(figure: Figure, target: Path) -> None:
    """Write the figure, without dates, in the format of the file's suffix (none: SVG); makes the folder.

    Raises UsageError for a suffix of another format and for a place that cannot be written.
    """
    kind = target.suffix.lower().removeprefix(".") or "svg"
    if kind not in DATELESS:
        raise UsageError(f"cannot draw {target}: suffix {target.suffix!r}; expected one of .{', .'.join(DATELESS)}")
    with replacing(target) as partial:
        figure.savefig(partial, format=kind, metadata=DATELESS[kind])


def axes_at(figure: Figure, left: float, foot: float, width: float, height: float) -> Axes:
    """Axes of that size at that place of the figure, all in inches."""
    across, up = figure.get_size_inches()
    return figure.add_axes((left / across, foot / up, width / across, height / up))


def write_title(figure: Figure, text: str) -> None:
    """Write a figure's title at its upper left corner."""
    width, height = figure.get_size_inches()
    figure.text(0.15 / width, 1 - 0.12 / height, text, weight="bold", fontsize=10, va="top")


def say(axes: Axes, text: str) -> None:
    """Write in the middle of the axes why nothing is drawn there."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=GREY)


def say_nothing(title: str, text: str, path: str | os.PathLike[str] | None) -> Figure:
    """Draw a figure that says why there is no picture."""
    with figure_at(6.4, 1.6, path) as figure:
        write_title(figure, title)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        say(axes, text)
    return figure


def draw_dots(axes: Axes, at: float, values: Sequence[float], color: str) -> None:
    """Draw the values behind a mean as faint dots."""
    axes.plot([at] * len(values), values, "o", color=color, alpha=0.35, markersize=2.6, markeredgewidth=0, zorder=2)


def draw_cross(axes: Axes, at: float, color: str) -> None:
    """Draw a cross at the bottom for an unknown mean."""
    axes.plot([at], [0.015], "x", color=color, transform=axes.get_xaxis_transform(), zorder=5)


def draw_legend(panels: Iterable[Axes], note: str, left: float) -> None:
    """Draw one legend for all panels to their right, and the note below it, at `left` in widths of the last panel."""
    labelled: dict[str, Any] = {}
    for axes in panels:
        labelled.update(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    if labelled:
        axes.legend(labelled.values(), labelled.keys(), loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8)
    axes.text(left, 0, note, transform=axes.transAxes, fontsize=7.5, color="#555555", va="bottom")
