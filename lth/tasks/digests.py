"""The SHA-256 of files, computed again only if a file may have changed. Knows neither tasks nor models."""

from __future__ import annotations

import hashlib
import time
from functools import lru_cache
from pathlib import Path

SETTLED = 2.0
"""Seconds. A file that changed less than this ago may change again without a new time on its disk's clock."""

_Version = tuple[int, int, int, int, int]


def digest(path: Path) -> str:
    """The file's SHA-256 (hex). Raises OSError if it cannot be read.

    A file is read again if its place on the disk, its size or one of its times has changed. The time of its last change
    of any kind (ctime) is one of them: no program can set it back as it can the time of the last writing.
    """
    stat = path.stat()
    version = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    known = _digest if time.time() - stat.st_ctime > SETTLED else _digest.__wrapped__
    return known(path.resolve(), version)


@lru_cache(maxsize=256)
def _digest(path: Path, version: _Version) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
