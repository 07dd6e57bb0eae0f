"""How far weight masks overlap."""

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
    """{"jaccard": [tasks + 1][tasks + 1], theta_0 last; "by_chance": of independent masks of these sizes; "beyond":
    [tasks][tasks], of the positions in which each differs from theta_0; "mean": over pairs of tasks}.

    Matrices that not all of the masks cover, such as a pooler, are left out. A pair of masks without any position has
    None.
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
