"""Your own masks as evidence: the agreement of good subnetworks' heads and MLPs over seeds and between tasks.

lth.evidence.own describes the form of the file.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from lth.claims.arm_id import ArmId
from lth.errors import EvidenceError, shown
from lth.evidence.lines import RETRY, Line, read_table, require
from lth.evidence.recorded import ANY, Figure, Figures
from lth.verdict.agreement import fleiss_kappa, kappa_over_seeds, pseudo_values
from lth.verdict.estimate import Unbounded
from lth.verdict.samples import Sample

MASK_FORM = ("task", "seed", "layer", "mlp", "head0")
GOOD = "s-good"

Layers = dict[int, tuple[int, ...]]
"""By layer: whether the MLP is kept, and then each head."""


def read_kappas(file: Path) -> Figures:
    """Fleiss' kappa of the heads and of the MLPs that good subnetworks keep, over seeds and between two tasks.

    Between tasks it is NaN where both masks keep everything, or nothing.
    """
    masks = _masks(file)
    figures: Figures = {}
    for task, by_seed in masks.items():
        for units, part in (("heads", slice(1, None)), ("mlps", slice(1))):
            ratings = [_units(layers, part) for layers in by_seed.values()]
            if len(ratings) > 1:
                known = not isinstance(kappa_over_seeds(ratings), Unbounded)
                values = tuple(pseudo_values(ratings)) if known else (math.nan,) * len(ratings)
                figures[ANY, task, kappa_of(units)] = Figure(fmean(values), Sample(tuple(by_seed), values))
            for other in masks:
                seeds = tuple(seed for seed in by_seed if seed in masks[other])
                if other != task and seeds:
                    both = ((by_seed[seed], masks[other][seed]) for seed in seeds)
                    kappas = tuple(fleiss_kappa([_units(layers, part) for layers in pair]) for pair in both)
                    id = replace(kappa_of(units), between_tasks=True, source=other)
                    figures[ANY, task, id] = Figure(fmean(kappas), Sample(seeds, kappas))
    return figures


def kappa_of(units: str) -> ArmId:
    """The arm for the agreement of s-pruned masks over seeds."""
    return ArmId("good", pruning="structured", measure="kappa", units=units)


def _units(layers: Layers, part: slice) -> list[int]:
    return [unit for at in sorted(layers) for unit in layers[at][part]]


def _masks(file: Path) -> dict[str, dict[int, Layers]]:
    """By task and seed: the good subnetworks' layers, all with the same numbers of heads and layers."""
    columns, lines = read_table(file)
    require(file, columns, MASK_FORM)
    heads = [column for column in columns if column.startswith("head")]
    if heads != [f"head{at}" for at in range(len(heads))]:
        raise EvidenceError(
            f"{file}:1, column {heads[0]}: {shown(', '.join(heads))[1:-1]}; expected head0, head1, … in order; {RETRY}"
        )
    masks: dict[str, dict[int, Layers]] = {}
    last: Line | None = None
    for last in lines:
        task, seed, layer = last.task(), last.whole("seed"), last.whole("layer")
        kept = tuple(last.bit(column) for column in ("mlp", *heads))
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
    return masks
