"""Independent random streams for head, data order and dropout; the same seed gives every arm the same three."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Generator


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
