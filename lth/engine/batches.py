"""Turns a task's text columns into padded batches: tokenised once, bucketed by length, in an order fixed by a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch import Tensor

BUCKET = 32
"""The examples of this many batches are sorted by length together: less padding, and the order stays random."""


@dataclass(frozen=True)
class Encoded:
    """Tokenised examples: `features[i]` maps input_ids (and token_type_ids) to lists; targets is [examples, …].

    Class labels and regression targets are float32 [examples]; regression targets are in the task's unit. Spans and
    masked words have other targets and further fields (see `spans` and `mlm`).
    """

    features: list[dict[str, list[int]]]
    targets: np.ndarray[Any, np.dtype[Any]]
    pad: int

    def __len__(self) -> int:
        return len(self.features)

    @property
    def lengths(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.array([len(feature["input_ids"]) for feature in self.features])


def encode(data: Dataset, inputs: tuple[str, ...], tokenizer: Any, max_length: int) -> Encoded:
    """Tokenise the columns `inputs` (one or two texts), truncating to `max_length` tokens."""
    columns = [list(data[name]) for name in inputs]
    tokens = tokenizer(*columns, truncation=True, max_length=max_length, return_attention_mask=False)
    features = [dict(zip(tokens.keys(), row, strict=True)) for row in zip(*tokens.values(), strict=True)]
    return Encoded(features, np.asarray(data["label"], dtype=np.float32), tokenizer.pad_token_id)


def training_order(lengths: np.ndarray[Any, Any], batch: int, generator: torch.Generator) -> list[list[int]]:
    """Batches of indices for one epoch: shuffle, sort by length within buckets, then shuffle the batches."""
    shuffled = torch.randperm(len(lengths), generator=generator).numpy()
    span = batch * BUCKET
    batches = []
    for begin in range(0, len(shuffled), span):
        bucket = shuffled[begin : begin + span]
        bucket = bucket[np.argsort(lengths[bucket], kind="stable")]
        batches += [bucket[at : at + batch].tolist() for at in range(0, len(bucket), batch)]
    return [batches[at] for at in torch.randperm(len(batches), generator=generator).tolist()]


def evaluation_order(lengths: np.ndarray[Any, Any], batch: int) -> list[list[int]]:
    """Batches of indices sorted by length."""
    ordered = np.argsort(lengths, kind="stable")
    return [ordered[at : at + batch].tolist() for at in range(0, len(ordered), batch)]


def batches(
    encoded: Encoded, order: list[list[int]], device: torch.device
) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
    """Padded inputs (each [batch, longest]) with their attention mask, and targets [batch, …], on `device`."""
    for indices in order:
        rows = [encoded.features[index] for index in indices]
        longest = max(len(row["input_ids"]) for row in rows)
        inputs = {
            name: torch.tensor(
                [row[name] + [encoded.pad if name == "input_ids" else 0] * (longest - len(row[name])) for row in rows]
            )
            for name in rows[0]
        }
        inputs["attention_mask"] = torch.tensor(
            [[1] * len(row["input_ids"]) + [0] * (longest - len(row["input_ids"])) for row in rows]
        )
        targets = torch.from_numpy(encoded.targets[indices])
        yield {name: tensor.to(device) for name, tensor in inputs.items()}, targets.to(device)


def evaluation_batches(
    encoded: Encoded, batch: int, device: torch.device
) -> Iterator[tuple[list[int], dict[str, Tensor], Tensor]]:
    """All examples once, sorted by length; yields the indices, inputs and targets of each batch."""
    order = evaluation_order(encoded.lengths, batch)
    for indices, (inputs, targets) in zip(order, batches(encoded, order, device), strict=True):
        yield indices, inputs, targets
