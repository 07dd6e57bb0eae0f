"""Objectives: for each kind of answer a task wants, the head, the encoding, the loss and the predictions.

Works on networks and encoded examples; does not train, load data or compute scores.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from datasets import Dataset
from torch import Generator, Tensor, nn

from lth.engine.batches import Encoded, encode, evaluation_batches
from lth.engine.first_position import first_position
from lth.engine.mlm import MaskedWords
from lth.engine.models import CLASSIFIER, precision
from lth.engine.spans import Spans
from lth.spec.expressions import Recipe
from lth.tasks.facts import Kind

_EVALUATION_BATCH = 64
"""Larger batches leave the cache of a CPU's core: at 128, the lab's model takes 1.15 times as long."""

Predictions = np.ndarray[Any, np.dtype[Any]]
"""On dev: class indices or a regression's values, float32 [examples]; or token ids, int64 [masked positions]."""


class Objective(Protocol):
    """The kind of answer that a task wants. An "example" is one row made by `encode`: for spans, a window of a text."""

    @property
    def auto(self) -> str:
        """The name of the transformers class with this head."""
        ...

    @property
    def drawn(self) -> bool:
        """Whether a part of the data is drawn at random; of running text, the beginning is used."""
        ...

    def outputs(self, labels: int) -> int:
        """The number of the head's outputs for a task with this many labels."""
        ...

    def encode(
        self, data: Dataset, inputs: tuple[str, ...], tokenizer: Any, max_length: int, *, lines: bool
    ) -> Encoded:
        """Tokenise a split's columns `inputs`; with `lines`, a row of running text is a line, not a document."""
        ...

    def fitted(self, train: Encoded) -> Objective:
        """The objective, standardised to the targets of these training examples if it is a regression."""
        ...

    def epoch(self, train: Encoded, stream: Generator) -> Encoded:
        """The examples of one epoch, in the order of `train` and with the same lengths."""
        ...

    def loss(self, network: nn.Module, inputs: dict[str, Tensor], targets: Tensor) -> Tensor:
        """The mean loss of a batch, a scalar."""
        ...

    def predict(
        self, network: nn.Module, dev: Encoded, recipe: Recipe, device: torch.device
    ) -> tuple[Predictions | list[str], dict[str, float]]:
        """Predictions in the order of dev, and the scores that cannot be computed from them."""
        ...

    def nothing(self, dev: Encoded) -> Predictions | list[str]:
        """The predictions of a run that failed: NaN, or empty texts."""
        ...

    def answers(self, dev: Encoded) -> Any:
        """The correct answers that predictions are scored against."""
        ...

    def labels(self, train: Encoded) -> list[Any]:
        """The training labels; the majority baseline predicts the most frequent one."""
        ...


@dataclass(frozen=True)
class Labels:
    """One class per example or, for a regression, one number.

    A regression is trained on targets standardised by `centre` and `spread`; predictions are in the task's unit.
    """

    regression: bool = False
    centre: float = 0.0
    spread: float = 1.0
    auto = CLASSIFIER
    drawn = True

    def outputs(self, labels: int) -> int:
        return max(1, labels)

    def encode(
        self, data: Dataset, inputs: tuple[str, ...], tokenizer: Any, max_length: int, *, lines: bool = False
    ) -> Encoded:
        return encode(data, inputs, tokenizer, max_length)

    def fitted(self, train: Encoded) -> Labels:
        centre, spread = standardisation(train) if self.regression else (0.0, 1.0)
        return replace(self, centre=centre, spread=spread)

    def epoch(self, train: Encoded, stream: Generator) -> Encoded:
        return train

    def loss(self, network: nn.Module, inputs: dict[str, Tensor], targets: Tensor) -> Tensor:
        wanted = (targets - self.centre) / self.spread if self.regression else targets
        return task_loss(network(**inputs).logits, wanted, self.regression)

    def predict(
        self, network: nn.Module, dev: Encoded, recipe: Recipe, device: torch.device
    ) -> tuple[Predictions, dict[str, float]]:
        return predict(network, dev, recipe, device, self.regression) * self.spread + self.centre, {}

    def nothing(self, dev: Encoded) -> Predictions:
        return np.full(len(dev), np.nan, dtype=np.float32)

    def answers(self, dev: Encoded) -> Predictions:
        return dev.targets

    def labels(self, train: Encoded) -> list[float]:
        found: list[float] = train.targets.tolist()
        return found


OBJECTIVES: dict[Kind, Objective] = {
    "classification": Labels(),
    "regression": Labels(regression=True),
    "span": Spans(),
    "mlm": MaskedWords(),
}


@torch.inference_mode()
def predict(network: nn.Module, dev: Encoded, recipe: Recipe, device: torch.device, regression: bool) -> Predictions:
    """Predictions, float32, in the order of `dev`: the most likely class, or the single output of a regression."""
    network.eval()
    predictions = np.empty(len(dev), dtype=np.float32)
    with first_position(network):
        for indices, inputs, _ in evaluation_batches(dev, _EVALUATION_BATCH, device):
            with precision(recipe, device):
                logits = network(**inputs).logits
            answer = logits.squeeze(-1) if regression else logits.argmax(-1)
            predictions[indices] = answer.float().cpu().numpy()
    return predictions


def standardisation(train: Encoded) -> tuple[float, float]:
    """Mean and standard deviation (1.0 if all are equal) of regression targets, in the task's unit."""
    spread = float(train.targets.std())
    return float(train.targets.mean()), spread if spread > 0 else 1.0


def task_loss(logits: Tensor, targets: Tensor, regression: bool) -> Tensor:
    """The mean loss of a batch, a scalar: cross-entropy of `logits` [batch, classes], or squared error of [batch, 1].

    `targets` are [batch]; for a regression they are standardised.
    """
    if regression:
        return nn.functional.mse_loss(logits.squeeze(-1).float(), targets)
    return nn.functional.cross_entropy(logits.float(), targets.long())
