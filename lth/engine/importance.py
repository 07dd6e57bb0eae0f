"""How much the loss depends on each gate, for all gates of a model from one backward pass a batch.

Knows a network, encoded examples and gates; which of them are closed then is not its business.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from lth.engine.batches import Encoded, batches, evaluation_order
from lth.engine.gates import GateMask, gated, open_gates
from lth.engine.objectives import OBJECTIVES, Objective

Variant = Literal["paper", "running sum"]


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
    variant: Variant = "paper",
) -> Importance:
    """The mean over examples of |dL/dgate|, L being an example's loss without dropout: Prasanna et al. 2020, section 3.

    Every example has gates of its own, so the summed loss of a batch gives each example's gradients in one backward
    pass. Parameters get no gradients. `gates` (default: all open) are those of the model whose loss is meant; a closed
    one has importance zero. A regression's loss is on targets standardised over `examples`; of masked words every word
    of a batch counts the same, so that a block counts by how many it has.
    `variant="running sum"` is what the authors' code computes: it never zeroes the gates' gradients, so that after
    each batch, in the examples' order, |sum of the batch-mean gradients so far| is added up; its unit differs.
    Raises ModelError and EngineError as `gated` does.
    """
    where = torch.device(device)
    model.to(where)
    mask = gates or open_gates(model)
    heads, mlps = mask["heads"].to(where), mask["mlps"].to(where)
    total = _zeros(mask)
    running = _zeros(mask)
    objective = objective.fitted(examples)
    with _evaluating(model):
        for inputs, targets in batches(examples, _order(examples, batch, variant), where):
            own = [gate.expand(len(targets), *gate.shape).float().requires_grad_() for gate in (heads, mlps)]
            with torch.enable_grad(), gated(model, own[0], own[1]):
                gradients = torch.autograd.grad(objective.loss(model, inputs, targets) * len(targets), own)
            for at, gradient in enumerate(gradients):
                if variant == "paper":
                    total[at] += gradient.abs().sum(0).cpu() / len(examples)
                else:
                    running[at] += gradient.mean(0).cpu()
                    total[at] += running[at].abs()
    return Importance((total[0] * mask["heads"].cpu()).float(), (total[1] * mask["mlps"].cpu()).float())


def _order(examples: Encoded, batch: int, variant: Variant) -> list[list[int]]:
    """Batches by length where their order is of no account, and in the examples' order where it is."""
    if variant == "paper":
        return evaluation_order(examples.lengths, batch)
    every = list(range(len(examples)))
    return [every[at : at + batch] for at in range(0, len(every), batch)]


def _zeros(mask: GateMask) -> list[Tensor]:
    return [torch.zeros(mask[kind].shape, dtype=torch.float64) for kind in ("heads", "mlps")]


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
