"""What a worker process does: begin, and with each job take its lock, compute it, put the result into the store.

The executor's own process imports this module, too. The registry, and torch with it, is therefore imported by the
functions, which run in workers.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass
from enum import Enum

from lth.compute.context import Context, InputMissing
from lth.compute.energy import process_meter
from lth.compute.store import Store
from lth.errors import ExecutionError
from lth.runtime.plan import Job

WATCH = 0.5
"""Seconds between two looks at whether the process that started a worker still lives."""


class Outcome(Enum):
    """How a job ended: computed here, found computed, being computed elsewhere, or without an input it needs."""

    DONE = "done"
    HELD = "held"
    BUSY = "busy"
    MISSING = "missing"


@dataclass(frozen=True)
class JobReport:
    """What a worker tells the executor of a job: its outcome and the wall time it took, in seconds."""

    outcome: Outcome
    seconds: float


def begin_worker(parent: int, threads: int) -> None:
    """Make this process a worker: it ends with the process `parent`, leaves Ctrl-C to it and computes in `threads`."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    from lth.compute.registry import limit_threads  # takes seconds, which is why it comes last

    limit_threads(threads)


def perform(job: Job, store: Store, device: str) -> JobReport:
    """Run one job under its lock. Raises ExecutionError, naming the experiment, when the engine fails."""
    from lth.compute.registry import compute

    start = time.perf_counter()

    def report(outcome: Outcome) -> JobReport:
        return JobReport(outcome, time.perf_counter() - start)

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
            raise ExecutionError(f"{job.experiment} failed: {cause}; what was done is stored") from cause
        seconds = time.perf_counter() - start
        energy = meter.lap(seconds) if meter else None
        value = {"experiment": str(job.experiment), "seconds": seconds, **value}
        if energy:
            value |= {"energy": {"kwh": energy.kwh, "kg_co2e": energy.kg_co2e, "source": energy.source}}
        store.write(job.experiment.key, value, files)
    return report(Outcome.DONE)
