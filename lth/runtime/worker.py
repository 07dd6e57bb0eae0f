"""What a worker process does with one job: take its lock, compute it, put the result into the store.

The executor imports this module, too, so that torch is imported only when the first job arrives.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum

from lth.compute.context import Context, InputMissing
from lth.compute.energy import process_meter
from lth.compute.store import Store
from lth.errors import ExecutionError
from lth.runtime.plan import Job


class Outcome(Enum):
    """How a job ended: computed here, found computed, being computed elsewhere, or without an input it needs."""

    DONE = "done"
    HELD = "held"
    BUSY = "busy"
    MISSING = "missing"


@dataclass(frozen=True)
class Report:
    """What a worker tells the executor of a job: its outcome and the wall time it took, in seconds."""

    outcome: Outcome
    seconds: float


def perform(job: Job, store: Store, device: str) -> Report:
    """Run one job under its lock. Raises ExecutionError, naming the experiment, when the engine fails."""
    begin = time.perf_counter()

    def report(outcome: Outcome) -> Report:
        return Report(outcome, time.perf_counter() - begin)

    lock = store.try_lock(job.experiment.key)
    if lock is None:
        return report(Outcome.BUSY)
    with lock:
        if all(store.contains(output.key) for output in job.outputs):
            return report(Outcome.HELD)
        meter = process_meter()
        from lth.compute.registry import compute  # here and not above, since torch comes with it

        try:
            value, files = compute(job.experiment, Context(store, device, job.snapshots))
        except InputMissing:
            return report(Outcome.MISSING)
        except (ArithmeticError, MemoryError, RuntimeError) as cause:
            raise ExecutionError(f"{job.experiment} failed: {cause}; what was done is stored") from cause
        seconds = time.perf_counter() - begin
        energy = meter.lap(seconds) if meter else None
        value = {"experiment": str(job.experiment), "seconds": seconds, **value}
        if energy:
            value |= {"energy": {"kwh": energy.kwh, "kg_co2e": energy.kg_co2e, "source": energy.source}}
        store.write(job.experiment.key, value, files)
    return report(Outcome.DONE)
