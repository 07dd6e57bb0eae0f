"""What computations and executors ask of a store. The one in a folder is in `lth.runtime.store`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol


class Store(Protocol):
    """Entries by key (64 hexadecimal digits): a JSON value with files, committed whole or not at all, never changed.

    It is handed to worker processes, so it can be pickled. Its errors are StoreError.
    """

    def contains(self, key: str) -> bool:
        """Whether the entry is committed."""

    def read(self, key: str) -> dict[str, Any] | None:
        """The entry's value; None where there is none, or where it is damaged."""

    def file(self, key: str, name: str) -> Path | None:
        """A local copy of one of the entry's files; None where there is no such entry or file."""

    def write(self, key: str, value: Mapping[str, Any], files: Mapping[str, Path | bytes] | None = None) -> None:
        """Commit an entry; one that is already committed stays as it is."""

    def drop_unless_reserved(self, key: str) -> bool:
        """Remove an entry unless another run has reserved it; whether it is gone."""

    def keys(self) -> Iterator[str]:
        """The keys of all committed entries, sorted."""

    def try_lock(self, key: str) -> AbstractContextManager[object] | None:
        """The lock on `key`, freed when the block ends; None if somebody else holds it."""

    def reserve(self, keys: Collection[str]) -> AbstractContextManager[None]:
        """Keep other runs from dropping `keys` until the block ends or this process dies."""

    def scratch(self) -> Path:
        """A new empty local folder for unfinished work, removed when this object or its process ends."""
