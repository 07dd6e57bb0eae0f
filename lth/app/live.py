"""What a terminal, a pipe or a CI log shows while a run goes on: a progress line, and verdicts as they can be decided.

Knows the run and functions that write a line, and no pytest.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from lth.app.runner import Run
from lth.report.progress import line, so_far
from lth.runtime.executor import Progress

EVERY = 60.0
"""Seconds between two lines in a pipe or a CI log."""

Show = Callable[[Progress], None]


def progress_lines(write: Callable[[str], None], now: Callable[[], float] = time.monotonic) -> Show:
    """Show the progress as a line a minute, the first after a minute, for output that nobody watches."""
    last = now()

    def show(progress: Progress) -> None:
        nonlocal last
        if (at := now()) - last >= EVERY:
            last = at
            write(line(progress))

    return show


def with_verdicts(show: Show, run: Run, write: Callable[[str], None]) -> Show:
    """Show the progress, and each claim's verdict once all its results are stored."""
    shown: set[str] = set()
    done = -1

    def show_both(progress: Progress) -> None:
        nonlocal done
        if progress.done != done:
            done = progress.done
            for name, claim in run.settled(shown).items():
                shown.add(name)
                write(so_far(claim))
        show(progress)

    return show_both
