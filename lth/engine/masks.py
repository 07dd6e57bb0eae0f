"""Weight masks: make them by magnitude or at random, measure them, apply them to weights, pack them into files.

A mask maps names of prunable matrices to bool tensors of their shapes [out, in]; True = kept. Its sparsity is the
share of positions it removes, whatever the weights are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Generator, Tensor

from lth.engine.selection import smallest
from lth.errors import DataError, EngineError, reason

WeightMask = dict[str, Tensor]


def magnitude(weights: Mapping[str, Tensor], sparsity: float, within: Mapping[str, Tensor] | None = None) -> WeightMask:
    """Remove the smallest magnitudes over all `weights` until `round(sparsity * total)` positions are removed.

    `total` counts all positions of `weights`, including those that `within` has removed (Python's `round`: halves go
    to the even neighbour). The mask is nested in `within`: removed positions do not come back. Equal magnitudes are
    removed in the order of `weights` and of the flat index.
    Raises EngineError for a sparsity outside [0, 1) or below that of `within`, for a NaN weight, and if `within` has
    other names or shapes.

    >>> magnitude({"a": torch.tensor([[3.0, -1.0], [0.5, 2.0]])}, 0.5)["a"].tolist()
    [[True, False], [False, True]]
    """
    if not 0 <= sparsity < 1:
        raise EngineError(f"sparsity {sparsity}; expected a share from 0 to below 1; give 0.7 to remove 70 %")
    total = sum(weight.numel() for weight in weights.values())
    remove = round(sparsity * total)
    among = None
    if within is not None:
        _check(weights, within)
        among = [within[name].to(weight.device) for name, weight in weights.items()]
        gone = total - _kept(within)
        if gone > remove:
            raise EngineError(
                f"sparsity {sparsity} is below {gone / total:.4g}, the sparsity of the mask to prune further; expected "
                f"a higher one, because removed weights do not come back; start from a denser mask"
            )
        remove -= gone
    mask = {
        name: chosen.logical_not_()
        for name, chosen in zip(weights, smallest(list(weights.values()), remove, among), strict=True)
    }
    if among is not None:
        for part, allowed in zip(mask.values(), among, strict=True):
            part.logical_and_(allowed)
    return mask


def uniform(like: Mapping[str, Tensor], generator: Generator) -> WeightMask:
    """A random mask that keeps exactly as many positions as `like`; all such masks are equally likely.

    The draw is over all matrices together, as in Chen et al. 2020 (their code prunes at random over all 73 matrices
    at once): all matrices have about the same density, unlike in a magnitude mask. The number to keep in each matrix
    is multivariate hypergeometric; the positions come from a random permutation. `generator` is on the CPU.
    """
    split = np.random.default_rng(int(torch.randint(2**63 - 1, (), generator=generator)))
    sizes = [part.numel() for part in like.values()]
    counts = split.multivariate_hypergeometric(sizes, _kept(like), method="marginals")
    mask = {}
    for (name, part), count in zip(like.items(), counts, strict=True):
        flat = torch.zeros(part.numel(), dtype=torch.bool)
        flat[torch.randperm(part.numel(), generator=generator)[: int(count)]] = True
        mask[name] = flat.view(part.shape).to(part.device)
    return mask


def sparsity(mask: Mapping[str, Tensor]) -> float:
    """The share of positions that the mask removes, counted from its bits; 0.0 for a mask without positions."""
    total = sum(part.numel() for part in mask.values())
    return 1 - _kept(mask) / total if total else 0.0


def densities(mask: Mapping[str, Tensor]) -> dict[str, float]:
    """The share of positions kept in each matrix."""
    return {name: int(torch.count_nonzero(part)) / part.numel() for name, part in mask.items()}


def apply_(parameters: Mapping[str, Tensor], mask: Mapping[str, Tensor]) -> None:
    """Set removed weights to zero in place, even NaN. Weights that the mask does not name stay as they are.

    Raises EngineError if a name of the mask is missing in `parameters` or has another shape.
    """
    _check({name: parameters[name] for name in mask if name in parameters}, mask)
    with torch.no_grad():
        for name, part in mask.items():
            parameters[name].masked_fill_(~part.to(parameters[name].device), 0.0)


def to_bytes(mask: Mapping[str, Tensor]) -> bytes:
    """The mask as a safetensors file: eight positions per byte (`numpy.packbits`), shapes as JSON in the metadata.

    Equal masks in the same order give equal bytes.
    """
    packed = {name: torch.from_numpy(np.packbits(part.cpu().numpy())) for name, part in mask.items()}
    return save_tensors(packed, {"shapes": json.dumps({name: list(part.shape) for name, part in mask.items()})})


def from_bytes(data: bytes, source: str = "these bytes") -> WeightMask:
    """The mask that `to_bytes` packed, in its order. Raises DataError, which names `source`, for anything else."""
    try:
        packed, shapes = load_tensors(data), _shapes(data)
        if list(packed.keys() ^ shapes.keys()):
            raise ValueError("names and shapes differ")
        return {name: _unpack(packed[name], shape) for name, shape in shapes.items()}
    except (
        SafetensorError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
        RuntimeError,
    ) as cause:
        raise DataError(
            f"{source} holds no weight mask ({reason(cause)}); expected a safetensors file of packed bits with their "
            f"shapes; delete it and compute it again"
        ) from cause


def save(mask: Mapping[str, Tensor], path: Path) -> None:
    """Write `to_bytes(mask)` to `path`."""
    path.write_bytes(to_bytes(mask))


def load(path: Path) -> WeightMask:
    """Read what `save` wrote. Raises DataError, which names the file, if it cannot be read or holds no mask."""
    try:
        if path.exists() and not path.is_file():
            raise OSError(0, "it is not a regular file")
        data = path.read_bytes()
    except OSError as cause:
        raise DataError(f"mask {path} cannot be read ({cause.strerror}); expected a file; check the path") from cause
    return from_bytes(data, str(path))


def _shapes(data: bytes) -> dict[str, list[int]]:
    """Shapes from the header: a little-endian length of 8 bytes, then JSON (safetensors' format)."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    shapes: dict[str, list[int]] = json.loads(header["__metadata__"]["shapes"])
    return shapes


def _unpack(packed: Tensor, shape: list[int]) -> Tensor:
    size = prod(shape)
    if packed.dtype != torch.uint8 or packed.shape != (-(-size // 8),):
        raise ValueError(f"{tuple(packed.shape)} of {packed.dtype} cannot be the bits of {shape}")
    bits: Tensor = torch.from_numpy(np.unpackbits(packed.numpy(), count=size).view(np.bool_).reshape(shape))
    return bits


def _kept(mask: Mapping[str, Tensor]) -> int:
    return sum(int(torch.count_nonzero(part)) for part in mask.values())


def _check(weights: Mapping[str, Tensor], mask: Mapping[str, Tensor]) -> None:
    strange = sorted(weights.keys() ^ mask.keys())
    if strange:
        raise EngineError(
            f"{strange[0]!r} is in the mask or the weights, but not in both ({len(strange)} such names); expected the "
            f"same matrices; use a mask made for this architecture and prunable set"
        )
    for name, part in mask.items():
        if weights[name].shape != part.shape:
            raise EngineError(
                f"the mask of {name!r} is {tuple(part.shape)}, its weight is {tuple(weights[name].shape)}; expected "
                f"the same shape; use a mask made for this architecture"
            )
