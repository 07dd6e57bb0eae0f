"""Fine-tuning under a mask: AdamW with linear decay and clipping, paired by seed; gives predictions on dev.

Works on a network and encoded examples; does not load data or store results.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from lth.engine.batches import Encoded, batches, training_order
from lth.engine.first_position import first_position
from lth.engine.models import mask_for, precision
from lth.engine.objectives import OBJECTIVES, Objective, Predictions
from lth.engine.optimizer import Projection
from lth.engine.prunable import prunable
from lth.engine.streams import generator, global_stream, set_global_state
from lth.spec.expressions import Recipe


@dataclass(frozen=True)
class Fit:
    """The result of a fine-tuning: predictions on dev, the mean training loss of each epoch, and further scores.

    An epoch that was resumed has the mean of its remaining steps; epochs before it have none.

    Predictions are class indices or a regression's values [examples], texts for spans, token ids at masked positions.
    `failure` says why training stopped early, if it did. `scores` are those that predictions do not determine.
    """

    predictions: Predictions | list[str]
    losses: tuple[float, ...]
    failure: str | None
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Resume:
    """Where training goes on: the share `at` of all steps is done, and `dropout` has the states of its stream there.

    The states are those of lth.engine.streams.global_state.
    """

    at: float
    dropout: Mapping[str, Tensor]


def fine_tune(
    network: nn.Module,
    train: Encoded,
    dev: Encoded,
    recipe: Recipe,
    seed: int,
    mask: Mapping[str, Tensor] | None = None,
    *,
    objective: Objective = OBJECTIVES["classification"],
    device: str = "cpu",
    snapshots: Mapping[float, Callable[[dict[str, Tensor]], None]] | None = None,
    resume: Resume | None = None,
) -> Fit:
    """Train `network` in place and predict dev.

    `mask` maps prunable names to bool tensors of the weights' shapes, True = kept. The weights are masked first, and
    the gradients before every step, so removed weights and their optimizer state stay zero. `snapshots[share]` is
    called with the state dict when that share of all steps is done (1.0: at the end). `objective` belongs to the
    network's head. The pooler's part of a mask is ignored if the network has no pooler. With `resume` training begins
    at step i and ends at step t of the whole run's t steps, with the rates, the batches and the dropout stream of its
    steps i to t (Chen et al. 2020, algorithm 1: theta_i is trained for t - i steps). AdamW's moments begin at zero.
    A loss that is not finite stops training: predictions are then NaN or empty, and `failure` names the step.
    """
    where = torch.device(device)
    network.to(where).train()
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=recipe.lr, eps=recipe.eps, weight_decay=recipe.weight_decay, fused=where.type != "mps"
    )
    projection = None
    if mask is not None:  # a network that was shrunk to nothing has no prunable matrix, and no weight mask
        matrices = prunable(network, "paper")
        projection = Projection(matrices, mask_for(matrices, mask))
    objective = objective.fitted(train)
    epoch_steps = math.ceil(len(train) / recipe.batch)
    steps = epoch_steps * recipe.epochs
    due = [(step_at(share, steps), save) for share, save in (snapshots or {}).items()]
    order, masking, step = generator(seed, "order"), generator(seed, "masking"), 0
    losses: list[float] = []
    if resume:
        step = step_at(resume.at, steps)
    with global_stream(seed, "dropout"), first_position(network):
        if resume:
            set_global_state(resume.dropout, where)
        for epoch in range(recipe.epochs):
            total, seen = 0.0, objective.epoch(train, masking)
            left = training_order(train.lengths, recipe.batch, order)[max(0, step - epoch * epoch_steps) :]
            for inputs, targets in batches(seen, left, where):
                for group in optimizer.param_groups:
                    group["lr"] = recipe.lr * linear_decay(step, steps, recipe.warmup)
                with precision(recipe, where):
                    loss = objective.loss(network, inputs, targets)
                loss.backward()
                value = loss.item()
                if not math.isfinite(value):
                    reason = f"the loss was {value} at step {step + 1} of {steps}"
                    return Fit(objective.nothing(dev), (*losses, value), reason)
                if projection:
                    projection.project_gradients_()
                torch.nn.utils.clip_grad_norm_(parameters, recipe.clip)
                optimizer.step()
                optimizer.zero_grad()
                step += 1
                total += value
                for _, save in (each for each in due if each[0] == step):
                    save(network.state_dict())
            if left:
                losses.append(total / len(left))
    predictions, scores = objective.predict(network, dev, recipe, where)
    return Fit(predictions, tuple(losses), None, scores)


def step_at(share: float, steps: int) -> int:
    """The number of steps, of `steps`, that are done at this share of training: at least one."""
    return max(1, round(share * steps))


def linear_decay(step: int, steps: int, warmup: float) -> float:
    """Factor of the learning rate at `step` (from 0) of `steps`: rises over the share `warmup`, then falls to zero.

    >>> [linear_decay(step, 4, 0.0) for step in range(4)]
    [1.0, 0.75, 0.5, 0.25]
    """
    rising = round(warmup * steps)
    if step < rising:
        return (step + 1) / (rising + 1)
    return (steps - step) / (steps - rising)
