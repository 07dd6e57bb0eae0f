"""Measures what shrinking gains: parameters, multiply-accumulates and latency of two models.

Works on modules and a clock; it does not know how a model became smaller.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from lth.engine.prunable import base_model, layer_list


@dataclass(frozen=True)
class Size:
    """One model: its parameters, multiply-accumulates per token, and seconds per batch (median)."""

    parameters: int
    macs: int
    seconds: float


@dataclass(frozen=True)
class Sizes:
    """A model before and after shrinking; latency was measured on a batch [batch, length], `repeats` times."""

    full: Size
    shrunk: Size
    batch: int
    length: int
    repeats: int

    @property
    def speedup(self) -> float:
        """Latency before divided by latency after."""
        return self.full.seconds / self.shrunk.seconds


def report(full: nn.Module, shrunk: nn.Module, *, batch: int = 32, length: int = 128, repeats: int = 9) -> Sizes:
    """Measure both models on their device, without dropout or gradients, on random tokens without padding.

    A repeat is one forward pass of each model, so other load on the machine affects both. A warm-up pass of each is not
    counted. `length` is limited to the model's positions. Raises ModelError if a model is not a BERT-like encoder.
    """
    positions = getattr(base_model(full).config, "max_position_embeddings", length + 2)
    length = max(1, min(length, positions - 2))  # two fewer, since RoBERTa counts positions from two
    before, after = _latencies((full, shrunk), _tokens(full, batch, length), repeats)
    return Sizes(_size(full, before), _size(shrunk, after), batch, length, repeats)


def parameters(model: nn.Module) -> int:
    """The number of all parameters, including embeddings and task head; shared ones count once."""
    return sum(parameter.numel() for parameter in model.parameters())


def macs(model: nn.Module) -> int:
    """Multiply-accumulates per token of the linear maps in the encoder's layers: the sum of their in x out.

    A layer of width H with a heads of size s and an MLP of width I has 4 H a s + 2 H I of them, or 4 H a s + 3 H I if
    one half of the MLP gates the other (ModernBERT). DeBERTa's projections of relative positions count as if they were
    applied to every token, though they are applied once per distance and batch. Not counted: everything that depends on
    the length (attention scores and their use: 2 a s per token and position), elementwise operations, convolutions,
    pooler and head. Raises ModelError as `prunable.layer_list` does.
    """
    _, modules = layer_list(base_model(model))
    return sum(part.weight.numel() for part in modules.modules() if isinstance(part, nn.Linear))


def _size(model: nn.Module, seconds: list[float]) -> Size:
    return Size(parameters(model), macs(model), median(seconds))


def _tokens(model: nn.Module, batch: int, length: int) -> dict[str, Tensor]:
    place = next(model.parameters()).device
    config: Any = base_model(model).config
    ids = torch.randint(config.vocab_size, (batch, length), generator=torch.Generator().manual_seed(0))
    return {"input_ids": ids.to(place), "attention_mask": torch.ones_like(ids).to(place)}


@torch.inference_mode()
def _latencies(models: tuple[nn.Module, ...], inputs: dict[str, Tensor], repeats: int) -> list[list[float]]:
    modes = [model.training for model in models]
    seconds: list[list[float]] = [[] for _ in models]
    for model in models:
        model.eval()(**inputs)
    for _ in range(repeats):
        for its, model in zip(seconds, models, strict=True):
            _wait(inputs)
            begin = time.perf_counter()
            model(**inputs)
            _wait(inputs)
            its.append(time.perf_counter() - begin)
    for model, mode in zip(models, modes, strict=True):
        model.train(mode)
    return seconds


def _wait(inputs: dict[str, Tensor]) -> None:
    if inputs["input_ids"].is_cuda:
        torch.cuda.synchronize(inputs["input_ids"].device)
