"""Your own masks as evidence: the agreement of good subnetworks' heads and MLPs over seeds and between tasks.

lth.evidence.own describes the form of the file.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations
from statistics import fmean

from lth.claims.arm_id import ArmId
from lth.errors import EvidenceError, shown
from lth.evidence.lines import RETRY, Line
from lth.evidence.own_tasks import Told, task_of
from lth.evidence.recorded import ANY, Figure, Figures
from lth.evidence.tables import Table
from lth.verdict.agreement import fleiss_kappa, kappa_over_seeds, pseudo_values
from lth.verdict.estimate import Unbounded
from lth.verdict.samples import Sample

MASK_FORM = ("task", "seed", "layer", "mlp", "head0")
GOOD = "s-good"

Layers = dict[int, tuple[int, ...]]
"""By layer: whether the MLP is kept, if the file has MLPs, and then each head."""
Masks = dict[str, dict[int, Layers]]
"""By task and seed."""


def read_kappas(table: Table, told: Told) -> Figures:
    """Fleiss' kappa of the heads and of the MLPs that good subnetworks keep, over seeds and between two tasks."""
    masks, parts = _masks(table, told)
    figures: Figures = {}
    for units, part in parts.items():
        kept = {
            task: {seed: _units(layers, part) for seed, layers in by_seed.items()} for task, by_seed in masks.items()
        }
        figures |= {(ANY, task, kappa_of(units)): _over_seeds(by_seed) for task, by_seed in kept.items()}
        for task, other in permutations(kept, 2):
            if seeds := [seed for seed in kept[task] if seed in kept[other]]:
                id = replace(kappa_of(units), between_tasks=True, source=other)
                figures[ANY, task, id] = _of_two([(seed, kept[task][seed], kept[other][seed]) for seed in seeds])
    return figures


def kappa_of(units: str) -> ArmId:
    """The arm for the agreement of s-pruned masks over seeds."""
    return ArmId("good", pruning="structured", measure="kappa", units=units)


def _over_seeds(masks: dict[int, list[int]]) -> Figure:
    """The jackknife's pseudo-values by seed. They are NaN where kappa or its error is not defined, with the reason."""
    seeds, ratings, nothing = tuple(masks), list(masks.values()), (math.nan,) * len(masks)
    if len(masks) == 1:
        return Figure(
            math.nan, Sample(seeds, nothing, why="masks of one seed; expected at least 3 to estimate an error")
        )
    estimate = kappa_over_seeds(ratings)
    if isinstance(estimate, Unbounded):
        return Figure(math.nan, Sample(seeds, nothing, why=estimate.reason))
    values = tuple(pseudo_values(ratings))
    return Figure(fmean(values), Sample(seeds, values))


def _of_two(masks: list[tuple[int, list[int], list[int]]]) -> Figure:
    """Kappa by seed, from seeds and both tasks' masks. It is NaN where both keep everything, or nothing."""
    kappas = tuple(fleiss_kappa([one, other]) for _, one, other in masks)
    return Figure(fmean(kappas), Sample(tuple(seed for seed, _, _ in masks), kappas))


def _units(layers: Layers, part: slice) -> list[int]:
    return [unit for at in sorted(layers) for unit in layers[at][part]]


def _masks(table: Table, told: Told) -> tuple[Masks, dict[str, slice]]:
    """The good subnetworks' layers, all with the same heads and layers; and by kind of unit its part of a layer."""
    file = table.file
    heads = [column for column in table.columns if column.startswith("head")]
    mlps = ["mlp"] if "mlp" in table.columns else []
    table.require(MASK_FORM[:3] if heads or mlps else MASK_FORM)
    if heads != [f"head{at}" for at in range(len(heads))]:
        raise EvidenceError(
            f"{table.header}, column {heads[0]}: {shown(', '.join(heads))[1:-1]}; expected head0, head1, … in order; "
            f"{RETRY}"
        )
    masks: Masks = {}
    last: Line | None = None
    for last in table.lines:
        task, seed, layer = task_of(last, told).name, last.whole("seed"), last.whole("layer")
        kept = tuple(last.bit(column) for column in (*mlps, *heads))
        if last.cells.get("arm") not in (None, GOOD):
            continue
        layers = masks.setdefault(task, {}).setdefault(seed, {})
        if layer in layers:
            raise last.error("layer", f"a second layer {layer} of {task} with seed {seed}", "each layer once per run")
        layers[layer] = kept
    depth = max((max(layers) + 1 for runs in masks.values() for layers in runs.values()), default=0)
    for task, runs in masks.items():
        for seed, layers in runs.items():
            if len(layers) < depth:
                missing = next(layer for layer in range(depth) if layer not in layers)
                raise EvidenceError(
                    f"{file}, column layer: no layer {missing} of {task} with seed {seed}; expected layers 0 to "
                    f"{depth - 1} of each run; {RETRY}"
                )
    if last is None:
        raise EvidenceError(f"{file}: no line below the header; expected one for each layer of each run; add them")
    parts = {"mlps": slice(1)} if mlps else {}
    return masks, parts | ({"heads": slice(len(mlps), None)} if heads else {})
