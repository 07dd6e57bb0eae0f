"""The plan: the union of all experiments that arms need, minus what the store holds, in an order that works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lth.spec.expressions import Expression, FineTune, Rewound


@dataclass(frozen=True)
class Job:
    """One experiment for one worker; `snapshots` are the weights its training must leave for later experiments."""

    experiment: Expression
    snapshots: tuple[Rewound, ...] = ()

    @property
    def outputs(self) -> tuple[Expression, ...]:
        return (self.experiment, *self.snapshots)


@dataclass(frozen=True)
class Plan:
    """Jobs in topological order, and how many of the wanted experiments the store already holds."""

    jobs: tuple[Job, ...]
    held: int

    @property
    def fits(self) -> int:
        """Number of fine-tunings to run, which take most of the time."""
        return sum(isinstance(job.experiment, FineTune) for job in self.jobs)

    def by_kind(self) -> Counter[str]:
        """Experiments to run, counted by what they are called, in the order of first need."""
        return Counter(job.experiment.kind for job in self.jobs)

    def by_task(self) -> Counter[str]:
        """Fine-tunings to run, counted by task."""
        return Counter(job.experiment.task.name for job in self.jobs if isinstance(job.experiment, FineTune))


def make_plan(wanted: Iterable[Expression], holds: Callable[[str], bool]) -> Plan:
    """Plan what must run so that every wanted experiment is stored.

    `holds(key)` says whether the store has an entry. Equal experiments are planned once. A fine-tuning whose score is
    stored but whose weights are needed again, and gone, is planned again: its result will be the same.
    """
    wanted = dict.fromkeys(wanted)
    order: dict[Expression, set[Rewound]] = {}
    settled: set[Expression] = set()

    def need(expression: Expression) -> None:
        if expression in settled:
            return
        settled.add(expression)
        if holds(expression.key):
            return
        for part in expression.inputs:
            need(part)
        if isinstance(expression, Rewound):
            order.setdefault(expression.of, set()).add(expression)
        else:
            order.setdefault(expression, set())

    for experiment in wanted:
        need(experiment)
    jobs = tuple(Job(experiment, tuple(sorted(weights, key=lambda w: w.at))) for experiment, weights in order.items())
    return Plan(jobs, held=sum(holds(experiment.key) for experiment in wanted))
