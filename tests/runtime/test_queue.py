from dataclasses import replace
from itertools import pairwise

import pytest

from lth.claims.arms import Arms
from lth.runtime.plan import Job, make_plan
from lth.runtime.queue import Queue
from lth.spec.expressions import Expression, FineTune, TaskData


@pytest.fixture
def wanted(arms: Arms) -> list[Expression]:
    """Tickets of two tasks, and each task's tickets trained on the other."""
    tasks = tuple(TaskData(name, "d" * 64, "folder") for name in ("cola", "sst2"))
    cola, sst2 = (replace(arms, task=task, sources=tasks) for task in tasks)
    several = (cola.imp(), sst2.imp(), cola.transferred("sst2"), sst2.transferred("cola"))
    return [experiment for arm in several for experiment in arm.experiments]


def emptied(queue: Queue) -> list[Job]:
    """The jobs in the order in which a single worker takes them."""
    taken = []
    while job := queue.take():
        queue.finish(job)
        taken.append(job)
    return taken


def test_a_queue_gives_every_job_after_what_it_needs(wanted: list[Expression]) -> None:
    plan = make_plan(wanted, lambda key: False)
    done: set[Expression] = set()
    for job in emptied(Queue(plan)):
        assert set(job.experiment.inputs) <= done
        done.update(job.outputs)
    assert done == {output for job in plan.jobs for output in job.outputs}


def test_a_task_is_left_only_when_nothing_on_it_is_ready(wanted: list[Expression]) -> None:
    jobs = emptied(Queue(make_plan(wanted, lambda key: False)))
    tasks = [job.experiment.task.name for job in jobs if isinstance(job.experiment, FineTune)]
    switches = sum(before != after for before, after in pairwise(tasks))
    assert switches == 2  # cola's own, sst2's own with cola's tickets, then sst2's tickets on cola


def test_a_job_that_was_put_back_is_taken_again(wanted: list[Expression]) -> None:
    queue = Queue(make_plan(wanted, lambda key: False))
    job = queue.take()
    assert job is not None
    assert queue.take() != job
    queue.put_back(job)
    assert queue.take() == job


def test_weights_are_released_when_the_last_job_that_needs_them_is_done(arms: Arms) -> None:
    queue = Queue(make_plan(arms.standard().experiments[:1], lambda key: False))
    let_go = []
    while job := queue.take():
        let_go.append((job.experiment.kind, len(queue.finish(job))))
    trained = [("masks", 0), ("fine-tunings", 1)]  # its mask and the next training need a round's weights
    assert let_go == [("fine-tunings", 0), *3 * trained]
