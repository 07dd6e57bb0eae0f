"""Runs a plan on any `concurrent.futures.Executor`, each job after its inputs; a run that was killed resumes.

The default executor starts worker processes on this machine. Each computes with one thread by default, because results
may otherwise depend on the number of workers.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

from lth.compute.store import Store, add_damage
from lth.errors import ExecutionError
from lth.runtime.plan import Job, make_plan
from lth.runtime.queue import Queue
from lth.runtime.waiting import Patience, announce
from lth.runtime.worker import JobReport, Outcome, begin_worker, perform
from lth.spec.cost import estimate
from lth.spec.expressions import Expression, Rewound

_P = ParamSpec("_P")
_T = TypeVar("_T")

POLL = 0.5
"""Seconds between two checks of what other processes are computing, and between two refreshes of the display."""


@dataclass(frozen=True)
class Progress:
    """How many experiments are done, running and in total; seconds since the start and left (None: not known yet)."""

    done: int
    running: int
    total: int
    elapsed: float
    left: float | None


class _Processes(ProcessPoolExecutor):
    """Workers that do not import the calling script: without an `if __name__` guard it would run again."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Start missing workers, which never see Ctrl-C, and submit a job."""
        script = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            with _blocked():
                return super().submit(fn, *args, **kwargs)
        finally:
            sys.modules["__main__"] = script


@contextmanager
def _blocked() -> Iterator[None]:
    """Processes that are started in this block never get the signals of a terminal, SIGINT and SIGHUP.

    This process gets them when the block ends. Among the others is one of multiprocessing's own, which must outlive
    the workers.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def processes(count: int, threads: int) -> Iterator[Executor]:
    """Spawned processes; they end with this one, and immediately if an error or Ctrl-C ends the block."""
    context = multiprocessing.get_context("spawn")
    with _blocked():
        pool = _Processes(count, mp_context=context, initializer=begin_worker, initargs=(os.getpid(), threads))
    others = set(multiprocessing.active_children())
    try:
        yield pool
    except BaseException:
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


ExecutorFactory = Callable[[int, int], AbstractContextManager[Executor]]
"""From the number of workers, and of the threads of each, to a context manager that gives their executor."""


@dataclass(frozen=True)
class Workers:
    """The number of workers, their device, the threads of each, and the executor that runs them.

    `executor(count, threads)` returns a context manager, entered for each plan, that gives any
    `concurrent.futures.Executor`. It gets picklable jobs, at most `count` at a time. A process must not run two jobs at
    once, because seeds are set for the whole process.
    """

    count: int
    device: str = "cpu"
    threads: int = 1
    executor: ExecutorFactory = processes


def execute(
    wanted: Iterable[Expression],
    store: Store,
    workers: Workers,
    show: Callable[[Progress], None] | None = None,
    until: float = math.inf,
) -> dict[Expression, dict[str, Any]]:
    """The results of all wanted experiments; those that are not in the store are computed.

    Each result is written when it is done, so a killed call resumes where it was. Weights are dropped as soon as no
    planned job needs them, here or in another process that shares the store. No experiment starts after the time
    `until` (of time.monotonic()): some results may then be missing, and weights are kept for the next call. If a worker
    dies, its executor is made again and its experiment runs again, once. A line on the error stream says so, and says
    which other run this one waits for. Raises ExecutionError if an experiment fails or a worker dies with it twice.
    """
    wanted = tuple(dict.fromkeys(wanted))
    weights = {part for part in closure(wanted) if isinstance(part, Rewound)}
    results = _read(wanted, store)
    if len(results) == len(wanted):
        return results
    died: set[Expression] = set()
    with store.reserve([part.key for part in weights]):
        while len(results) < len(wanted) and time.monotonic() < until:
            _note_deaths(_run(wanted, store, workers, show, until), died)
            results = _read(wanted, store)
    if len(results) == len(wanted):
        for part in weights:
            if store.contains(part.key):
                store.drop_unless_reserved(part.key)
    return results


def closure(wanted: Iterable[Expression]) -> set[Expression]:
    """The wanted experiments and everything that they depend on."""
    found: set[Expression] = set()
    pending: list[Expression] = list(wanted)
    while pending:
        part = pending.pop()
        if part not in found:
            found.add(part)
            pending += part.inputs if not isinstance(part, Rewound) else (part.of,)
    return found


def _read(wanted: Iterable[Expression], store: Store) -> dict[Expression, dict[str, Any]]:
    entries = ((experiment, store.read(experiment.key)) for experiment in wanted)
    return {experiment: value for experiment, value in entries if value is not None}


def _run(
    wanted: tuple[Expression, ...],
    store: Store,
    workers: Workers,
    show: Callable[[Progress], None] | None,
    until: float,
) -> list[Expression]:
    """Plan and run until the plan is done, time is up, an input is missing or a worker dies; the caller plans again.

    Returns the experiments that were lost with a worker; which of them killed it is unknown if there are several.
    """
    plan = make_plan(wanted, store.contains)
    queue = Queue(plan)
    begin, spent = time.monotonic(), 0.0
    costs = {job: estimate(job.experiment) for job in plan.jobs}
    count = max(1, min(workers.count, len(plan.jobs)))
    with workers.executor(count, workers.threads) as pool:
        running: dict[Future[JobReport], Job] = {}
        pause_until = 0.0
        waits_for: Job | None = None
        patience = Patience()
        while queue.unfinished:
            late = time.monotonic() >= until
            if late and not running:
                return []
            if not late and time.monotonic() >= pause_until:
                held: list[Job] = []
                while len(running) < count and (job := queue.take()):
                    if _is_held(store, job):
                        held.append(job)
                        continue
                    try:
                        running[pool.submit(perform, job, store, workers.device)] = job
                    except BrokenExecutor:  # all workers died between two jobs
                        return [each.experiment for each in (*running.values(), job)]
                for job in held:
                    queue.put_back(job)
                    pause_until = time.monotonic() + POLL
                waits_for = held[0] if held and not running else None
            if waits_for is None:
                patience = Patience()
            elif patience.ended():
                announce(f"waiting for {_holder(store, waits_for)}, which computes {waits_for.experiment}")
            finished, _ = wait(running, timeout=POLL, return_when=FIRST_COMPLETED) if running else (set(), None)
            if not running:
                time.sleep(POLL)
            for future in finished:
                try:
                    report = future.result()
                except BrokenExecutor:
                    return [each.experiment for each in running.values()]
                job = running.pop(future)
                add_damage(store, report.damaged)
                if report.outcome is Outcome.MISSING:
                    return []
                if report.outcome is Outcome.BUSY:
                    queue.put_back(job)
                    pause_until = time.monotonic() + POLL
                    continue
                for part in queue.finish(job):
                    store.drop_unless_reserved(part.key)
                spent += report.seconds
            if show:
                ahead = sum(costs[job] for job in queue.unfinished)
                behind = sum(costs.values()) - ahead
                left = spent / behind * ahead / count if behind else None
                done = len(plan.jobs) - len(queue.unfinished)
                show(Progress(done, len(running), len(plan.jobs), time.monotonic() - begin, left))
    return []


def _is_held(store: Store, job: Job) -> bool:
    """Whether another process computes the job."""
    lock = store.try_lock(job.experiment.key)
    if lock is None:
        return True
    with lock:
        return False


def _holder(store: Store, job: Job) -> str:
    """Who computes the job, if the store knows it."""
    known: Callable[[str], str] | None = getattr(store, "holder", None)
    return known(job.experiment.key) if known else "another run"


def _note_deaths(lost: list[Expression], died: set[Expression]) -> None:
    """Say that a worker died with these experiments. Raises ExecutionError if one of them is already in `died`."""
    again = [experiment for experiment in lost if experiment in died]
    if again:
        raise ExecutionError(
            f"a worker process died twice while {_either(again)} ran, perhaps because memory ran out; finished results "
            f"are stored, so start the run again; --claims-workers=1 needs less memory"
        )
    if lost:
        died.update(lost)
        announce(f"a worker process died while {_either(lost)} ran; it is started again")


def _either(experiments: list[Expression]) -> str:
    return " or ".join(map(str, experiments))
