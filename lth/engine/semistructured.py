"""NVIDIA's 2:4 pattern as a pruning criterion, and the fast kernels that exploit it where the hardware has them.

Knows weights, masks and a model's modules by name; trains and measures nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from itertools import combinations

import torch
from torch import Tensor, nn

from lth.engine.masks import Mask
from lth.errors import EngineError

GROUP, KEPT = 4, 2  # of four consecutive inputs two are kept
CAPABILITY = (8, 0)  # compute capability of Ampere, the first with sparse tensor cores (the paper of `two_of_four`)


def two_of_four(weights: Mapping[str, Tensor]) -> Mask:
    """Keep the two largest magnitudes of every four consecutive inputs of each row: exactly half of each matrix.

    The pattern: Mishra et al. 2021, "Accelerating Sparse Deep Neural Networks", arXiv 2104.08378, section 3; their
    recipe chooses by magnitude, too. `weights` are [out, in]. Of equal magnitudes the later ones are kept, as in
    `masks.magnitude`.
    Raises EngineError for a NaN weight and for a number of inputs that is not a multiple of four.

    >>> two_of_four({"a": torch.tensor([[3.0, -1.0, 0.5, -2.0]])})["a"].tolist()
    [[True, False, False, True]]
    """
    mask = {}
    for name, weight in weights.items():
        if weight.dim() != 2 or weight.shape[1] % GROUP:
            raise EngineError(
                f"weight {name!r} is {tuple(weight.shape)}; expected [out, in] with a multiple of {GROUP} inputs; "
                f"leave this matrix dense"
            )
        if weight.isnan().any():
            raise EngineError(
                f"weight {name!r} has a NaN; expected numbers; look at why the training that gave it diverged"
            )
        mask[name] = _largest_two(weight.detach().abs().reshape(-1, GROUP)).view(weight.shape)
    return mask


def _largest_two(magnitudes: Tensor) -> Tensor:
    """Bool [groups, 4]: each pair of a group has one winner, so that the wins are 3, 2, 1 and 0."""
    wins = torch.zeros(magnitudes.shape, dtype=torch.uint8, device=magnitudes.device)
    for one, other in combinations(range(GROUP), 2):
        larger = magnitudes[:, one] > magnitudes[:, other]
        wins[:, one] += larger
        wins[:, other] += ~larger
    return wins >= GROUP - KEPT


def supported() -> str | None:
    """Why the current device cannot run 2:4 kernels, as the first clause of an error; None where it can.

    torch.sparse.to_sparse_semi_structured needs an NVIDIA GPU of compute capability 8.0 or more
    (https://docs.pytorch.org/docs/stable/sparse.html, "Sparse Semi-Structured Tensors").
    """
    if torch.version.cuda is None or not torch.cuda.is_available():
        return "no CUDA device is available"
    capability = torch.cuda.get_device_capability()
    if capability < CAPABILITY:
        return f"{torch.cuda.get_device_name()} has compute capability {capability[0]}.{capability[1]}"
    return None


def accelerate_(model: nn.Module, mask: Mapping[str, Tensor]) -> None:
    """Replace the weights that `mask` names by their 2:4 compressed form, with what it removes set to zero.

    Names are relative to the base model, as in `prunable` (or to a plain module that has none).
    For inference only: the compressed weights have no gradient. The weights must lie on the GPU in a type and shape
    that torch compresses, float16 or bfloat16 of multiples of [32, 64] for instance. If one cannot be
    compressed, no weight is replaced.
    Raises EngineError where `supported` says no, for a name the model has no weight for, for a mask that keeps more
    than two of four, and for a weight that torch refuses.
    """
    lacking = supported()
    if lacking:
        raise EngineError(
            f"{lacking}; expected an NVIDIA GPU of compute capability {CAPABILITY[0]}.{CAPABILITY[1]} or more for 2:4 "
            f"kernels; run the masked model dense"
        )
    network: nn.Module = getattr(model, "base_model", model)
    weights = dict(network.named_parameters())
    packed = {name: _compressed(name, weights.get(name), part) for name, part in mask.items()}
    for name, weight in packed.items():
        owner, _, attribute = name.rpartition(".")
        setattr(network.get_submodule(owner), attribute, weight)


def _compressed(name: str, weight: Tensor | None, part: Tensor) -> nn.Parameter:
    if weight is None or weight.shape != part.shape:
        raise EngineError(
            f"the mask names {name!r} of {tuple(part.shape)}, a weight this model does not have; expected the names "
            f"and shapes of its own; use a mask made for this architecture"
        )
    if part.shape[-1] % GROUP or int(part.reshape(-1, GROUP).sum(1).max()) > KEPT:
        raise EngineError(
            f"mask of {name!r} keeps more than {KEPT} of {GROUP} consecutive inputs; expected the 2:4 pattern; make "
            f"the mask with two_of_four"
        )
    dense = weight.detach().masked_fill(~part.to(weight.device), 0.0).contiguous()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The PyTorch API of SparseSemiStructuredTensor", UserWarning)
            return nn.Parameter(torch.sparse.to_sparse_semi_structured(dense), requires_grad=False)
    except RuntimeError as cause:
        reason = str(cause).splitlines()[0]
        raise EngineError(
            f"torch does not compress {name!r} ({reason}); expected a type, a shape and a device that it does; leave "
            f"this matrix out of the mask"
        ) from cause
