"""Reads a file that a person named as a whole. Refuses what never ends, such as a pipe or a device."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lth.errors import EvidenceError

MOST_BYTES = 1 << 29
"""A larger file is refused. A run's JSON has some 100 kB, a CSV file of a million lines some 30 MB."""
LARGEST = 1e15
"""A larger number is refused, because it is no score, and its square may be too large for a float."""
DIGITS = 18
"""A whole number with more digits is refused."""

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind_of(mode: int) -> str:
    """What a file of this mode is; empty for a regular file.

    >>> kind_of(0o040755), kind_of(0o100644)
    ('a folder', '')
    """
    return KINDS.get(stat.S_IFMT(mode), "")


def read_whole(file: Path, advice: str) -> bytes:
    """The content of a regular file. Raises EvidenceError, which ends in `advice`, for a file that cannot be read."""
    try:
        status = os.stat(file)
        if kind := kind_of(status.st_mode):
            raise EvidenceError(f"{file}: it is {kind}; {advice}")
        if status.st_size > MOST_BYTES:
            raise EvidenceError(f"{file}: larger than {MOST_BYTES / 1e6:.0f} MB; {advice}")
        with open(file, "rb", opener=_open) as stream:
            return stream.read(MOST_BYTES)
    except OSError as error:
        raise EvidenceError(f"{file}: {error.strerror}; {advice}") from error


def _open(file: str, flags: int) -> int:
    """Open without waiting: the file may have become a pipe."""
    return os.open(file, flags | getattr(os, "O_NONBLOCK", 0))
