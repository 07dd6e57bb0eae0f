"""Lets tests meet files that they may not read or write, also where they run as root (as in a container)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

OVERRIDE = (1 << 1) | (1 << 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, with which root passes over permissions (capabilities(7))."""
VERSION_3 = 0x20080522


@contextlib.contextmanager
def heeded() -> Iterator[None]:
    """Permissions of files hold for this thread, even if it is root's. Child processes are as before."""
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable: of 0 to 31, then of 32 to 63
    assert libc.capget(header, data) == 0, ctypes.get_errno()
    before = data[0]
    data[0] = before & ~OVERRIDE
    assert libc.capset(header, data) == 0, ctypes.get_errno()
    try:
        yield
    finally:
        data[0] = before
        assert libc.capset(header, data) == 0, ctypes.get_errno()


@contextlib.contextmanager
def closed(path: Path) -> Iterator[None]:
    """Nobody may read the file or enter the folder."""
    before = path.stat().st_mode
    path.chmod(0)
    try:
        with heeded():
            yield
    finally:
        path.chmod(before)
