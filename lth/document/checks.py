"""What the types of a document's rows cannot say: which numbers, names and shapes every view can show.

Knows rows. Each check gives the faults that it finds, with their paths.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from lth.claims.arm_id import MEASURES, ArmId
from lth.document.raw import Fault
from lth.document.rows import ArmRow, ClaimRow, Document, IntervalRow, OverlapRow, StructureRow
from lth.errors import EvidenceError, shown, visible


def faults(document: Document) -> Iterator[Fault]:
    """Every fault of a document, the first ones first."""
    yield from _created(document.created)
    yield from _alpha("$.options.alpha", document.options.alpha)
    for at, claim in enumerate(document.claims):
        yield from _claim(f"$.claims[{at}]", claim)
    for at, row in enumerate(document.structures):
        yield from _structure(f"$.structures[{at}]", row)
    if transfer := document.transfer:
        for task, size in transfer.train_examples.items():
            yield from _least(f"$.transfer.train_examples.{task}", size, 1)
        if transfer.overlap:
            yield from _overlap("$.transfer.overlap", transfer.overlap)
    if about := document.sequential:
        for at, look in enumerate(about.looks):
            yield from _least(f"$.sequential.looks[{at}].seeds", look.seeds, 1)
            yield from _alpha(f"$.sequential.looks[{at}].alpha", look.alpha)
        yield from _least("$.sequential.experiments", about.experiments, 0)
        yield from _least("$.sequential.of", about.of, 1)


def _created(text: str) -> Iterator[Fault]:
    try:
        known = not text or bool(datetime.datetime.fromisoformat(text))
    except ValueError:
        known = False
    if not known:
        yield Fault("$.created", shown(text), "an ISO date and time such as 2020-07-23T12:00:00+00:00")


def _claim(path: str, claim: ClaimRow) -> Iterator[Fault]:
    name = f"{path} ({visible(claim.name)} on {visible(claim.task)})"
    for at, arm in enumerate(claim.arms):
        yield from _arm(f"{name}.arms[{at}]", arm)
    for at, term in enumerate(claim.effect.terms):
        yield from _id(f"{name}.effect.terms[{at}].arm", term.arm)
    for at, count in enumerate(claim.collapsed):
        yield from _id(f"{name}.collapsed[{at}].arm", count.arm)
        yield from _least(f"{name}.collapsed[{at}].runs", count.runs, 0)
    yield from _interval(f"{name}.effect.interval", claim.interval)
    yield from _interval(f"{name}.published.interval", claim.published.interval if claim.published else None)
    if claim.seeds_needed is not None:
        yield from _least(f"{name}.seeds_needed", claim.seeds_needed, 1)


def _arm(path: str, arm: ArmRow) -> Iterator[Fault]:
    yield from _id(f"{path}.id", arm.id)
    try:
        _ = arm.samples
    except EvidenceError as error:
        yield Fault(path, f"arm {arm.id}: {error}", "seeds and scores, or mean, std and n")


def _id(path: str, id: ArmId) -> Iterator[Fault]:
    if id.measure not in ("score", *MEASURES):
        yield Fault(f"{path}.measure", shown(id.measure), f"score, {', '.join(MEASURES)}")
    elif not str(id).isprintable():
        yield Fault(path, shown(str(id)), "a name without control characters")
    for part in ("sparsity", "share"):
        value = getattr(id, part)
        if value is not None and not 0 <= value <= 1:
            yield Fault(f"{path}.{part}", f"{value:g}", "a share, from 0 to 1")


def _interval(path: str, interval: IntervalRow | None) -> Iterator[Fault]:
    if interval:
        yield from _alpha(f"{path}.alpha", interval.alpha)


def _alpha(path: str, alpha: float) -> Iterator[Fault]:
    if not 0 < alpha < 0.5:
        yield Fault(path, f"{alpha:g}", "a number between 0 and 0.5")


def _least(path: str, number: int, least: int) -> Iterator[Fault]:
    if number < least:
        yield Fault(path, str(number), f"a whole number, at least {least}")


def _structure(path: str, row: StructureRow) -> Iterator[Fault]:
    seeds = len(row.seeds)
    if row.parameters is not None:
        yield from _least(f"{path}.parameters", row.parameters, 1)
    layers: set[Sequence[Any]] = set()
    for name in ("kept_parameters", "heads", "mlps", "head_importances", "mlp_importances"):
        grids: Sequence[Any] = getattr(row, name)
        if grids and len(grids) != seeds:
            yield Fault(f"{path}.{name}", f"{len(grids)} entries with {seeds} seeds", "one for each seed")
        if name == "kept_parameters":
            continue
        shapes = {_shape(grid) for grid in grids}
        layers |= {shape[:1] for shape in shapes}
        if len(shapes) > 1 or len(layers) > 1 or any(not shape or 0 in shape for shape in shapes):
            yield Fault(f"{path}.{name}", "grids of different or no size", "the same layers and heads for each seed")
        if name in ("heads", "mlps") and (odd := next((bit for bit in _flat(grids) if bit not in (0, 1)), None)):
            yield Fault(f"{path}.{name}", f"{odd}", "1 for kept or 0 for pruned")


def _shape(grid: Sequence[Any]) -> tuple[int, ...]:
    """The layers and, of heads, the heads in each layer; with a 0 if these differ."""
    if not grid or not isinstance(grid[0], tuple):
        return (len(grid),)
    sizes = set(map(len, grid))
    return len(grid), sizes.pop() if len(sizes) == 1 else 0


def _flat(values: Any) -> Iterable[Any]:
    return chain.from_iterable(map(_flat, values)) if isinstance(values, tuple) else (values,)


def _overlap(path: str, overlap: OverlapRow) -> Iterator[Fault]:
    count = len(overlap.names)
    for name, grid, size in (("jaccard", overlap.jaccard, count), ("beyond", overlap.beyond, count - 1)):
        if grid and (len(grid) != size or any(len(row) != size for row in grid)):
            yield Fault(f"{path}.{name}", "a grid of another size", f"{size} rows of {size} numbers")
