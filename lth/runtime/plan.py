"""The plan: the union of all experiments that arms need, minus those in the store, each after its inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lth.spec.expressions import Expression, FineTune, Rewound


@dataclass(frozen=True)
class Job:
    """One experiment for one worker; `snapshots` are the weights that its training must store for other experiments."""

    experiment: Expression
    snapshots: tuple[Rewound, ...] = ()

    @property
    def outputs(self) -> tuple[Expression, ...]:
        return (self.experiment, *self.snapshots)


@dataclass(frozen=True)
class Plan:
    """Jobs in topological order, and how many of the wanted experiments are already in the store."""

    jobs: tuple[Job, ...]
    held: int

    def by_kind(self) -> Counter[str]:
        """The number of experiments to run, by kind, in the order in which they are needed."""
        return Counter(job.experiment.kind for job in self.jobs)

    def by_task(self) -> Counter[str]:
        """The number of fine-tunings to run, by task."""
        return Counter(job.experiment.task.name for job in self.jobs if isinstance(job.experiment, FineTune))


def trained(wanted: Iterable[Expression]) -> frozenset[Expression]:
    """Every fine-tuning that must run for these experiments if nothing is stored."""
    jobs = make_plan(wanted, lambda key: False).jobs
    return frozenset(job.experiment for job in jobs if isinstance(job.experiment, FineTune))


def make_plan(wanted: Iterable[Expression], holds: Callable[[str], bool]) -> Plan:
    """Plan everything that must run until all wanted experiments are stored.

    `holds(key)` says whether the store has an entry. Equal experiments are planned once. A fine-tuning whose score is
    stored is planned again if its weights are needed and gone; its result will be the same.
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
