"""Things in a shared folder that live as long as the process that put them there, however that process ends.

A lease is a name nobody else ever uses, a payload under that name, and a lock beside it that the operating system frees
when its process dies. This room knows nothing of experiments or of what the payloads mean.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout


@dataclass(frozen=True)
class Lease:
    """A held name in a folder: `NAME.lock` is locked while the lease lives, `NAME` + `suffix` is its payload."""

    folder: Path
    name: str
    suffix: str
    pid: int
    lock: FileLock

    @property
    def payload(self) -> Path:
        """The file or folder this lease is held for."""
        return self.folder / (self.name + self.suffix)

    def release(self) -> None:
        """Remove the payload and free the name; a process forked from the holder removes nothing."""
        if os.getpid() == self.pid:
            _bury(self.folder, self.name, [self.payload.name])
            self.lock.release()


def take(folder: Path, text: str | None = None, suffix: str = "") -> Lease:
    """A new lease in `folder` whose payload is a file of `text` or, without text, an empty folder.

    The caller holds the lock that guards `folder`, so that no `sweep` sees half a lease. Raises OSError, and leaves no
    lease, when `folder` cannot be written.
    """
    name = f"{os.getpid()}-{uuid.uuid4().hex[:16]}"
    lock = FileLock(folder / f"{name}.lock", thread_local=False)
    lock.acquire(blocking=False)
    lease = Lease(folder, name, suffix, os.getpid(), lock)
    try:
        lease.payload.mkdir() if text is None else lease.payload.write_text(text)
    except OSError:
        lease.release()
        raise
    return lease


def sweep(folder: Path) -> list[str]:
    """The names of the leases in `folder` whose processes live; whatever has no living lease is removed.

    The caller holds the lock that guards `folder`: two sweeps at once would take each other for living processes.
    """
    found: dict[str, list[str]] = {}
    for entry in os.listdir(folder):
        found.setdefault(entry.partition(".")[0], []).append(entry)
    alive = []
    for name, entries in sorted(found.items()):
        lock = FileLock(folder / f"{name}.lock", thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            alive.append(name)
        else:
            _bury(folder, name, entries)
            lock.release()
    return alive


def _bury(folder: Path, name: str, entries: Iterable[str]) -> None:
    lock = f"{name}.lock"
    for entry in entries:
        if entry != lock:
            discard(folder / entry)
    with contextlib.suppress(OSError):
        os.unlink(folder / lock)


def discard(path: Path) -> None:
    """Remove a file or a folder, as far as it can be removed and is there; what remains is left to the next sweep."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
