"""Files in a shared folder that last as long as the process that made them, however that process ends.

A lease is a unique name, a payload under that name, and a lock beside it, which the operating system releases when the
process dies. Knows nothing of experiments, or of what the payloads mean. Files with other names are left alone, and no
symbolic link is followed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

_SHAPE = re.compile(r"(\d+-[0-9a-f]{16})(\.lock|\.json)?")


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
    """The names of the leases in `folder` whose processes are alive; what dead processes left is removed.

    A lease counts as alive if its lock cannot be opened. The caller must hold the lock that guards `folder`, because
    two sweeps at once would each find the other's locks. Raises OSError if `folder` cannot be read.
    """
    alive = []
    for name, entries in _found(folder).items():
        lock = FileLock(folder / f"{name}.lock", thread_local=False)
        try:
            lock.acquire(blocking=False)
        except OSError:  # Timeout is one
            alive.append(name)
        else:
            _bury(folder, name, entries)
            lock.release()
    return alive


def living(folder: Path) -> list[str]:
    """The names of the leases in `folder` whose processes are alive; nothing is changed.

    Raises OSError if `folder` cannot be read.
    """
    return [name for name, entries in _found(folder).items() if _is_held(folder, name, entries)]


def stale(folder: Path) -> list[str]:
    """The files and folders in `folder` that a sweep would remove; nothing is changed.

    Raises OSError if `folder` cannot be read.
    """
    found = _found(folder)
    dead = (entries for name, entries in found.items() if not _is_held(folder, name, entries))
    return [f"{folder}/{entry}" for entries in dead for entry in entries]


def _is_held(folder: Path, name: str, entries: Collection[str]) -> bool:
    lock = f"{name}.lock"
    return lock in entries and is_locked(f"{folder}/{lock}")


def is_locked(path: str) -> bool:
    """Whether a process holds the lock in an existing file; also if that cannot be found out."""
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except OSError:  # Timeout is one
        return True
    lock.release()
    return False


def _found(folder: Path) -> dict[str, list[str]]:
    """The names of files that leases made, by lease; none if there is no folder."""
    found: dict[str, list[str]] = {}
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return found
    for entry in names:
        if shape := _SHAPE.fullmatch(entry):
            found.setdefault(shape[1], []).append(entry)
    return found


def _bury(folder: Path, name: str, entries: Iterable[str]) -> None:
    lock = f"{name}.lock"
    for entry in entries:
        if entry != lock:
            discard(folder / entry)
    with contextlib.suppress(OSError):
        os.unlink(folder / lock)


def discard(path: str | Path) -> None:
    """Remove a file, a symbolic link or a folder, as far as possible; the next sweep removes the rest."""
    with contextlib.suppress(OSError):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)


def size_of(path: str | Path) -> int:
    """Bytes of a file, or of all files in a folder; symbolic links are not followed, and what is gone counts 0."""
    total, pending = 0, [os.fspath(path)]
    while pending:
        place = pending.pop()
        try:
            if not os.path.islink(place) and os.path.isdir(place):
                with os.scandir(place) as found:
                    for each in found:
                        if each.is_dir(follow_symlinks=False):
                            pending.append(each.path)
                        else:
                            total += each.stat(follow_symlinks=False).st_size
            else:
                total += os.lstat(place).st_size
        except OSError:
            continue
    return total
