"""Effects that compare an arm with another on each of several tasks: the mean over tasks, and a group against the rest.

Prasanna et al. 2020 (arXiv 2005.00561) average over GLUE's tasks, and say on which tasks a subnetwork loses most.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.effects import POINTS, Assertion, Unit
from lth.verdict import Estimate, Region, estimators, level
from lth.verdict.estimate import Unbounded
from lth.verdict.samples import Sample, Scores

TASKS = "tasks"
"""What a verdict generalises over if the tasks are the sample."""


@dataclass(frozen=True)
class OnTask:
    """An arm, what it is compared with (nothing: its own mean counts), and the full model, all on one task."""

    arm: Arm
    control: Arm | None
    full: Arm

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The arms that the comparison needs, and the full model."""
        return (self.arm, *((self.control,) if self.control else ()), self.full)

    def changed(self, change: Callable[[Arm], Arm]) -> OnTask:
        """The same comparison of changed arms."""
        return OnTask(change(self.arm), self.control and change(self.control), change(self.full))


@dataclass(frozen=True)
class OverTasks:
    """The mean over tasks of mean(arm) - mean(control), in points of each task's metric or in plain numbers.

    Without a `group` the tasks are the sample: each has one number, and the error is that of their mean. With one, the
    effect is the mean over its tasks minus the mean over the others. It is then about these tasks, and seeds are the
    sample.
    """

    label: str
    cells: tuple[OnTask, ...]
    unit: Unit
    group: frozenset[str] = frozenset()
    missing: str = ""

    @property
    def tasks_are_sample(self) -> bool:
        """Whether each task needs a mean alone."""
        return not self.group

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The arms of all tasks, each once."""
        return tuple({arm.id: arm for cell in self.cells for arm in cell.arms}.values())

    @property
    def terms(self) -> tuple[tuple[float, Arm], ...]:
        """None: tasks may be left out when their full models' scores are known."""
        return ()

    @property
    def fulls(self) -> tuple[Arm, ...]:
        """The full models of all tasks."""
        return tuple(cell.full for cell in self.cells)

    def with_arms(self, change: Callable[[Arm], Arm]) -> OverTasks:
        """The effect on the tasks where no changed arm is missing; missing if no task remains."""
        cells = [cell.changed(change) for cell in self.cells]
        found = tuple(cell for cell in cells if not any(arm.missing for arm in cell.arms))
        reasons = (arm.missing for cell in cells for arm in cell.arms if arm.missing)
        return replace(self, cells=found, missing=self.missing or ("" if found else next(reasons, "")))

    def lacking(self, why: str) -> OverTasks:
        """The same effect without tasks."""
        return replace(self, cells=(), missing=why)

    def without(self, tasks: Collection[str]) -> OverTasks:
        """The effect without these tasks."""
        return replace(self, cells=tuple(cell for cell in self.cells if cell.full.task not in tasks))

    def estimate(self, scores: Mapping[ArmId, Scores], full: Scores | None, method: str) -> Estimate:
        """Student's t over tasks; with a group, a contrast of all tasks' arms over seeds (Welch from summaries)."""
        times = 100.0 if self.unit == POINTS else 1.0
        if not self.group:
            return mean_over_tasks(
                [
                    times * (scores[cell.arm.id].mean - (scores[cell.control.id].mean if cell.control else 0.0))
                    for cell in self.cells
                ]
            )
        inside = [cell.full.task in self.group for cell in self.cells]
        if not any(inside) or all(inside):
            left = "none of its own tasks is left" if not any(inside) else "no other task is left"
            return Unbounded(math.nan, 0, "t", f"{', '.join(sorted(self.group))} against other tasks: {left}")
        weights = [times / sum(inside) if own else -times / (len(inside) - sum(inside)) for own in inside]
        terms = [(weight, scores[cell.arm.id]) for weight, cell in zip(weights, self.cells, strict=True)]
        terms += [
            (-weight, scores[cell.control.id])
            for weight, cell in zip(weights, self.cells, strict=True)
            if cell.control is not None
        ]
        return estimators.contrast(terms, "t")

    def lies_in(self, region: Region) -> Assertion:
        """The assertion that the effect lies in `region`."""
        return Assertion(self, region)


def mean_over_tasks(values: Sequence[float]) -> Estimate:
    """Student's t of one number for each task: the tasks are the sample. Unbounded for fewer than two."""
    if len(values) < 2:
        return Unbounded(math.nan, len(values), "t", "fewer than two tasks are left", over=TASKS)
    estimate = level(Sample(tuple(range(len(values))), tuple(values)), "t")
    return replace(estimate, over=TASKS)  # type: ignore[type-var]  # every estimate is a dataclass
