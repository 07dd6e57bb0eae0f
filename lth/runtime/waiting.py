"""Who holds a lock, and a line for people while a process waits for it. Knows no store and no experiment.

The holder writes its run into the file of the lock. Some releases of filelock empty that file when another process asks
for the lock; the holder then is unknown.
"""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

FIRST, EVERY = 3.0, 60.0
"""Seconds of waiting before the first line and between two lines."""

run = os.getpid()
"""The process of the run that this process works for; a worker sets it to that of its parent."""


class Patience:
    """Says when a line about waiting is due: after FIRST seconds, and then EVERY so many."""

    def __init__(self) -> None:
        self._due = time.monotonic() + FIRST

    def ended(self) -> bool:
        """Whether a line is due. If it is, the next one is due EVERY seconds later."""
        now = time.monotonic()
        if now < self._due:
            return False
        self._due = now + EVERY
        return True


def announce(text: str) -> None:
    """Print one line on the error stream; on a terminal it replaces the line of the progress."""
    start = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(f"{start}lth: {text}", file=sys.stderr, flush=True)


def sign(lock: FileLock) -> None:
    """Write into the file of a lock that this process holds which run holds it."""
    with contextlib.suppress(OSError):
        Path(lock.lock_file).write_text(f"{run} {platform.node()}", encoding="utf-8")


def holder(lock: FileLock) -> str:
    """Who holds the lock, or held it last: "the run of process 4711 on that-host", or "another run"."""
    try:
        pid, _, host = Path(lock.lock_file).read_text(encoding="utf-8").partition(" ")
    except (OSError, ValueError):
        pid = host = ""
    return f"the run of process {pid} on {host}" if pid.isdecimal() and host.isprintable() else "another run"


@contextlib.contextmanager
def acquired(lock: FileLock, what: str) -> Iterator[None]:
    """Hold the lock; `what` says what for in the line that is printed while another process holds it.

    Raises OSError if the file of the lock cannot be written.
    """
    timeout = FIRST
    while True:
        try:
            held = lock.acquire(timeout, poll_interval=0.005)
            break
        except Timeout:
            announce(f"waiting for {holder(lock)} to {what}; if it was stopped, let it go on or end it")
            timeout = EVERY
    with held:
        sign(lock)
        yield
