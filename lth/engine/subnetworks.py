"""Makes the subnetworks that a mask is compared with: random ones, bad ones and super-survivors.

Works on masks only, of gates or of weights. A gate mask is {"heads": bool [layers, heads], "mlps": bool [layers]}; its
heads and its MLPs are counted separately. The matrices of a weight mask (see `masks`) are counted together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Generator, Tensor

from lth.engine.masks import WeightMask, magnitude, uniform
from lth.errors import EngineError

GATES = ("heads", "mlps")


def is_gates(mask: Mapping[str, Tensor]) -> bool:
    """Whether this is a gate mask: its names are "heads" and "mlps", which are never names of matrices."""
    return mask.keys() == set(GATES)


def random_like(mask: Mapping[str, Tensor], generator: Generator) -> WeightMask:
    """A random mask that keeps exactly as many elements of each group as `mask`; all such masks are equally likely.

    Prasanna et al. 2020, section 4.2; their published masks are Bernoulli draws of about that size instead.
    `generator` is on the CPU.
    """
    drawn = {name: part for group in _groups(mask) for name, part in uniform(group, generator).items()}
    return {name: drawn[name] for name in mask}


def bad(mask: Mapping[str, Tensor], generator: Generator) -> WeightMask:
    """The elements that `mask` prunes, in each group as many as it keeps (Prasanna et al. 2020, section 4.2).

    If fewer elements are pruned than kept, kept ones drawn at random are added; if more, as many as needed are drawn at
    random. `generator` is on the CPU.
    """
    found: WeightMask = {}
    for group in _groups(mask):
        pruned = {name: ~part for name, part in group.items()}
        spare = _count(group) - _count(pruned)
        if spare <= 0:
            found.update(_draw(pruned, _count(group), generator))
        else:
            added = _draw(group, spare, generator)
            found.update({name: part | added[name] for name, part in pruned.items()})
    return {name: found[name] for name in mask}


def smallest(weights: Mapping[str, Tensor], mask: Mapping[str, Tensor]) -> WeightMask:
    """Keep the smallest magnitudes over all `weights`, exactly as many as the weight mask `mask` keeps.

    What Prasanna et al. 2020 recorded as the bad subnetworks of m-pruning; their text adds random survivors instead.
    Raises EngineError for a NaN weight.

    >>> weights = {"a": torch.tensor([[3.0, -1.0], [0.5, 2.0]])}
    >>> smallest(weights, {"a": torch.tensor([[True, False], [False, True]])})["a"].tolist()
    [[False, True], [True, False]]
    """
    kept, total = _count(mask), sum(part.numel() for part in mask.values())
    if kept == total:
        return {name: part.clone() for name, part in mask.items()}
    return {name: ~part for name, part in magnitude(weights, kept / total).items()}


def super_survivors(masks: Sequence[Mapping[str, Tensor]]) -> WeightMask:
    """The elements that all `masks` keep; in Prasanna et al. 2020, the masks of a task's seeds.

    Raises EngineError without masks, and for masks with different names or shapes.
    """
    if not masks:
        raise EngineError("super-survivors of 0 masks; expected at least one; give the masks of a task's seeds")
    first, *others = masks
    shapes = {name: tuple(part.shape) for name, part in first.items()}
    for place, other in enumerate(others, 2):
        strange = sorted(shapes.items() ^ {name: tuple(part.shape) for name, part in other.items()}.items())
        if strange:
            raise EngineError(
                f"masks 1 and {place} differ in {strange[0][0]!r}: it is missing or has another shape; expected masks "
                f"of the same elements; use masks made for one architecture and prunable set"
            )
    found = {name: part.clone() for name, part in first.items()}
    for other in others:
        for name, part in found.items():
            part.logical_and_(other[name].to(part.device))
    return found


def _groups(mask: Mapping[str, Tensor]) -> list[WeightMask]:
    return [{name: mask[name]} for name in GATES] if is_gates(mask) else [dict(mask)]


def _draw(within: Mapping[str, Tensor], count: int, generator: Generator) -> WeightMask:
    """A random choice of `count` True positions of `within`; all choices are equally likely.

    As in `masks.uniform`, the number for each matrix is multivariate hypergeometric, and the positions come first in a
    random permutation. Only candidates are permuted.
    """
    split = np.random.default_rng(int(torch.randint(2**63 - 1, (), generator=generator)))
    sizes = [int(torch.count_nonzero(part)) for part in within.values()]
    counts = split.multivariate_hypergeometric(sizes, count, method="marginals")
    drawn = {}
    for (name, part), size, wanted in zip(within.items(), sizes, counts, strict=True):
        candidates = part.cpu().flatten().nonzero().flatten()
        flat = torch.zeros(part.numel(), dtype=torch.bool)
        flat[candidates[torch.randperm(size, generator=generator)[: int(wanted)]]] = True
        drawn[name] = flat.view(part.shape).to(part.device)
    return drawn


def _count(mask: Mapping[str, Tensor]) -> int:
    return sum(int(torch.count_nonzero(part)) for part in mask.values())
