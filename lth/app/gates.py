"""The gates that a claim run found, for `lth shrink`."""

from __future__ import annotations

from pathlib import Path

from lth.document.files import read_json
from lth.errors import EvidenceError, UsageError

_Gates = tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]
"""Heads [layer][head] and MLPs [layer], 1 for kept."""


def gates_of(file: Path, task: str | None, seed: int | None) -> _Gates:
    """The good subnetwork of `task` and `seed` in the JSON of a claim run. Both may be None if it has only one.

    Raises EvidenceError for a run without gates, UsageError unless exactly one subnetwork fits.
    """
    found = {
        (row.task, which): (row.heads[at], row.mlps[at])
        for row in read_json(file).structures
        if row.heads
        for at, which in enumerate(row.seeds)
    }
    if not found:
        raise EvidenceError(f"{file} has no gates; expected a run of structured pruning; judge prasanna-2 first")
    chosen = [key for key in found if task in (None, key[0]) and seed in (None, key[1])]
    if len(chosen) != 1:
        held = ", ".join(f"{name} {which}" for name, which in found)
        asked = f"--task={task or '?'} --seed={'?' if seed is None else seed}"
        raise UsageError(
            f"{asked} fits {len(chosen)} subnetworks of {file}; expected one; they are (task seed): {held}"
        )
    return found[chosen[0]]
