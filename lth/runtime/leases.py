"""Files in a shared folder that last as long as the process that made them, however that process ends.

A lease is a unique name, a payload under that name, and a lock beside it, which the operating system releases when the
process dies. Knows nothing of experiments, or of what the payloads mean.
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
    """A name held in a folder: `NAME.lock` is locked while the lease lasts; `NAME` + `suffix` is its payload."""

    folder: Path
    name: str
    suffix: str
    pid: int
    lock: FileLock

    @property
    def payload(self) -> Path:
        """The file or folder that this lease protects."""
        return self.folder / (self.name + self.suffix)

    def release(self) -> None:
        """Remove the payload and release the name; in a process forked from the holder, do nothing."""
        if os.getpid() == self.pid:
            _bury(self.folder, self.name, [self.payload.name])
            self.lock.release()


def take(folder: Path, text: str | None = None, suffix: str = "") -> Lease:
    """A new lease in `folder`; its payload is a file with `text` or, without text, an empty folder.

    The caller must hold the lock that guards `folder`, so no `sweep` sees half a lease. Raises OSError, and leaves no
    lease, if `folder` cannot be written.
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
    """The names of the leases in `folder` whose processes are alive; everything else is removed.

    The caller must hold the lock that guards `folder`, because two sweeps at once would each find the other's locks.
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
    """Remove a file or a folder, as far as possible; the next sweep removes the rest."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
