"""Fine-tuning under a mask: AdamW with linear decay and clipping, paired by seed, and the scores that come of it.

Knows a network and encoded examples; where they come from and where results go is not its business.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lth.engine.batches import Encoded, batches, evaluation_order, training_order
from lth.engine.optimizer import Projection
from lth.engine.prunable import prunable
from lth.engine.streams import generator, global_stream
from lth.experiment.expressions import Recipe

EVALUATION_BATCH = 128

Predictions = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class Fit:
    """What a fine-tuning gave: predictions on dev [examples] (class indices, or values for a regression), the mean
    training loss of each epoch, and in `failure` why training stopped early, if it did.
    """

    predictions: Predictions
    losses: tuple[float, ...]
    failure: str | None


def fine_tune(
    network: nn.Module,
    train: Encoded,
    dev: Encoded,
    recipe: Recipe,
    seed: int,
    mask: Mapping[str, Tensor] | None = None,
    *,
    regression: bool = False,
    device: str = "cpu",
    snapshots: Mapping[float, Callable[[dict[str, Tensor]], None]] | None = None,
    on_step: Callable[[int, int], None] | None = None,
) -> Fit:
    """Train `network` in place and predict dev.

    `mask` maps prunable names to bool tensors of the weights' shapes, True = kept: the weights are projected first
    and after every step, so that pruned weights and their optimizer state stay zero. `snapshots[share](weights)` is
    called once that share of all steps is done (1.0: at the end) with the state dict. A regression's targets are
    standardised for training and predictions are given in the task's unit. `on_step(done, all)` tells progress.
    A loss that is not finite stops training: predictions are then NaN and `failure` says at which step.
    """
    where = torch.device(device)
    network.to(where).train()
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=recipe.lr, eps=recipe.eps, weight_decay=recipe.weight_decay, fused=where.type != "mps"
    )
    projection = Projection(prunable(network, "paper"), mask) if mask is not None else None
    centre, spread = standardisation(train) if regression else (0.0, 1.0)
    epoch_steps = math.ceil(len(train) / recipe.batch)
    steps = epoch_steps * recipe.epochs
    due = [(max(1, round(share * steps)), save) for share, save in (snapshots or {}).items()]
    order, step = generator(seed, "order"), 0
    losses: list[float] = []
    with global_stream(seed, "dropout"):
        for _ in range(recipe.epochs):
            total = 0.0
            for inputs, targets in batches(train, training_order(train.lengths, recipe.batch, order), where):
                for group in optimizer.param_groups:
                    group["lr"] = recipe.lr * linear_decay(step, steps, recipe.warmup)
                with _autocast(recipe, where):
                    logits = network(**inputs).logits
                    loss = task_loss(logits, (targets - centre) / spread if regression else targets, regression)
                loss.backward()
                value = loss.item()
                if not math.isfinite(value):
                    nothing = np.full(len(dev), np.nan, dtype=np.float32)
                    return Fit(nothing, (*losses, value), f"the loss was {value} at step {step + 1} of {steps}")
                if projection:
                    projection.project_gradients_()
                torch.nn.utils.clip_grad_norm_(parameters, recipe.clip)
                optimizer.step()
                optimizer.zero_grad()
                step += 1
                total += value
                for _, save in (each for each in due if each[0] == step):
                    save(network.state_dict())
                if on_step:
                    on_step(step, steps)
            losses.append(total / epoch_steps)
    return Fit(predict(network, dev, recipe, where, regression) * spread + centre, tuple(losses), None)


@torch.inference_mode()
def predict(network: nn.Module, dev: Encoded, recipe: Recipe, device: torch.device, regression: bool) -> Predictions:
    """Predictions in the order of `dev`: the most likely class, or the single output of a regression."""
    network.eval()
    order = evaluation_order(dev.lengths, EVALUATION_BATCH)
    predictions = np.empty(len(dev), dtype=np.float32)
    for indices, (inputs, _) in zip(order, batches(dev, order, device), strict=True):
        with _autocast(recipe, device):
            logits = network(**inputs).logits
        answer = logits.squeeze(-1) if regression else logits.argmax(-1)
        predictions[indices] = answer.float().cpu().numpy()
    return predictions


def linear_decay(step: int, steps: int, warmup: float) -> float:
    """Factor on the learning rate at `step` (from 0) of `steps`: up over the share `warmup`, then down to zero.

    >>> [linear_decay(step, 4, 0.0) for step in range(4)]
    [1.0, 0.75, 0.5, 0.25]
    """
    rising = round(warmup * steps)
    if step < rising:
        return (step + 1) / (rising + 1)
    return (steps - step) / (steps - rising)


def standardisation(train: Encoded) -> tuple[float, float]:
    """Mean and standard deviation (1.0 where all are equal) of regression targets, in the task's unit."""
    spread = float(train.targets.std())
    return float(train.targets.mean()), spread if spread > 0 else 1.0


def task_loss(logits: Tensor, targets: Tensor, regression: bool) -> Tensor:
    """Mean over the batch: cross-entropy of `logits` [batch, classes], or squared error of [batch, 1]; a scalar.

    `targets` are [batch], those of a regression standardised.
    """
    if regression:
        return nn.functional.mse_loss(logits.squeeze(-1).float(), targets)
    return nn.functional.cross_entropy(logits.float(), targets.long())


def _autocast(recipe: Recipe, device: torch.device) -> AbstractContextManager[Any]:
    return torch.autocast(device.type, torch.bfloat16) if recipe.precision == "bf16" else nullcontext()
