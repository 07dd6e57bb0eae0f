"""Independent random streams for head, data order and dropout; the same seed gives every arm the same three."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Generator, Tensor

from lth.errors import EngineError


def stream(seed: int, name: str) -> int:
    """A 63-bit seed for the stream `name` (head, order, dropout, mask, …) of a replicate."""
    return int.from_bytes(hashlib.sha256(f"{name}:{seed}".encode()).digest()[:8], "big") >> 1


def generator(seed: int, name: str) -> Generator:
    """A CPU generator at the beginning of a stream."""
    return Generator().manual_seed(stream(seed, name))


@contextmanager
def global_stream(seed: int, name: str) -> Iterator[None]:
    """Seed torch's global generators with a stream in this context, and restore their state afterwards."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(stream(seed, name))
        yield


def global_state(device: torch.device) -> dict[str, Tensor]:
    """The states of torch's global generators that a run on `device` draws from: uint8 [bytes] of each."""
    states = {"cpu": torch.get_rng_state()}
    return states if device.type == "cpu" else {**states, device.type: _of(device).get_rng_state()}


def set_global_state(states: Mapping[str, Tensor], device: torch.device) -> None:
    """Let torch's global generators go on from these states. Raises EngineError for states of another device."""
    if device.type not in states:
        raise EngineError(
            f"a dropout stream of {' and '.join(sorted(states))} on {device.type}; expected the device on "
            f"which the full model was trained; choose that device, or another store"
        )
    torch.set_rng_state(states["cpu"])
    if device.type != "cpu":
        _of(device).set_rng_state(states[device.type])


def _of(device: torch.device) -> Any:
    return torch.get_device_module(device)
