"""Measures how much the loss depends on each gate: all gates of a model from one backward pass per batch.

Works on a network, encoded examples and gates; it does not choose which gates to close.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lth.engine.batches import Encoded, batches, evaluation_order
from lth.engine.first_position import first_position
from lth.engine.gates import GateMask, gated, open_gates
from lth.engine.objectives import OBJECTIVES, Objective


@dataclass(frozen=True)
class Importance:
    """Importances of heads, float32 [layers, heads], and of MLPs, float32 [layers]; all at least 0."""

    heads: Tensor
    mlps: Tensor

    def of_open(self, gates: GateMask) -> Importance:
        """The same with zeros for closed gates, so that they have no part in their layer's norm."""
        return Importance(
            self.heads * gates["heads"].to(self.heads.device), self.mlps * gates["mlps"].to(self.mlps.device)
        )

    def normalised(self) -> Importance:
        """Divide heads by their layer's L2 norm and scale them to [0, 1] over all layers; scale MLPs to [0, 1].

        Prasanna et al. 2020, section 3; the norms by layer are from Molchanov et al. 2017. In the authors' code closed
        heads have a part in their layer's norm, as here. Without them (`of_open`), the last open head of a layer always
        has the importance 1, and a layer is rarely emptied. A layer whose importances are all zero stays at zero. If
        all importances are equal, all become zero.
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
    """The mean over examples of |dL/dgate|, where L is an example's loss without dropout (Prasanna et al. 2020, §3).

    Each example has its own copy of the gates, so one backward pass over the summed loss of a batch gives each
    example's gradients. Parameters get no gradients. `gates` (default: all open) are the model's gates while the loss
    is measured; the importance of a closed gate is what the loss would change if it opened a little. The loss of a
    regression is on targets standardised over `examples`.
    In masked language modelling all masked words of a batch have equal weight: a block with more of them counts more.
    The authors' code computes something else: it never zeroes the gates' gradients and therefore sums
    |sum of the batch-mean gradients so far|, which depends on the order of the examples.
    Raises ModelError and EngineError as `gated` does.
    """
    where = torch.device(device)
    model.to(where)
    mask = gates or open_gates(model)
    heads, mlps = mask["heads"].to(where), mask["mlps"].to(where)
    total = [torch.zeros(mask[kind].shape, dtype=torch.float64) for kind in ("heads", "mlps")]
    objective = objective.fitted(examples)
    with _evaluating(model), first_position(model):
        for inputs, targets in batches(examples, evaluation_order(examples.lengths, batch), where):
            own = [gate.expand(len(targets), *gate.shape).float().requires_grad_() for gate in (heads, mlps)]
            with torch.enable_grad(), gated(model, own[0], own[1]):
                gradients = torch.autograd.grad(objective.loss(model, inputs, targets) * len(targets), own)
            for at, gradient in enumerate(gradients):
                total[at] += gradient.abs().sum(0).cpu() / len(examples)
    return Importance(total[0].float(), total[1].float())


def _from_zero_to_one(values: Tensor) -> Tensor:
    span = values.max() - values.min()
    return (values - values.min()) / span if span > 0 else torch.zeros_like(values)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, without dropout, while this context is active."""
    before = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(before)
