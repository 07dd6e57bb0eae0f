"""The store: the result of each experiment under the experiment's hash, shared by any number of processes.

An entry is written whole or not at all and never changes, so reading needs no lock. Checksums are checked on every
read. The store knows keys, JSON values and files, not what they mean. It makes and changes no file before the first
call that writes, so a store can be read where nothing may be written.

    ROOT/lth-store.json  marks the folder as a store; see `lth.runtime.marker`
    ROOT/ab/abcd…/       an entry: `entry.json` with the value and all checksums, and the entry's files
    ROOT/locks/          a file for each key that was locked, and the guard, held to remove or reserve entries
    ROOT/needs/          the keys that each living run needs
    ROOT/scratch/        unfinished entries and temporary files of living processes
    ROOT/corrupt/        entries that failed their checksum, moved aside
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import uuid
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from errno import EEXIST, ELOOP, ENOENT, ENOTDIR, ENOTEMPTY
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from lth.errors import CorruptEntry, StoreError, as_typed
from lth.runtime import entries, leases, marker, waiting

_T = TypeVar("_T")
_KEY = re.compile(r"[0-9a-f]{64}")
_ADVICE = "correct this or choose another folder with --claims-store=FOLDER"


@dataclass(frozen=True)
class Reserved:
    """Keys that living runs have reserved; any key may be one of them if a reservation cannot be read."""

    keys: frozenset[str]
    unknown: bool = False

    def __contains__(self, key: str) -> bool:
        return self.unknown or key in self.keys


class FolderStore:
    """A store of entries in the folder `root`; a pickled store opens the same folder.

    The folder is made by the first call that writes. Until then nothing is changed, and with `read_only` never. Keys
    are 64 lower-case hexadecimal digits. `damaged` has a sentence for each damaged entry that this object met. All
    methods raise StoreError, one line, for a malformed key and for a folder that cannot be read or written.

    Raises StoreError for a folder that holds other files than a store's, for a path that cannot be a folder, and for a
    store of a newer version.

    >>> store = FolderStore(Path(tempfile.mkdtemp()))
    >>> store.write("0" * 64, {"score": 0.91}, {"mask.bin": b"1011"})
    >>> store.read("0" * 64), store.file("0" * 64, "mask.bin").read_bytes()
    ({'score': 0.91}, b'1011')
    """

    def __init__(self, root: str | Path, read_only: bool = False) -> None:
        if not str(root):
            raise StoreError(f"the store has no name; expected a folder; {_ADVICE}")
        try:
            self.root = Path(root).expanduser().absolute()
            self.exists = self._recognised()
        except (RuntimeError, OSError, ValueError) as error:
            raise StoreError(f"no store {str(root)!a}: {error}; expected a folder; {_ADVICE}") from None
        self.read_only = read_only
        self.damaged: list[str] = []
        self._needs, self._scratch, self._corrupt = (self.root / name for name in ("needs", "scratch", "corrupt"))
        self._lease: leases.Lease | None = None
        self._reservations: set[str] = set()
        self._lost: set[str] = set()
        self._writable = False

    def _recognised(self) -> bool:
        with self._explained("open", "expected a store, or a folder that can be created"):
            return marker.is_store(str(self.root))

    def __reduce__(self) -> tuple[type[FolderStore], tuple[Path, bool]]:
        return FolderStore, (self.root, self.read_only)

    def contains(self, key: str) -> bool:
        """Whether the entry is committed and was not found damaged; does not check checksums."""
        return os.path.isfile(f"{self._place(key)}/{entries.SEAL}") and key not in self._lost

    def read(self, key: str) -> dict[str, Any] | None:
        """The value written under `key`; None if there is none.

        An entry whose checksum does not match is moved to `corrupt/`, and gives None; `damaged` then names it. In a
        store that cannot be written it stays, and counts as missing. Tuples are read as lists; NaN and infinities stay
        as they are.
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
                self._make_folder(place.parent)
                self._commit(folder, place)
                entries.sync_folder(place.parent)
        finally:
            leases.discard(folder)

    def try_lock(self, key: str) -> contextlib.AbstractContextManager[object] | None:
        """The lock on `key`, taken now and released when the returned block ends or this process dies.

        None if another process, or another thread of this process, holds it.
        """
        lock = self._lock_file(self._place(key).name)
        self.open_to_write()
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
        place, trash = self._place(key), self.workspace() / f"dropped-{uuid.uuid4().hex}"
        with self.guard(f"drop entry {key} of"):
            if key in self.reserved_by_others():
                return False
            with contextlib.suppress(FileNotFoundError):
                os.rename(place, trash)
        leases.discard(trash)
        return True

    @contextlib.contextmanager
    def reserve(self, keys: Collection[str]) -> Iterator[None]:
        """Keep other runs from dropping `keys` (present or not) until the block ends or this process dies."""
        wanted = sorted({self._place(key).name for key in keys})
        with self.guard("reserve entries of"):
            lease = leases.take(self._needs, json.dumps(wanted), ".json")
            self._reservations.add(lease.name)
        try:
            yield
        finally:
            lease.release()
            self._reservations.discard(lease.name)

    def keys(self) -> Iterator[str]:
        """The keys of all committed entries, sorted."""
        return (key for key, place in self.places() if os.path.isfile(f"{place}/{entries.SEAL}"))

    def places(self) -> Iterator[tuple[str, str]]:
        """The key and the folder of each entry, whole or damaged, sorted by key."""
        for shelf in filter(marker.SHELF.fullmatch, self._listed(str(self.root))):
            for name in self._listed(f"{self.root}/{shelf}"):
                if name[:2] == shelf and _KEY.fullmatch(name):
                    yield name, f"{self.root}/{shelf}/{name}"

    def scratch(self) -> Path:
        """A new empty folder on the store's file system, removed with this object or when Python ends.

        Folders of killed processes are removed when the store is next opened to write.
        """
        folder = self.workspace()
        with self._explained("make a temporary folder in"):
            return Path(tempfile.mkdtemp(dir=folder))

    def workspace(self) -> Path:
        """The folder in `scratch/` that belongs to this object."""
        if self._lease is None or self._lease.pid != os.getpid():
            with self.guard("make a temporary folder in"):
                self._lease = leases.take(self._scratch)
            weakref.finalize(self, self._lease.release)
        return self._lease.payload

    def verify(self, decode: entries.Decode = json.loads) -> list[str]:
        """`KEY/FILE` of each file that is missing or fails its checksum; nothing is moved. `decode` reads JSON."""
        failures = []
        for key, place in self.places():
            try:
                names = entries.damage(place, key, decode)
            except OSError as error:
                raise self.error(f"read entry {key} of", error) from error
            if names and os.path.lexists(place):
                failures += [f"{key}/{name}" for name in names]
        return failures

    def set_aside(self, key: str) -> Path | None:
        """Move an entry with a damaged file to `corrupt/`; its new path. None if no file of it is damaged."""
        place = self._place(key)
        with self.guard(f"repair entry {key} of"):
            try:
                entries.check_all(place, key)
            except CorruptEntry:
                return self._move_aside(place)
        return None

    def size(self) -> int:
        """Bytes of all files under the root, including temporary ones and those moved aside."""
        return leases.size_of(self.root)

    def open_to_write(self) -> None:
        """Make the folder and mark it as a store, and remove what dead processes left; later calls do nothing.

        Raises StoreError for a store that cannot be written, and for one that is open for reading only.
        """
        if self._writable:
            return
        if self.read_only:
            raise StoreError(f"cannot write the store {self.root}: it is open for reading only; expected no writing")
        with self._explained("write", "expected a folder that can be created and written"):
            marker.is_store(str(self.root))
            self.root.mkdir(parents=True, exist_ok=True)
            marker.mark(str(self.root))
            for name in marker.FOLDERS:
                self._make_folder(self.root / name)
            tempfile.TemporaryFile(dir=self._scratch).close()
            with contextlib.suppress(Timeout), self._lock_file("guard").acquire(blocking=False):
                leases.sweep(self._scratch)
                leases.sweep(self._needs)
        self.exists = self._writable = True
        self._lost.clear()

    @contextlib.contextmanager
    def guard(self, what: str) -> Iterator[None]:
        """Hold the lock that guards reservations and removals. `what` begins the error: "drop entry … of"."""
        self.open_to_write()
        with self._explained(what), waiting.acquired(self._lock_file("guard"), f"let go of the store {self.root}"):
            yield

    def reserved_by_others(self) -> Reserved:
        """The keys that other living runs have reserved. The caller must hold the guard."""
        return self.reserved(leases.sweep(self._needs))

    def reserved(self, names: Iterable[str]) -> Reserved:
        """The keys of these leases in `needs/`, if they are not this object's."""
        needed: set[str] = set()
        for name in names:
            if name not in self._reservations:
                try:
                    needed.update(json.loads((self._needs / f"{name}.json").read_text()))
                except FileNotFoundError:
                    continue
                except (OSError, ValueError, TypeError):
                    return Reserved(frozenset(), unknown=True)
        return Reserved(frozenset(needed))

    def _place(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise StoreError(f"no store key {key!r}; expected 64 hexadecimal digits; use an experiment's hash")
        return self.root / key[:2] / key

    def _lock_file(self, name: str) -> FileLock:
        return FileLock(self.root / "locks" / f"{name}.lock", thread_local=False)

    def _listed(self, folder: str) -> list[str]:
        try:
            return sorted(os.listdir(folder))
        except OSError as error:
            if error.errno in (ENOENT, ENOTDIR, ELOOP):
                return []
            raise self.error("list", error) from error

    def _make_folder(self, folder: Path) -> None:
        """Make a folder; what is in its place and is no folder goes to `corrupt/`.

        It is linked there first and removed then, because only a file can be removed so, never a folder that another
        process made in the meantime.
        """
        try:
            folder.mkdir(exist_ok=True)
        except FileExistsError:
            aside = self._aside(folder.name)
            unfinished = self.root / aside.name
            with contextlib.suppress(FileNotFoundError):
                os.link(folder, unfinished, follow_symlinks=False)
                os.unlink(folder)
            folder.mkdir(exist_ok=True)
            self._corrupt.mkdir(exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                os.rename(unfinished, aside)
            self._met(f"the store had a file in place of the folder {folder.name}; moved to {aside}; the folder is new")

    def _aside(self, name: str) -> Path:
        return self._corrupt / f"{name}-{uuid.uuid4().hex[:8]}"

    def _move_aside(self, place: Path) -> Path:
        """Move an entry to `corrupt/`. The caller must hold the guard."""
        aside = self._aside(place.name)
        self._make_folder(self._corrupt)
        os.rename(place, aside)
        return aside

    def _met(self, sentence: str) -> None:
        self.damaged.append(sentence)

    @contextlib.contextmanager
    def _explained(self, what: str, expected: str = "expected a folder that can be read and written") -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self.error(what, error, expected) from error

    def error(
        self, what: str, error: OSError, expected: str = "expected a folder that can be read and written"
    ) -> StoreError:
        """The error with one line for what could not be done: "lock entry … of"."""
        name = str(error.filename or "")
        where = f" ({as_typed(name)})" if name and name != str(self.root) else ""
        root = as_typed(str(self.root))
        return StoreError(f"cannot {what} the store {root}: {error.strerror or error}{where}; {expected}; {_ADVICE}")

    def _intact(self, place: Path, look: Callable[[], _T | None]) -> _T | None:
        """The result of `look`; the entry is moved aside if it is still damaged when no other process can be at it."""
        if place.name in self._lost:
            return None
        with self._explained(f"read entry {place.name} of"):
            try:
                return look()
            except CorruptEntry as error:
                problem = error
            try:
                self.open_to_write()
            except StoreError:
                self._lost.add(place.name)
                self._met(f"{problem}; it stays, because the store is only read; it counts as missing")
                return None
            with self.guard(f"repair entry {place.name} of"):
                try:
                    return look()
                except CorruptEntry as error:
                    problem = error
                aside = self._move_aside(place)
        self._met(f"{problem}; moved to {aside}; it is computed again")
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
