"""The picture of transfer against training data: the score that a source's ticket keeps, by the source's examples.

As in `forest`, the same document gives the same bytes. matplotlib and scipy are imported when a picture is drawn.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from lth.claims.effects import PLAIN
from lth.document.rows import ClaimRow, Document
from lth.report import cells, look
from lth.report.curve import half_width
from lth.report.look import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION
from lth.report.tickets import correlation, found_tickets, in_order, share_of
from lth.tasks import TASKS
from lth.verdict.additive import Layout, without_target_effects
from lth.verdict.samples import Sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# family -> (marker, colour)
FAMILY_LOOK = {
    "single sentence": ("o", BLUE),
    "similarity": ("s", GREEN),
    "inference": ("^", ORANGE),
    "reading": ("D", PURPLE),
    "language model": ("P", SKY),
}
# places of a name, first choice first: points to the right of its point, points above it, alignment
NEAR = ((6, 0, "left"), (-6, 0, "right"), (6, 10, "left"), (6, -10, "left"), (-6, 10, "right"), (-6, -10, "right"))
FAR = tuple((side * 12, up, align) for up in (20, -20, 32, -32) for side, align in ((1, "left"), (-1, "right")))

PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.7}
LINE = {"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 4}


def transfer_by_size(document: Document, path: str | os.PathLike[str] | None = None) -> Figure:
    """Draw each source's effect on the share that its ticket keeps against the source's training examples.

    Source effects are fitted beside target effects, so that a hard target does not flatter its own source. Whiskers are
    t intervals, with the targets as the sample. Faint dots are targets, as measured. The title has the rank
    correlation, if a claim is about it. As in that claim, masked language modelling is neither source nor target; its
    ticket's mean share is a line. A source on which no claim could be judged is hollow, because the correlation leaves
    it out. A source with an unknown share has a cross at the bottom. Sources of equal size are side by side.
    """
    about, tickets = found_tickets(document)
    sizes = document.transfer.train_examples if document.transfer else {}
    shares: dict[str, dict[str, float | None]] = {
        source: {
            target: share_of(claim)
            for (origin, target), claim in tickets.items()
            if origin == source and target != "mlm" and claim.interval
        }
        for source in in_order(source for source, _ in tickets)
    }
    drawn = [source for source, known in shares.items() if known and source != "mlm" and source in sizes]
    if not drawn:
        text = "no ticket was tried on another task, or the size of its source is unknown"
        return look.say_nothing("transfer by size", text, path)
    compared = _compared({source: shares[source] for source in drawn})
    judged = {target for (_, target), claim in tickets.items() if claim.interval}
    weak = {target for _, target in tickets} - judged
    drawn.sort(key=lambda source: source not in weak)
    least, most = min(sizes[source] for source in drawn), max(sizes[source] for source in drawn)
    ends = (least / 1.6, 1.9 * most)
    with look.figure_at(8.4, 4.4, path) as figure:
        axes = figure.add_axes((0.075, 0.125, 0.645, 0.75))
        axes.set(xscale="log", xlim=ends, xlabel="training examples of the source")
        axes.set_title(_rho(correlation(document, about)), loc="left", fontsize=9)
        axes.set_ylabel("share of the full score over all targets")
        ticks = [size for power in range(9) for size in (10**power, 2 * 10**power, 5 * 10**power)]
        shown = [tick for tick in ticks if ends[0] <= tick <= ends[1]]
        axes.set_xticks(shown, [f"{tick:,}" for tick in shown])
        axes.set_xticks([], minor=True)
        axes.tick_params(axis="x", labelsize=8)
        axes.axhline(1, color=BLACK, linewidth=1.2, label="full model", zorder=1)
        heights, whiskers = [1.0], [1.0]
        if (mlm := _mean(shares.get("mlm", {}))) is not None:
            heights.append(mlm)
            axes.axhline(mlm, color=SKY, linestyle="--", label="mlm's ticket", zorder=1)
        points = []
        for source in drawn:
            alike = [other for other in drawn if sizes[other] == sizes[source]]
            beside = 0.025 * (alike.index(source) - (len(alike) - 1) / 2)
            x = sizes[source] * (ends[1] / ends[0]) ** beside
            known = [share for share in shares[source].values() if share is not None]
            look.draw_dots(axes, x, known, FAMILY_LOOK[TASKS[source].family][1])
            heights += known
            whiskers += _draw_source(axes, x, source, compared.get(source, ()), source in weak, document.options.alpha)
            points.append((x, fmean(compared[source]) if source in compared else None))
        span = max(heights) - min(heights) or 0.05
        low, high = max(min(whiskers), min(heights) - span), min(max(whiskers), max(heights) + span)
        axes.set_ylim(min(low, *heights) - 0.06 * span, max(high, *heights) + 0.06 * span)
        _name_points(axes, drawn, points)
        look.write_title(figure, about._replace(task="transfer by size").title)
        note = f"whiskers: {cells.confidence(document)} t interval\nover targets, without the\ntargets' own effects"
        note += "\nfaint dots: targets, as measured"
        note += "\nhollow: no verdict on the\nsource itself, so not in ρ" if weak & set(drawn) else ""
        same_size = len({sizes[source] for source in drawn}) < len(drawn)
        note += "\nsources of equal size are\nside by side" if same_size else ""
        note += "\n× at the bottom: a share is\nunknown" if any(mean is None for _, mean in points) else ""
        look.draw_legend([axes], note, 1.03)
    return figure


def _draw_source(
    axes: Axes, x: float, source: str, values: Sequence[float], weak: bool, alpha: float
) -> Sequence[float]:
    """Draw the mean and the interval of a source's values, or a cross without values. Returns the interval's ends."""
    family = TASKS[source].family
    marker, color = FAMILY_LOOK[family]
    if not values:
        look.draw_cross(axes, x, VERMILION)
        return ()
    mean = fmean(values)
    half = half_width(Sample(tuple(range(len(values))), tuple(values)), alpha)
    axes.errorbar([x], [mean], half, color=color, linewidth=1.1, capsize=2.5, zorder=2.5)
    face = "white" if weak else color
    (point,) = axes.plot([x], [mean], marker, color=color, markerfacecolor=face, markersize=6.5, label=family, zorder=3)
    point.set_gid(f"source-{source}")
    return mean - half, mean + half


def _compared(shares: Mapping[str, Mapping[str, float | None]]) -> dict[str, list[float]]:
    """By source: its shares without the effects of their targets. Sources with an unknown share are left out.

    If no common targets connect the sources, these are the shares as they are.
    """
    known = {source: targets for source, targets in shares.items() if None not in targets.values()}
    pairs = [
        (source, target, share) for source, of in known.items() for target, share in of.items() if share is not None
    ]
    numbers = {name: at for at, name in enumerate(in_order({name for *both, _ in pairs for name in both}))}
    layout = Layout(tuple(numbers[source] for source, *_ in pairs), tuple(numbers[target] for _, target, _ in pairs))
    values = [share for *_, share in pairs]
    if layout.connected:
        values = without_target_effects(layout, values).tolist()
    found: dict[str, list[float]] = {}
    for (source, *_), value in zip(pairs, values, strict=True):
        found.setdefault(source, []).append(value)
    return found


def _name_points(axes: Axes, names: Sequence[str], points: Sequence[tuple[float, float | None]]) -> None:
    """Write each name where it covers no other name and no point. A point without a height is at the bottom."""
    from matplotlib.transforms import Bbox

    low = axes.get_ylim()[0]
    pixels = axes.transData.transform([(x, low if y is None else y) for x, y in points])
    places = [(72 * x / axes.figure.dpi, 72 * y / axes.figure.dpi) for x, y in pixels]
    taken = [Bbox.from_bounds(x - 4, y - 4, 8, 8) for x, y in places]
    for number, (name, (x, y), point) in enumerate(zip(names, places, points, strict=True)):
        others, width = [box for other, box in enumerate(taken) if other != number], 5.2 * len(name)
        left = {"left": x, "right": x - width}
        boxes = {spot: Bbox.from_bounds(left[spot[2]] + spot[0], y + spot[1] - 5, width, 10) for spot in (*NEAR, *FAR)}
        spot = next((spot for spot, box in boxes.items() if not box.count_overlaps(others)), NEAR[0])
        taken.append(boxes[spot])
        at = (point[0], low if point[1] is None else point[1])
        line = LINE if spot in FAR else None
        text = axes.annotate(name, at, spot[:2], textcoords="offset points", ha=spot[2], arrowprops=line, bbox=PAPER)
        text.set(va="center", fontsize=8, zorder=6)


def _mean(shares: Mapping[str, float | None]) -> float | None:
    """The mean; None without shares, and if one is unknown."""
    known = [share for share in shares.values() if share is not None]
    return fmean(known) if known and len(known) == len(shares) else None


def _rho(claim: ClaimRow | None) -> str:
    """What the claim says: `chen-7: ρ = 0.62 [0.10, 0.87], SUPPORTED`; empty without a claim."""
    if claim is None:
        return ""
    if claim.interval is None:
        return cells.elide(f"{claim.id} {cells.reason_text(claim)}", 90)
    return f"{claim.id}: ρ = {cells.typeset(cells.interval_text(claim.interval, PLAIN))}, {claim.verdict}"
