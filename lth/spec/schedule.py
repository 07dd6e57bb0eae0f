"""Pruning schedules: the sparsity after each round of iterative magnitude pruning, from text that a person types."""

from __future__ import annotations

import math
from functools import cache

from lth.errors import UsageError

MOST = 1000
"""The largest number of rounds: each trains a model for every seed."""
HIGHEST = 0.9
"""The highest sparsity at which Chen et al. 2020 look for winning tickets (table 2)."""
_FORMS = "original:STEP, remaining:STEP or a list such as 0.3,0.5,0.7"


@cache
def rounds(schedule: str, to: float) -> tuple[float, ...]:
    """The sparsity after each round (share of all prunable weights removed), ending exactly at `to`.

    `original:0.1` removes 10 % of the original weights per round (the official code of Chen et al. 2020; their tables
    report 10, 20, 30 … %). `remaining:0.1` removes 10 % of the remaining weights (the paper's text: 10, 19, 27.1 … %).
    A list gives the sparsities themselves. The last round is shorter if it would go beyond `to`.

    >>> rounds("original:0.2", 0.5)
    (0.2, 0.4, 0.5)
    >>> rounds("remaining:0.1", 0.2)
    (0.1, 0.19, 0.2)
    >>> rounds("0.3,0.5,0.7", 0.5)
    (0.3, 0.5)

    Raises UsageError for a schedule that cannot be read, for one of more than MOST rounds, and for a sparsity outside
    (0, 1).
    """
    if not 0 < to < 1:
        raise UsageError(f"sparsity {to:g}; expected a share between 0 and 1, such as 0.7 for 70 %")
    kind, _, step = schedule.partition(":")
    try:
        if not schedule.isascii():
            raise ValueError
        numbers = [float(part) for part in (step if step else kind).split(",")]
    except ValueError:
        raise UsageError(f"schedule {schedule!r}; expected {_FORMS}") from None
    if not all(0 < number < 1 for number in numbers):
        raise UsageError(f"schedule {schedule!r}; expected shares between 0 and 1: {_FORMS}")
    if not step:
        reached = numbers
        _check_count(schedule, len(reached))
        tidy = [0.0, *map(_tidy, reached), 1.0]
        if sorted(set(tidy)) != tidy:
            raise UsageError(f"schedule {schedule!r}; expected rounds that ascend, in steps of at least 0.000001")
    elif kind == "original" and len(numbers) == 1:
        _check_count(schedule, to / numbers[0])
        reached = [count * numbers[0] for count in range(1, int(1 / numbers[0]) + 2)]
    elif kind == "remaining" and len(numbers) == 1:
        _check_count(schedule, math.log1p(-to) / math.log1p(-numbers[0]))
        reached = [numbers[0]]
        while reached[-1] < to:
            reached.append(1 - (1 - reached[-1]) * (1 - numbers[0]))
    else:
        raise UsageError(f"schedule {schedule!r}; expected {_FORMS}")
    return (*(sparsity for sparsity in map(_tidy, reached) if sparsity < to), to)


def all_rounds(schedule: str, least: float) -> tuple[float, ...]:
    """The sparsity after each round that the schedule has, up to `least` and beyond.

    A list ends where it ends, and equal steps end at HIGHEST.

    >>> all_rounds("original:0.3", 0.5)
    (0.3, 0.6, 0.9)
    >>> all_rounds("0.4,0.7", 0.4)
    (0.4, 0.7)

    Raises UsageError as `rounds` does.
    """
    rounds(schedule, least)  # raises
    kind, _, step = schedule.partition(":")
    return rounds(schedule, max(least, HIGHEST if step else float(kind.split(",")[-1])))


def _tidy(sparsity: float) -> float:
    return round(sparsity, 6)


def _check_count(schedule: str, count: float) -> None:
    if count > MOST:
        about = f"{count:,.0f}" if count < 1e9 else f"{count:.0e}"
        raise UsageError(
            f"schedule {schedule!r} has {about} rounds; expected at most {MOST:,}, because each trains a model; give "
            f"larger steps"
        )
