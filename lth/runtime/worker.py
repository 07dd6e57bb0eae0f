"""What a worker process does with one job: fetch its inputs from the store, run the engine, put its outputs back.

The engine, and with it torch, is imported when the first job arrives, never when this module is.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any

from lth.compute.energy import process_meter
from lth.compute.fitting import fine_tuned, weight_mask
from lth.compute.materials import InputMissing, Product, baseline
from lth.compute.overlap import overlap
from lth.compute.store import Store
from lth.compute.structure import agreement, counterpart, latency, patterns, pruned, survivors
from lth.errors import ExecutionError
from lth.runtime.plan import Job
from lth.spec.expressions import Expression, FineTune, Magnitude, Uniform
from lth.spec.overlap import Overlap
from lth.spec.subnetworks import Agreement, Bad, Latency, Patterns, Pruned, Random, Super, Survivors
from lth.tasks import get_task


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
        try:
            failure = _inherited_failure(job.experiment, store)
            value, files = _broken(job, store, failure) if failure else _compute(job, store, device)
        except InputMissing:
            return report(Outcome.MISSING)
        except (ArithmeticError, MemoryError, RuntimeError) as cause:
            raise ExecutionError(f"{job.experiment} failed: {cause}; what was done is stored") from cause
        seconds = time.perf_counter() - begin
        energy = meter.lap(seconds) if meter else None
        value |= {"experiment": str(job.experiment), "seconds": 0.0 if failure else seconds}
        if energy:
            value |= {"energy": {"kwh": energy.kwh, "kg_co2e": energy.kg_co2e, "source": energy.source}}
        value |= {"environment": _environment(device)}
        store.write(job.experiment.key, value, files)
    return report(Outcome.DONE)


def _compute(job: Job, store: Store, device: str) -> Product:
    match job.experiment:
        case FineTune() as experiment:
            return fine_tuned(experiment, job.snapshots, store, device)
        case Magnitude() | Uniform() as experiment:
            return weight_mask(experiment, store)
        case Survivors() as experiment:
            return survivors(experiment, store, device)
        case Random() | Bad() | Super() as experiment:
            return counterpart(experiment, store)
        case Pruned() as experiment:
            return pruned(experiment, store, device)
        case Patterns() as experiment:
            return patterns(experiment, store, device)
        case Latency() as experiment:
            return latency(experiment, store)
        case Agreement() as experiment:
            return agreement(experiment, store)
        case Overlap() as experiment:
            return overlap(experiment, store)
    raise ExecutionError(f"{job.experiment} is nothing that can be computed; expected an experiment")


def _inherited_failure(experiment: Expression, store: Store) -> str | None:
    for part in experiment.inputs:
        value = store.read(part.key)
        if value is None:
            raise InputMissing
        if value.get("failure"):
            return str(value["failure"])
    return None


def _broken(job: Job, store: Store, failure: str) -> Product:
    """A run whose training, or whose predecessor's, broke down: a score of NaN, to be counted and shown."""
    for snapshot in job.snapshots:
        store.write(snapshot.key, {"experiment": str(snapshot), "failure": failure})
    value: dict[str, Any] = {"failure": failure}
    fit = job.experiment.of if isinstance(job.experiment, Pruned) else job.experiment
    if isinstance(fit, FineTune):
        value |= {"score": math.nan, "scores": dict.fromkeys(get_task(fit.task.name).metrics, math.nan)}
        value |= {"majority": baseline(fit)}
    return value, {}


def _environment(device: str) -> dict[str, Any]:
    import torch

    return {"device": device, "torch": torch.__version__, "threads": torch.get_num_threads()}
