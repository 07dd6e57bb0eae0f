"""How much the loss depends on each gate, for all gates of a model from one backward pass a batch.

Knows a network, encoded examples and gates; which of them are closed then is not its business.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lth.engine.batches import Encoded, batches, evaluation_order
from lth.engine.gates import GateMask, gated, open_gates
from lth.engine.objectives import OBJECTIVES, Objective


@dataclass(frozen=True)
class Importance:
    """Importances of heads, float32 [layers, heads], and of MLPs, float32 [layers]; none is negative."""

    heads: Tensor
    mlps: Tensor

    def normalised(self) -> Importance:
        """Heads divided by their layer's L2 norm, then scaled to 0 to 1 over all layers; MLPs scaled to 0 to 1.

        Prasanna et al. 2020, section 3; the norms by layer are from Molchanov et al. 2017. A layer without importance
        stays at zero; where all are equal, all become zero.
        """
        norms = self.heads.norm(dim=-1, keepdim=True)
        return Importance(
            _from_zero_to_one(self.heads / norms.masked_fill(norms == 0, 1)), _from_zero_to_one(self.mlps)
        )


def importance(
    model: nn.Module,
    examples: Encoded,
    *,
    gates: GateMask | None = None,
    objective: Objective = OBJECTIVES["classification"],
    batch: int = 32,
    device: str = "cpu",
) -> Importance:
    """The mean over examples of |dL/dgate|, L being an example's loss without dropout: Prasanna et al. 2020, section 3.

    Every example has gates of its own, so the summed loss of a batch gives each example's gradients in one backward
    pass. Parameters get no gradients. `gates` (default: all open) are those of the model whose loss is meant; a closed
    one has importance zero. A regression's loss is on targets standardised over `examples`; of masked words every word
    of a batch counts the same, so that a block counts by how many it has.
    The authors' code computes something else: it never zeroes the gates' gradients, and so adds up
    |sum of the batch-mean gradients so far|, which depends on the order of the examples.
    Raises ModelError and EngineError as `gated` does.
    """
    where = torch.device(device)
    model.to(where)
    mask = gates or open_gates(model)
    heads, mlps = mask["heads"].to(where), mask["mlps"].to(where)
    total = [torch.zeros(mask[kind].shape, dtype=torch.float64) for kind in ("heads", "mlps")]
    objective = objective.fitted(examples)
    with _evaluating(model):
        for inputs, targets in batches(examples, evaluation_order(examples.lengths, batch), where):
            own = [gate.expand(len(targets), *gate.shape).float().requires_grad_() for gate in (heads, mlps)]
            with torch.enable_grad(), gated(model, own[0], own[1]):
                gradients = torch.autograd.grad(objective.loss(model, inputs, targets) * len(targets), own)
            for at, gradient in enumerate(gradients):
                total[at] += gradient.abs().sum(0).cpu() / len(examples)
    return Importance((total[0] * mask["heads"].cpu()).float(), (total[1] * mask["mlps"].cpu()).float())


def _from_zero_to_one(values: Tensor) -> Tensor:
    span = values.max() - values.min()
    return (values - values.min()) / span if span > 0 else torch.zeros_like(values)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Without dropout for a while."""
    before = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(before)
