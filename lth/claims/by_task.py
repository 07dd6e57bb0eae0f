"""An effect of one number for each task: the tasks are the sample. Knows neither the number nor the statistic."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.effects import PLAIN, Assertion, Unit
from lth.verdict import Estimate, Region
from lth.verdict.samples import Scores


@dataclass(frozen=True)
class Task:
    """The arm of one task, and the task's full model."""

    arm: Arm
    full: Arm


@dataclass(frozen=True)
class ByTask:
    """An effect of all tasks: `statistic` of the arms' means by task.

    A task whose full model is not known counts; one whose full model does not beat the majority baseline does not.
    """

    label: str
    tasks: tuple[Task, ...]
    statistic: Callable[[Mapping[str, float]], Estimate]
    missing: str = ""
    unit: Unit = PLAIN
    tasks_are_sample = True

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The arms and full models of all tasks."""
        return tuple(arm for each in self.tasks for arm in (each.arm, each.full))

    @property
    def terms(self) -> tuple[tuple[float, Arm], ...]:
        """None: the effect is not a sum of means."""
        return ()

    @property
    def fulls(self) -> tuple[Arm, ...]:
        """The full models of all tasks, where they are known."""
        return tuple(each.full for each in self.tasks if not each.full.missing)

    def with_arms(self, change: Callable[[Arm], Arm]) -> ByTask:
        """The effect of the tasks whose changed arm is not missing; missing if none remains."""
        changed = tuple(Task(change(each.arm), change(each.full)) for each in self.tasks)
        found = tuple(each for each in changed if not each.arm.missing)
        reason = "" if found else next((each.arm.missing for each in changed), "")
        return replace(self, tasks=found, missing=self.missing or reason)

    def lacking(self, why: str) -> ByTask:
        """The same effect without tasks."""
        return replace(self, tasks=(), missing=why)

    def without(self, tasks: Collection[str]) -> ByTask:
        """The effect without these tasks."""
        return replace(self, tasks=tuple(each for each in self.tasks if each.arm.task not in tasks))

    def estimate(self, scores: Mapping[ArmId, Scores], full: Scores | None, method: str) -> Estimate:
        """The statistic of the arms' means. It has its own method."""
        return self.statistic({each.arm.task: scores[each.arm.id].mean for each in self.tasks if not each.arm.missing})

    def lies_in(self, region: Region) -> Assertion:
        """The assertion that the effect lies in `region`."""
        return Assertion(self, region)
