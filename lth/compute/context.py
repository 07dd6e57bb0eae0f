"""What a computation gets and what it returns. Does not import torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lth.compute.store import Store
from lth.spec.expressions import Rewound

WEIGHTS, MASK, DROPOUT = "weights.safetensors", "mask.safetensors", "dropout.safetensors"
"""The files of entries that only other experiments need: a run can compute them again."""

Product = tuple[dict[str, Any], Mapping[str, bytes]]
"""The result of a computation for the store: the entry's value and its files."""


@dataclass(frozen=True)
class Context:
    """The store with a computation's inputs, the device, and the `snapshots` (weights) that a training must store."""

    store: Store
    device: str
    snapshots: tuple[Rewound, ...] = ()


class InputMissing(Exception):
    """An input was dropped or moved aside after planning."""
