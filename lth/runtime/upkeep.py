"""Looks after a store: lists it, and removes what no run needs. Written for 100,000 entries: few calls for each."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from lth.errors import CorruptEntry
from lth.runtime import entries, leases, marker
from lth.runtime.store import FolderStore

WEIGHTS, ASIDE, LOCKS, TEMPORARY = "weights", "entries moved aside", "locks", "temporary files"
"""The kinds of what can be removed."""
_ANY = re.compile(".*", re.DOTALL)
_LOCK = re.compile(r"[0-9a-f]{64}\.lock")
_DROPPED = re.compile(r"dropped-[0-9a-f]{32}")
"""The first release moved an entry there before it removed it."""


@dataclass(frozen=True)
class Listed:
    """An entry: its key, its value, the bytes of its files, and what is wrong with it, if anything is."""

    key: str
    value: dict[str, Any]
    size: int
    problem: str = ""


@dataclass(frozen=True)
class Garbage:
    """What no run needs: paths by kind, and their bytes. `in_use` is the number of runs in progress."""

    paths: dict[str, list[str]]
    size: int
    in_use: int


def decode(text: str) -> Any:
    """What json makes of a text, several times as fast unless it has NaN or infinities. Raises ValueError."""
    try:
        return msgspec.json.decode(text)
    except ValueError:
        return json.loads(text)


def listing(store: FolderStore) -> Iterator[Listed]:
    """Every entry, sorted by key. Only `entry.json` is checked. Raises StoreError if the store cannot be read."""
    for key, place in store.places():
        try:
            found = entries.load_sized(place, key, decode)
        except CorruptEntry as error:
            yield Listed(key, {}, leases.size_of(place), str(error))
        except OSError as error:
            raise store.error(f"read entry {key} of", error) from error
        else:
            if found:
                yield Listed(key, found[0]["value"], found[1])


def size_beside(store: FolderStore) -> int:
    """Bytes of what is moved aside or temporary."""
    return sum(leases.size_of(store.root / name) for name in ("corrupt", "scratch", "needs"))


def find_garbage(store: FolderStore, name: str) -> Garbage:
    """Entries with a file `name`, entries moved aside, locks and temporary files that no run in progress needs.

    While a run is in progress, no lock counts. Nothing is changed. Raises StoreError if the store cannot be read.
    """
    return _garbage(store, name, _temporary(store))


def remove_garbage(store: FolderStore, name: str) -> Garbage:
    """Remove what `find_garbage` finds; what was removed. Raises StoreError if the store cannot be written."""
    temporary = _temporary(store)
    size = sum(map(leases.size_of, temporary))
    trash = store.scratch()
    try:
        with store.guard("clean up"):
            found = _garbage(store, name, [])
            for number, path in enumerate((*found.paths[WEIGHTS], *found.paths[ASIDE])):
                os.rename(path, f"{trash}/{number}")
            for path in found.paths[LOCKS]:
                os.unlink(path)
    finally:
        leases.discard(trash)
    for path in temporary:
        leases.discard(path)
    return Garbage({**found.paths, TEMPORARY: temporary}, found.size + size, found.in_use)


def _garbage(store: FolderStore, name: str, temporary: list[str]) -> Garbage:
    try:
        runs = leases.living(store.root / "needs")
        locks = [] if runs else _matching(store.root / "locks", _LOCK)  # only runs, with their reservations, take locks
        aside = _matching(store.root / "corrupt", _ANY)
    except OSError as error:
        raise store.error("read", error) from error
    needed = store.reserved(runs)
    weights = [place for key, place in store.places() if os.path.exists(f"{place}/{name}") and key not in needed]
    paths = {WEIGHTS: weights, ASIDE: aside, LOCKS: locks, TEMPORARY: temporary}
    return Garbage(paths, sum(map(leases.size_of, weights + aside + locks + temporary)), len(runs))


def _temporary(store: FolderStore) -> list[str]:
    try:
        stale = [path for folder in ("scratch", "needs") for path in leases.stale(store.root / folder)]
        dropped = _matching(store.root / "scratch", _DROPPED)
        return stale + dropped + _matching(store.root, marker.UNFINISHED)
    except OSError as error:
        raise store.error("read", error) from error


def _matching(folder: Path, pattern: re.Pattern[str]) -> list[str]:
    try:
        return [f"{folder}/{name}" for name in sorted(os.listdir(folder)) if pattern.fullmatch(name)]
    except (FileNotFoundError, NotADirectoryError):
        return []
