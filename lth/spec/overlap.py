"""The comparison of the weight masks of several tasks with each other and with theta_0's one-shot mask."""

from __future__ import annotations

from dataclasses import dataclass

from lth.spec.expressions import Expression, FineTune, Magnitude


@dataclass(frozen=True, eq=False)
class Overlap(Expression):
    """The Jaccard overlap of tickets' masks, one per task at one seed, and of each with `theta_0`, a one-shot mask."""

    of: tuple[Magnitude, ...]
    theta_0: Magnitude
    kind = "measurements"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (*self.of, self.theta_0)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks whose tickets are compared, in order."""
        return tuple(each.of.task.name for each in self.of if isinstance(each.of, FineTune))

    def __str__(self) -> str:
        return f"overlap of {len(self.of)} tasks' masks: {', '.join(self.tasks)}"
