"""The work of a worker process: for each job take its lock, compute it, and put the result into the store.

The executor's process imports this module too. The functions that run in workers therefore import the registry
themselves, because it imports torch.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from enum import Enum

from lth.compute.context import Context, InputMissing
from lth.compute.energy import process_meter
from lth.compute.store import Store, damage_met
from lth.errors import ExecutionError
from lth.runtime import waiting
from lth.runtime.plan import Job

PR_SET_PDEATHSIG = 1
"""The number of this request in prctl(2)."""
WATCH = 0.5
"""Seconds between two checks that the process that started a worker is still alive."""


class Outcome(Enum):
    """How a job ended: computed here, already stored, being computed elsewhere, or an input is missing."""

    DONE = "done"
    HELD = "held"
    BUSY = "busy"
    MISSING = "missing"


@dataclass(frozen=True)
class JobReport:
    """What a worker reports of a job: its outcome, its wall time in seconds, and sentences about damaged entries."""

    outcome: Outcome
    seconds: float
    damaged: tuple[str, ...] = ()


def begin_worker(parent: int, threads: int) -> None:
    """Make this process a worker: it ends with the process `parent` and computes with `threads`.

    It ignores Ctrl-C and a terminal that closes, because its parent ends it then.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH)
        os._exit(1)

    _die_with_parent()
    threading.Thread(target=watch, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    waiting.run = parent

    from lth.compute.registry import limit_threads  # last, because it takes seconds

    limit_threads(threads)


def _die_with_parent() -> None:
    """On Linux, let the kernel end this process with its parent: a thread may wait seconds while torch is imported."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def perform(job: Job, store: Store, device: str) -> JobReport:
    """Run one job under its lock. Raises ExecutionError, which names the experiment, if the engine fails."""
    from lth.compute.registry import compute

    start = time.perf_counter()

    def report(outcome: Outcome) -> JobReport:
        return JobReport(outcome, time.perf_counter() - start, damage_met(store))

    lock = store.try_lock(job.experiment.key)
    if lock is None:
        return report(Outcome.BUSY)
    with lock:
        if all(store.contains(output.key) for output in job.outputs):
            return report(Outcome.HELD)
        meter = process_meter()
        try:
            value, files = compute(job.experiment, Context(store, device, job.snapshots))
        except InputMissing:
            return report(Outcome.MISSING)
        except (ArithmeticError, MemoryError, RuntimeError) as cause:
            raise ExecutionError(f"{job.experiment} failed: {cause}; finished results are stored") from cause
        seconds = time.perf_counter() - start
        energy = meter.lap(seconds) if meter else None
        value = {"experiment": str(job.experiment), "seconds": seconds, **value}
        if energy:
            value |= {"energy": {"kwh": energy.kwh, "kg_co2e": energy.kg_co2e, "source": energy.source}}
        store.write(job.experiment.key, value, files)
    return report(Outcome.DONE)
