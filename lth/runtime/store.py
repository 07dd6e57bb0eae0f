"""The store: the result of each experiment under the experiment's hash, shared by any number of processes.

An entry is written whole or not at all and never changes, so reading needs no lock. Checksums are checked on every
read. The store knows keys, JSON values and files, not what they mean.

    ROOT/ab/abcd…/     an entry: `entry.json` with the value and all checksums, and the entry's files
    ROOT/locks/        a file for each key that was ever locked, and the guard, held to remove or reserve entries
    ROOT/needs/        the keys that each living run needs
    ROOT/scratch/      unfinished entries and temporary files of living processes
    ROOT/corrupt/      entries that failed their checksum, moved aside
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import uuid
import warnings
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from errno import EEXIST, ENOTDIR, ENOTEMPTY
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from lth.errors import CorruptEntry, StoreError
from lth.runtime import entries, leases, waiting

_T = TypeVar("_T")
_KEY = re.compile(r"[0-9a-f]{64}")


class StoreWarning(UserWarning):
    """An entry is damaged; it has been moved aside and will be computed again."""


class FolderStore:
    """A store of entries in the folder `root`, which is created if missing; a pickled store opens the same folder.

    Keys are 64 lower-case hexadecimal digits. All methods raise StoreError, one line, for a malformed key and for a
    folder that cannot be read or written.

    >>> store = FolderStore(Path(tempfile.mkdtemp()))
    >>> store.write("0" * 64, {"score": 0.91}, {"mask.bin": b"1011"})
    >>> store.read("0" * 64), store.file("0" * 64, "mask.bin").read_bytes()
    ({'score': 0.91}, b'1011')
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root).expanduser().absolute()
        self._needs, self._scratch, self._corrupt = (self.root / name for name in ("needs", "scratch", "corrupt"))
        self._lease: leases.Lease | None = None
        self._reservations: set[str] = set()
        with self._explained("open", "expected a folder that can be created and written"):
            for folder in (self.root / "locks", self._needs, self._scratch, self._corrupt):
                folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self._scratch).close()
            with contextlib.suppress(Timeout), self._lock_file("guard").acquire(blocking=False):
                leases.sweep(self._scratch)
                leases.sweep(self._needs)

    def __reduce__(self) -> tuple[type[FolderStore], tuple[Path]]:
        return FolderStore, (self.root,)

    def contains(self, key: str) -> bool:
        """Whether the entry is committed; does not check checksums."""
        return os.path.isfile(f"{self._place(key)}/{entries.SEAL}")

    def read(self, key: str) -> dict[str, Any] | None:
        """The value written under `key`; None if there is none.

        An entry whose checksum does not match is moved to `corrupt/`, with a StoreWarning that names it, and gives
        None. Tuples are read as lists; NaN and infinities stay as they are.
        """
        place = self._place(key)
        entry = self._intact(place, lambda: entries.load_entry(place, key))
        return None if entry is None else entry["value"]

    def file(self, key: str, name: str) -> Path | None:
        """The path of the entry's file, after a check of its size and SHA-256; None if there is no such entry or file.

        If the file is damaged, the whole entry is moved aside, as in `read`. Another run may remove the file at any
        time unless the key is reserved.
        """
        place = self._place(key)

        def look() -> Path | None:
            entry = entries.load_entry(place, key)
            return None if entry is None else entries.check(place, entry, name)

        return self._intact(place, look)

    def write(self, key: str, value: Mapping[str, Any], files: Mapping[str, Path | bytes] | None = None) -> None:
        """Commit an entry: all of it or, after an error or a kill at any time, nothing.

        `value` is JSON as Python's json writes it (with NaN and infinities). A file given as a Path is moved if it is
        in this store's `scratch()`, and copied otherwise. An entry that is already committed does not change, even if
        it has other files. Raises StoreError for a full disk, a value that is not JSON, or a file name
        with a separator.
        """
        place = self._place(key)
        folder = self.scratch()
        try:
            with self._explained(f"write entry {key} to", "expected room for it, and kept no part of it"):
                entries.make_entry(folder, key, value, files or {}, movable=self._scratch)
                place.parent.mkdir(exist_ok=True)
                self._commit(folder, place)
                entries.sync_folder(place.parent)
        finally:
            leases.discard(folder)

    def try_lock(self, key: str) -> contextlib.AbstractContextManager[object] | None:
        """The lock on `key`, taken now and released when the returned block ends or this process dies.

        None if another process, or another thread of this process, holds it.
        """
        lock = self._lock_file(self._place(key).name)
        with self._explained(f"lock entry {key} of"):
            try:
                held = lock.acquire(blocking=False)
            except Timeout:
                return None
        waiting.sign(lock)
        return held

    def holder(self, key: str) -> str:
        """Who holds the lock on `key`, or held it last, for a message."""
        return waiting.holder(self._lock_file(self._place(key).name))

    def drop_unless_reserved(self, key: str) -> bool:
        """Remove an entry unless another living run has reserved it; True if it is gone.

        No reservation can start between the check and the removal.
        """
        place, trash = self._place(key), self._scratch / f"dropped-{uuid.uuid4().hex}"
        with self._guard(f"drop entry {key} of"):
            if key in self._reserved_by_others():
                return False
            with contextlib.suppress(FileNotFoundError):
                os.rename(place, trash)
        leases.discard(trash)
        return True

    @contextlib.contextmanager
    def reserve(self, keys: Collection[str]) -> Iterator[None]:
        """Keep other runs from dropping `keys` (present or not) until the block ends or this process dies."""
        wanted = sorted({self._place(key).name for key in keys})
        with self._guard("reserve entries of"):
            lease = leases.take(self._needs, json.dumps(wanted), ".json")
            self._reservations.add(lease.name)
        try:
            yield
        finally:
            lease.release()
            self._reservations.discard(lease.name)

    def keys(self) -> Iterator[str]:
        """The keys of all committed entries, sorted."""
        return filter(self.contains, self._folders())

    def scratch(self) -> Path:
        """A new empty folder on the store's file system, removed with this object or when Python ends.

        Folders of killed processes are removed when the store is next opened.
        """
        if self._lease is None or self._lease.pid != os.getpid():
            with self._guard("make a temporary folder in"):
                self._lease = leases.take(self._scratch)
            weakref.finalize(self, self._lease.release)
        with self._explained("make a temporary folder in"):
            return Path(tempfile.mkdtemp(dir=self._lease.payload))

    def verify(self) -> list[str]:
        """`KEY/FILE` of each file that is missing or fails its checksum; nothing is moved."""
        failures = []
        for key in self._folders():
            with self._explained(f"read entry {key} of"):
                names = entries.damage(self._place(key), key)
            if os.path.lexists(self._place(key)):
                failures += [f"{key}/{name}" for name in names]
        return failures

    def size(self) -> int:
        """Bytes of all files under the root, including temporary ones and those moved aside."""
        total = 0
        for folder, _, names in os.walk(self.root):
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    total += os.lstat(f"{folder}/{name}").st_size
        return total

    def _place(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise StoreError(f"no store key {key!r}; expected 64 hexadecimal digits; use an experiment's hash")
        return self.root / key[:2] / key

    def _folders(self) -> Iterator[str]:
        with self._explained("list"):
            shelves = sorted(name for name in os.listdir(self.root) if len(name) == 2)
            names = [name for shelf in shelves for name in sorted(os.listdir(self.root / shelf))]
        return filter(_KEY.fullmatch, names)

    def _lock_file(self, name: str) -> FileLock:
        return FileLock(self.root / "locks" / f"{name}.lock", thread_local=False)

    @contextlib.contextmanager
    def _guard(self, what: str) -> Iterator[None]:
        with self._explained(what), waiting.acquired(self._lock_file("guard"), f"let go of the store {self.root}"):
            yield

    @contextlib.contextmanager
    def _explained(self, what: str, expected: str = "expected a folder that can be read and written") -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise StoreError(
                f"cannot {what} the store {self.root}: {error.strerror or error}{where}; {expected}; "
                "correct this or choose another folder with --claims-store=FOLDER"
            ) from error

    def _intact(self, place: Path, look: Callable[[], _T | None]) -> _T | None:
        """The result of `look`; the entry is moved aside if it is still damaged when no other process can be at it."""
        with self._explained(f"read entry {place.name} of"):
            try:
                return look()
            except CorruptEntry:
                pass
            with self._guard(f"repair entry {place.name} of"):
                try:
                    return look()
                except CorruptEntry as error:
                    problem = error
                aside = self._corrupt / f"{place.name}-{uuid.uuid4().hex[:8]}"
                os.rename(place, aside)
        warnings.warn(f"{problem}; moved to {aside}; it will be computed again", StoreWarning, stacklevel=3)
        return None

    def _commit(self, folder: Path, place: Path) -> None:
        while True:
            try:
                return os.rename(folder, place)
            except OSError as error:
                if error.errno not in (EEXIST, ENOTEMPTY, ENOTDIR):
                    raise
            if self._intact(place, lambda: entries.load_entry(place, place.name)) is not None:
                return None

    def _reserved_by_others(self) -> set[str]:
        needed: set[str] = set()
        for name in leases.sweep(self._needs):
            if name not in self._reservations:
                with contextlib.suppress(FileNotFoundError):
                    needed.update(json.loads((self._needs / f"{name}.json").read_text()))
        return needed
