"""Subnetworks that a mask is compared with: random ones, bad ones and super-survivors, of gates and of weights alike.

Knows masks alone. A gate mask is {"heads": bool [layers, heads], "mlps": bool [layers]}, and its heads and its MLPs are
counted apart; the matrices of a weight mask (see `masks`) are counted together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Generator, Tensor

from lth.engine.masks import WeightMask, uniform
from lth.errors import EngineError

GATES = ("heads", "mlps")


def is_gates(mask: Mapping[str, Tensor]) -> bool:
    """Whether this is a gate mask: its two names are "heads" and "mlps", which no matrix of a model has."""
    return mask.keys() == set(GATES)


def random_like(mask: Mapping[str, Tensor], generator: Generator) -> WeightMask:
    """A mask that keeps exactly as many elements of each group as `mask`, every such mask being equally likely.

    Prasanna et al. 2020, section 4.2, whose published masks are Bernoulli draws of about that
    size instead. `generator` is on the CPU.
    """
    drawn = {name: part for group in _groups(mask) for name, part in uniform(group, generator).items()}
    return {name: drawn[name] for name in mask}


def bad(mask: Mapping[str, Tensor], generator: Generator) -> WeightMask:
    """What `mask` prunes, made exactly as large as what it keeps, in each group (Prasanna et al. 2020, section 4.2).

    Fewer pruned elements than survivors are topped up with survivors drawn at random; out of more, as many are drawn
    at random. `generator` is on the CPU.
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


def super_survivors(masks: Sequence[Mapping[str, Tensor]]) -> WeightMask:
    """The elements that survive in every one of `masks`: the seeds of a task, in Prasanna et al. 2020.

    Raises EngineError for no mask at all, and for masks of different names or shapes.
    """
    if not masks:
        raise EngineError("super-survivors of no mask; expected at least one; give the masks of a task's seeds")
    first, *others = masks
    shapes = {name: tuple(part.shape) for name, part in first.items()}
    for place, other in enumerate(others, 2):
        strange = sorted(shapes.items() ^ {name: tuple(part.shape) for name, part in other.items()}.items())
        if strange:
            raise EngineError(
                f"mask {place} and mask 1 do not share {strange[0][0]!r} of one shape; expected masks of the same "
                f"elements; use masks made for one architecture and prunable set"
            )
    found = {name: part.clone() for name, part in first.items()}
    for other in others:
        for name, part in found.items():
            part.logical_and_(other[name].to(part.device))
    return found


def _groups(mask: Mapping[str, Tensor]) -> list[WeightMask]:
    return [{name: mask[name]} for name in GATES] if is_gates(mask) else [dict(mask)]


def _draw(within: Mapping[str, Tensor], count: int, generator: Generator) -> WeightMask:
    """`count` of the True positions of `within`, every choice being equally likely.

    As in `masks.uniform`: the numbers for each matrix are multivariate hypergeometric, the positions inside are the
    head of a random permutation, so that no number is drawn for a weight that is never a candidate.
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
