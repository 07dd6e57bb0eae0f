"""Computes the overlap of weight masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lth.compute.context import Context, Product
from lth.compute.materials import mask
from lth.spec.overlap import Overlap
from lth.verdict.agreement import jaccard


def overlap(experiment: Overlap, context: Context) -> Product:
    """Jaccard overlaps of the tasks' masks and theta_0's.

    The value has "jaccard" [tasks + 1][tasks + 1], with theta_0 last; "beyond" [tasks][tasks], the overlap of the
    positions in which each mask differs from theta_0's; "mean", over pairs of tasks; and "by_chance", for independent
    masks of these sizes. Only matrices that all masks have are compared, so a pooler may be left out. The overlap of
    two empty sets is None.
    """
    found = [mask(part, context.store) for part in experiment.inputs]
    common = [name for name in found[0] if all(name in each for each in found)]
    flat = [np.concatenate([each[name].numpy().ravel() for name in common]) for each in found]
    beyond = [each ^ flat[-1] for each in flat[:-1]]
    tasks = jaccard(np.stack(flat[:-1]))
    value: dict[str, Any] = {
        "jaccard": _pairs(flat),
        "beyond": _pairs(beyond),
        "mean": tasks.mean,
        "by_chance": tasks.by_chance,
    }
    return value, {}


def _pairs(masks: Sequence[NDArray[np.bool_]]) -> list[list[float | None]]:
    return [[_index(one, other) for other in masks] for one in masks]


def _index(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float | None:
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else None
