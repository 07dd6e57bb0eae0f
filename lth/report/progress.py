"""The lines of a long run: experiments done and running, time left, verdicts so far."""

from __future__ import annotations

from lth.document.rows import ClaimRow
from lth.report import cells
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


def so_far(claim: ClaimRow) -> str:
    """A line for a verdict that was reached while the run goes on, such as
    `so far: sst2 chen-1 SUPPORTED, +3.4 [+1.5, +5.3], region > -2`.
    """
    if claim.interval is None:
        return f"so far: {claim.task} {claim.name} {cells.reason_text(claim)}"
    unit = claim.effect.unit
    effect, region = cells.interval_text(claim.interval, unit), cells.region_text(claim.effect.region, unit)
    return f"so far: {claim.task} {claim.name} {claim.verdict}, {effect}, region {region}"
