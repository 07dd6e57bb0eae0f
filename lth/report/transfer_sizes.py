"""The picture of transfer against training data: what a source's ticket keeps, by how many examples it was found on.

Draws as `plots` does: same document, same bytes; matplotlib and scipy are imported when a picture is drawn.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lth.document.document import PLAIN, Document
from lth.report import cells
from lth.report.look import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, figure_at
from lth.report.plots import half_width
from lth.report.transfer_plots import found_tickets, in_order, mean_share, say_nothing, share_of, write_title
from lth.tasks import TASKS
from lth.verdict.samples import Sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# family -> (marker, colour)
FAMILY_LOOK = {
    "single sentence": ("o", BLUE),
    "similarity": ("s", GREEN),
    "inference": ("^", ORANGE),
    "reading": ("D", PURPLE),
    "language model": ("P", SKY),
}
# where a name may stand, first choice first: points to the right of its point, points above it, how it is aligned
NEAR = ((6, 0, "left"), (-6, 0, "right"), (6, 10, "left"), (6, -10, "left"), (-6, 10, "right"), (-6, -10, "right"))
FAR = tuple((side * 12, up, align) for up in (20, -20, 32, -32) for side, align in ((1, "left"), (-1, "right")))


def transfer_by_size(document: Document, path: str | os.PathLike[str]) -> None:
    """Draw the mean share of each source's ticket over its targets against the source's training examples.

    Whiskers are t intervals of that mean, with the targets as the sample; faint dots are targets. As in chen-7, whose
    rho stands beside, masked language modelling is neither source nor target: its ticket's mean share is a line. A
    source on which no claim could be judged is hollow, for chen-7 leaves it out. One with an unknown share has a cross
    at the bottom. Sources of one size are set side by side.
    """
    about, tickets = found_tickets(document)
    sizes: Mapping[str, int] = (document.get("transfer") or {}).get("train_examples") or {}
    shares = {
        source: [
            share_of(claim)
            for (origin, target), claim in tickets.items()
            if origin == source and target != "mlm" and claim["effect"]
        ]
        for source in in_order(source for source, _ in tickets)
    }
    drawn = [source for source, known in shares.items() if known and source != "mlm" and source in sizes]
    if not drawn:
        say_nothing("transfer by size", "no ticket was tried on another task, or its source's size is not known", path)
        return
    judged = {target for (_, target), claim in tickets.items() if claim["effect"]}
    weak = {target for _, target in tickets} - judged
    drawn.sort(key=lambda source: source not in weak)
    least, most = min(sizes[source] for source in drawn), max(sizes[source] for source in drawn)
    ends = (least / 1.6, 1.9 * most)
    with figure_at(8.4, 4.4, path) as figure:
        axes = figure.add_axes((0.075, 0.125, 0.645, 0.75))
        axes.set(xscale="log", xlim=ends, xlabel="training examples of the source")
        axes.set_title(_rho(document, about), loc="left", fontsize=9)
        axes.set_ylabel("mean share of the full score over targets")
        ticks = [size for power in range(9) for size in (10**power, 2 * 10**power, 5 * 10**power)]
        shown = [tick for tick in ticks if ends[0] <= tick <= ends[1]]
        axes.set_xticks(shown, [f"{tick:,}" for tick in shown])
        axes.set_xticks([], minor=True)
        axes.tick_params(axis="x", labelsize=8)
        axes.axhline(1, color=BLACK, linewidth=1.2, label="full model", zorder=1)
        heights, whiskers = [1.0], [1.0]
        if (mlm := mean_share(shares.get("mlm", []))) is not None:
            heights.append(mlm)
            axes.axhline(mlm, color=SKY, linestyle="--", label="mlm's ticket", zorder=1)
        points = []
        for source in drawn:
            alike = [other for other in drawn if sizes[other] == sizes[source]]
            beside = 0.025 * (alike.index(source) - (len(alike) - 1) / 2)
            x = sizes[source] * (ends[1] / ends[0]) ** beside
            targets, interval = _draw_source(axes, x, source, shares[source], source in weak, document)
            heights += targets
            whiskers += interval
            points.append((x, mean_share(shares[source])))
        span = max(heights) - min(heights) or 0.05
        low, high = max(min(whiskers), min(heights) - span), min(max(whiskers), max(heights) + span)
        axes.set_ylim(min(low, *heights) - 0.06 * span, max(high, *heights) + 0.06 * span)
        _name_points(axes, drawn, points)
        write_title(figure, cells.group_title(("transfer by size", *about)))
        labelled = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
        axes.legend(labelled.values(), labelled.keys(), loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8)
        note = f"whiskers: {cells.confidence(document)} t interval\nof the mean over targets\nfaint dots: targets"
        note += "\nhollow: no verdict on the\nsource itself, so not in ρ" if weak & set(drawn) else ""
        same_size = len({sizes[source] for source in drawn}) < len(drawn)
        note += "\nsources of one size stand\nside by side" if same_size else ""
        note += "\n× at the bottom: a share is not\nknown" if any(mean is None for _, mean in points) else ""
        axes.text(1.03, 0, note, transform=axes.transAxes, fontsize=7.5, color="#555555", va="bottom")


def _draw_source(
    axes: Axes, x: float, source: str, shares: Sequence[float | None], weak: bool, document: Document
) -> tuple[Sequence[float], Sequence[float]]:
    """One source's targets, mean and interval, or a cross if not all are known; the heights of targets and of ends."""
    family = TASKS[source].family
    marker, color = FAMILY_LOOK[family]
    known = [share for share in shares if share is not None]
    axes.plot([x] * len(known), known, "o", color=color, alpha=0.35, markersize=2.6, markeredgewidth=0, zorder=2)
    mean = mean_share(shares)
    if mean is None:
        axes.plot([x], [0.015], "x", color=VERMILION, transform=axes.get_xaxis_transform(), zorder=5)
        return known, ()
    half = half_width(Sample(tuple(range(len(known))), tuple(known)), document)
    axes.errorbar([x], [mean], half, color=color, linewidth=1.1, capsize=2.5, zorder=2.5)
    face = "white" if weak else color
    (point,) = axes.plot([x], [mean], marker, color=color, markerfacecolor=face, markersize=6.5, label=family, zorder=3)
    point.set_gid(f"source-{source}")
    return known, (mean - half, mean + half)


def _name_points(axes: Axes, names: Sequence[str], points: Sequence[tuple[float, float | None]]) -> None:
    """Name every point where its name covers no other name and no point; one without a height is at the bottom."""
    low = axes.get_ylim()[0]
    pixels = axes.transData.transform([(x, low if y is None else y) for x, y in points])
    places = [(72 * x / axes.figure.dpi, 72 * y / axes.figure.dpi) for x, y in pixels]
    taken = [(x - 4, y - 4, x + 4, y + 4) for x, y in places]
    for number, (name, (x, y), point) in enumerate(zip(names, places, points, strict=True)):
        others = [box for other, box in enumerate(taken) if other != number]
        boxes = {spot: _box(x, y, spot, 5.2 * len(name)) for spot in (*NEAR, *FAR)}
        spot = next((spot for spot, box in boxes.items() if not any(_meet(box, other) for other in others)), NEAR[0])
        taken.append(boxes[spot])
        line = {"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 4}
        axes.annotate(
            name,
            (point[0], low if point[1] is None else point[1]),
            spot[:2],
            textcoords="offset points",
            ha=spot[2],
            va="center",
            fontsize=8,
            arrowprops=line if spot in FAR else None,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.7},
            zorder=6,
        )


def _box(x: float, y: float, spot: tuple[int, int, str], width: float) -> tuple[float, float, float, float]:
    left = x + spot[0] - (width if spot[2] == "right" else 0)
    return (left, y + spot[1] - 5, left + width, y + spot[1] + 5)


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _rho(document: Document, about: tuple[str, str, str]) -> str:
    """What chen-7 says: `chen-7: ρ = 0.62 [0.10, 0.87], SUPPORTED`; empty where it was not asked."""
    claims = [claim for key, group in cells.groups(document).items() if key[1:] == about for claim in group]
    for claim in claims:
        if claim["id"] == "chen-7":
            if not claim["effect"]:
                return cells.elide(f"chen-7 {cells.reason_text(claim)}", 90)
            effect = claim["effect"]
            numbers = f"{cells.signed(effect['estimate'], unit=PLAIN)} {cells.interval_text(effect, PLAIN)}"
            numbers = numbers.replace("-", "−").replace("inf", "∞")
            return f"chen-7: ρ = {numbers}, {claim['verdict']}"
    return ""
