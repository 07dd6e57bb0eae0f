"""What a computation is given and what it gives back. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lth.compute.store import Store
from lth.spec.expressions import Rewound

Product = tuple[dict[str, Any], Mapping[str, bytes]]
"""What a computation leaves for the store: the entry's value and its files."""


@dataclass(frozen=True)
class Context:
    """Where a computation finds its inputs and where it runs; `snapshots` are weights that a training must leave."""

    store: Store
    device: str
    snapshots: tuple[Rewound, ...] = ()


class InputMissing(Exception):
    """An input was dropped or moved aside between planning and running."""
