"""Chooses the job of a plan that a worker takes next, and the weights that are no longer needed. Runs nothing."""

from __future__ import annotations

from lth.runtime.plan import Job, Plan
from lth.spec.expressions import Rewound


class Queue:
    """The jobs of a plan, each after its inputs.

    Jobs on the same task as the job before come first, because a worker keeps the data of few tasks in memory; among
    equals, the one with the longest chain of dependants.
    """

    def __init__(self, plan: Plan) -> None:
        producer = {output: job for job in plan.jobs for output in job.outputs}
        self._waits = {job: {producer[p] for p in job.experiment.inputs if p in producer} for job in plan.jobs}
        self._weights_of = {
            job: {part for part in job.experiment.inputs if isinstance(part, Rewound)} for job in plan.jobs
        }
        self._depth: dict[Job, int] = dict.fromkeys(plan.jobs, 0)
        for job in reversed(plan.jobs):
            for needed in self._waits[job]:
                self._depth[needed] = max(self._depth[needed], self._depth[job] + 1)
        self.unfinished = dict.fromkeys(plan.jobs)
        self._taken: set[Job] = set()
        self._at_hand: str | None = None

    def take(self) -> Job | None:
        """A job that can run now; None if all jobs wait for others."""
        open_jobs = set(self.unfinished)
        ready = [job for job in self.unfinished if job not in self._taken and not self._waits[job] & open_jobs]
        if not ready:
            return None
        job = max(ready, key=lambda job: (_data(job) in (None, self._at_hand), self._depth[job]))
        self._taken.add(job)
        self._at_hand = _data(job) or self._at_hand
        return job

    def put_back(self, job: Job) -> None:
        """Return a job that another process is computing."""
        self._taken.discard(job)

    def finish(self, job: Job) -> set[Rewound]:
        """Mark a job as done; returns those of its input and output weights that no unfinished job needs."""
        del self.unfinished[job]
        needed = {part for other in self.unfinished for part in self._weights_of[other]}
        return (self._weights_of[job] | set(job.snapshots)) - needed


def _data(job: Job) -> str | None:
    """The task whose examples a job reads; None if it reads none, as for masks of weights."""
    fit = job.experiment.fit
    return fit.task.name if fit else None
