"""The methods of a store that computations and executors use. `lth.runtime.store` has a store in a folder."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol


class Store(Protocol):
    """Entries by key (64 hexadecimal digits): a JSON value with files, committed whole or not at all, never changed.

    A store can be pickled, because worker processes get it. Its errors are StoreError. A store may have a list
    `damaged` with a sentence for each damaged entry that it met: a run then shows these sentences.
    """

    def contains(self, key: str) -> bool:
        """Whether the entry is committed."""

    def read(self, key: str) -> dict[str, Any] | None:
        """The entry's value; None if there is no entry, or a damaged one."""

    def file(self, key: str, name: str) -> Path | None:
        """A local copy of one of the entry's files; None if there is no such entry or file."""

    def write(self, key: str, value: Mapping[str, Any], files: Mapping[str, Path | bytes] | None = None) -> None:
        """Commit an entry; an entry that is already committed does not change."""

    def drop_unless_reserved(self, key: str) -> bool:
        """Remove an entry unless another run has reserved it; True if it is gone."""

    def keys(self) -> Iterator[str]:
        """The keys of all committed entries, sorted."""

    def try_lock(self, key: str) -> AbstractContextManager[object] | None:
        """The lock on `key`, released when the block ends; None if it is held elsewhere."""

    def reserve(self, keys: Collection[str]) -> AbstractContextManager[None]:
        """Keep other runs from dropping `keys` until the block ends or this process dies."""

    def scratch(self) -> Path:
        """A new empty local folder for unfinished work, removed when this object or its process ends."""


def damage_met(store: Store) -> tuple[str, ...]:
    """A sentence for each damaged entry that this store met; none for a store that does not keep them."""
    return tuple(getattr(store, "damaged", ()))


def add_damage(store: Store, sentences: Iterable[str]) -> None:
    """Let a store keep the sentences about damage that it met in a worker process, each once."""
    known = getattr(store, "damaged", None)
    if known is not None:
        known += [sentence for sentence in sentences if sentence not in known]
