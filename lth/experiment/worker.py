"""What a worker process does with one job: fetch its inputs from the store, run the engine, put its outputs back.

The engine, and with it torch, is imported when the first job arrives, never when this module is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lth.errors import ExecutionError
from lth.experiment.expressions import (
    Experiment,
    FineTune,
    Magnitude,
    Pretrained,
    Reinitialised,
    Rewound,
    Shuffled,
    Stored,
    TaskData,
    Uniform,
    WeightMask,
    describe,
    inputs,
    pretrained,
)
from lth.experiment.plan import Job
from lth.experiment.store import Store
from lth.tasks import Splits, get_task, load, majority, scores

if TYPE_CHECKING:
    from torch import Tensor, nn

    from lth.engine.batches import Encoded

WEIGHTS, MASK, PREDICTIONS = "weights.safetensors", "mask.safetensors", "predictions.safetensors"


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


class _InputMissing(Exception):
    """An input was dropped or moved aside between planning and running."""


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
        try:
            failure = _inherited_failure(job.experiment, store)
            if failure:
                _write_failure(job, store, failure)
            elif isinstance(job.experiment, FineTune):
                _fine_tune(job.experiment, job.snapshots, store, device)
            else:
                _mask(job.experiment, store)
        except _InputMissing:
            return report(Outcome.MISSING)
        except (ArithmeticError, MemoryError, RuntimeError) as cause:
            raise ExecutionError(f"{describe(job.experiment)} failed: {cause}; what was done is stored") from cause
    return report(Outcome.DONE)


def _inherited_failure(experiment: Experiment, store: Store) -> str | None:
    for part in inputs(experiment):
        value = store.read(part.key)
        if value is None:
            raise _InputMissing
        if value.get("failure"):
            return str(value["failure"])
    return None


def _write_failure(job: Job, store: Store, failure: str) -> None:
    """Record a run whose training, or whose predecessor's, broke down: a score of NaN, to be counted and shown."""
    for snapshot in job.snapshots:
        store.write(snapshot.key, {"experiment": describe(snapshot), "failure": failure})
    value: dict[str, Any] = {"experiment": describe(job.experiment), "failure": failure}
    if isinstance(job.experiment, FineTune):
        data, task = _splits(job.experiment.task), get_task(job.experiment.task.name)
        value |= {"score": math.nan, "scores": dict.fromkeys(task.metrics, math.nan), "seconds": 0.0}
        value |= {"majority": majority(task, data.train["label"], data.dev["label"])}
    store.write(job.experiment.key, value)


def _fine_tune(experiment: FineTune, snapshots: tuple[Rewound, ...], store: Store, device: str) -> None:
    import torch
    from safetensors.numpy import save
    from safetensors.torch import save_file

    from lth.engine import masks
    from lth.engine.train import fine_tune

    begin = time.perf_counter()
    task, recipe = get_task(experiment.task.name), experiment.recipe
    encode = partial(_encode, experiment.task, pretrained(experiment.start), recipe.max_length)
    train, dev = encode("train", recipe.train_examples), encode("dev", recipe.dev_examples)
    network = _network(experiment, store)
    mask = _read_mask(experiment.mask, store) if experiment.mask else None
    scratch = store.scratch()

    def save_snapshot(snapshot: Rewound) -> Callable[[dict[str, Tensor]], None]:
        def write(weights: dict[str, Tensor]) -> None:
            path = scratch / f"{snapshot.key}.safetensors"
            save_file({name: tensor.detach().cpu().clone() for name, tensor in weights.items()}, path)

        return write

    fit = fine_tune(
        network,
        train,
        dev,
        recipe,
        experiment.seed,
        mask,
        regression=task.kind == "regression",
        device=device,
        snapshots={snapshot.at: save_snapshot(snapshot) for snapshot in snapshots},
    )
    for snapshot in snapshots:
        about = {"experiment": describe(snapshot), "failure": fit.failure}
        path = scratch / f"{snapshot.key}.safetensors"
        store.write(snapshot.key, about, {} if fit.failure else {WEIGHTS: path})
    results = scores(task, fit.predictions, dev.targets)
    value = {
        "experiment": describe(experiment),
        "score": results[task.metric],
        "scores": results,
        "majority": majority(task, train.targets.tolist(), dev.targets.tolist()),
        "examples": {"train": len(train), "dev": len(dev)},
        "losses": fit.losses,
        "failure": fit.failure,
        "sparsity": masks.sparsity(mask) if mask else 0.0,
        "densities": masks.densities(mask) if mask else {},
        "seconds": time.perf_counter() - begin,
        "environment": {"device": device, "torch": torch.__version__, "threads": torch.get_num_threads()},
    }
    store.write(experiment.key, value, {PREDICTIONS: save({"predictions": fit.predictions})})


def _mask(experiment: Magnitude | Uniform, store: Store) -> None:
    from lth.engine import masks
    from lth.engine.models import load_model
    from lth.engine.prunable import prunable
    from lth.engine.streams import generator

    begin = time.perf_counter()
    if isinstance(experiment, Uniform):
        mask = masks.uniform(_read_mask(experiment.like, store), generator(experiment.seed, "mask"))
    else:
        origin = experiment.of
        if isinstance(origin, FineTune):
            network = load_model(pretrained(origin.start), _outputs(origin.task), origin.seed)
            network.load_state_dict(_read_weights(Rewound(origin, 1.0), store))
            within = _read_mask(origin.mask, store) if origin.mask else None
        else:
            network, within = load_model(origin, 1, 0), None
        weights = {name: weight.detach() for name, weight in prunable(network, experiment.prunable).items()}
        mask = masks.magnitude(weights, experiment.sparsity, within)
    value = {
        "experiment": describe(experiment),
        "sparsity": masks.sparsity(mask),
        "densities": masks.densities(mask),
        "seconds": time.perf_counter() - begin,
    }
    store.write(experiment.key, value, {MASK: masks.to_bytes(mask)})


def _network(experiment: FineTune, store: Store) -> nn.Module:
    from lth.engine import starts
    from lth.engine.models import load_model

    start = experiment.start
    network = load_model(pretrained(start), _outputs(experiment.task), experiment.seed)
    match start:
        case Pretrained():
            pass
        case Rewound():
            network.load_state_dict(_read_weights(start, store))
        case Reinitialised(seed=seed):
            starts.reinitialise_(network, seed)
        case Shuffled(seed=seed):
            starts.shuffle_(network, seed)
    return network


def _outputs(task: TaskData) -> int:
    return max(1, len(get_task(task.name).labels))


def _path(part: Stored, name: str, store: Store) -> Path:
    path = store.file(part.key, name)
    if path is None:
        raise _InputMissing
    return path


def _read_weights(part: Rewound, store: Store) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return load_file(_path(part, WEIGHTS, store))


def _read_mask(part: WeightMask, store: Store) -> dict[str, Tensor]:
    from lth.engine import masks

    return masks.load(_path(part, MASK, store))


@lru_cache(maxsize=4)
def _splits(task: TaskData) -> Splits:
    return load(get_task(task.name), task.data)


@lru_cache(maxsize=8)
def _encode(task: TaskData, model: Pretrained, max_length: int, split: str, examples: int | None) -> Encoded:
    """One split as token lists, cut down to `examples` drawn the same way for every seed."""
    from lth.engine.batches import encode
    from lth.engine.models import load_tokenizer

    data = getattr(_splits(task), split)
    if examples is not None and examples < len(data):
        data = data.shuffle(seed=0).select(range(examples))
    return encode(data, get_task(task.name).inputs, load_tokenizer(model), max_length)
