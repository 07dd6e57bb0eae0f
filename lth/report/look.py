"""The one look of all pictures: colours, markers, lines, and a figure that is saved the same way every time.

Colours are those of Okabe and Ito, which the colour-blind can tell apart (jfly.uni-koeln.de/color); no meaning rests on
colour alone. Knows no document.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lth.errors import UsageError

if TYPE_CHECKING:
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
def figure_at(width: float, height: float, path: str | os.PathLike[str]) -> Iterator[Figure]:
    """A figure of that size in inches, saved to `path` at the end, without dates, as its suffix says (none: SVG).

    Makes the folder. Raises UsageError for a suffix that is no picture's and for a place that cannot be written.
    """
    target = Path(path)
    kind = target.suffix.lower().removeprefix(".") or "svg"
    if kind not in DATELESS:
        raise UsageError(f"cannot draw {target}: suffix {target.suffix!r}; expected one of .{', .'.join(DATELESS)}")
    from matplotlib import style
    from matplotlib.figure import Figure

    with style.context(["default", STYLE]):
        drawn = Figure(figsize=(width, height))
        yield drawn
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            drawn.savefig(target, format=kind, metadata=DATELESS[kind])
        except OSError as error:
            advice = "name a file in a folder you may write to"
            raise UsageError(f"cannot write {target}: {error.strerror}; {advice}") from error
