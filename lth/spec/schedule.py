"""Pruning schedules: the sparsity after each round of iterative magnitude pruning, from text that a person types."""

from __future__ import annotations

from lth.errors import UsageError

_FORMS = "original:STEP, remaining:STEP or a list such as 0.3,0.5,0.7"


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

    Raises UsageError for a schedule that cannot be read or a sparsity outside (0, 1).
    """
    if not 0 < to < 1:
        raise UsageError(f"sparsity {to:g}; expected a share between 0 and 1, such as 0.7 for 70 %")
    kind, _, step = schedule.partition(":")
    try:
        numbers = [float(part) for part in (step if step else kind).split(",")]
    except ValueError:
        raise UsageError(f"schedule {schedule!r}; expected {_FORMS}") from None
    if not all(0 < number < 1 for number in numbers):
        raise UsageError(f"schedule {schedule!r}; expected shares between 0 and 1: {_FORMS}")
    if not step:
        if sorted(set(numbers)) != numbers:
            raise UsageError(f"schedule {schedule!r}; expected rounds that ascend")
        reached = numbers
    elif kind == "original" and len(numbers) == 1:
        reached = [count * numbers[0] for count in range(1, int(1 / numbers[0]) + 2)]
    elif kind == "remaining" and len(numbers) == 1:
        reached = [numbers[0]]
        while reached[-1] < to:
            reached.append(1 - (1 - reached[-1]) * (1 - numbers[0]))
    else:
        raise UsageError(f"schedule {schedule!r}; expected {_FORMS}")
    tidy = [round(sparsity, 6) for sparsity in reached]
    return (*(sparsity for sparsity in tidy if sparsity < to), to)
