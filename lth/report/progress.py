"""The progress line of a long run: experiments done and running, time left."""

from __future__ import annotations

from collections.abc import Callable

from lth.runtime.executor import Progress


def line(progress: Progress) -> str:
    """One line for a terminal.

    >>> line(Progress(done=3, running=2, total=8, elapsed=30.0, left=65.0))
    'experiments 3/8 done, 2 running, 0:30 elapsed, 1:05 left'
    """
    left = "" if progress.left is None else f", {clock(progress.left)} left"
    return (
        f"experiments {progress.done}/{progress.total} done, {progress.running} running, "
        f"{clock(progress.elapsed)} elapsed{left}"
    )


def clock(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> clock(65), clock(3661)
    ('1:05', '1:01:01')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def display(rewrite: Callable[[str], None], watched: bool) -> Callable[[Progress], None] | None:
    """What the executor calls to show its progress, if it is watched; `rewrite` replaces the terminal's last line."""
    return (lambda progress: rewrite(line(progress))) if watched else None
