"""What an experiment is made of: examples, networks, weights and masks, fetched from the tasks and the store."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor, nn

from lth.compute.context import DROPOUT, MASK, WEIGHTS, InputMissing
from lth.compute.store import Store
from lth.engine import masks, starts
from lth.engine.batches import Encoded
from lth.engine.models import load_model, load_tokenizer, take_encoder_
from lth.engine.objectives import OBJECTIVES, Objective
from lth.engine.train import Resume
from lth.errors import DataError, ExecutionError
from lth.spec.expressions import (
    Expression,
    FineTune,
    Pretrained,
    Reinitialised,
    Resumed,
    Rewound,
    Shuffled,
    TaskData,
)
from lth.tasks import Splits, fingerprint, get_task, load, majority

PREDICTIONS, TEXTS = "predictions.safetensors", "predictions.json"


def network(experiment: FineTune, store: Store) -> nn.Module:
    """The network that a fine-tuning begins with, its new head drawn from the seed.

    A start that is another task's run gives its encoder alone: heads never cross from task to task.
    """
    start = experiment.start
    made = _untrained(experiment)
    match start:
        case Pretrained():
            pass
        case Rewound() if start.of.task != experiment.task:
            take_encoder_(made, weights(start, store))
        case Rewound():
            made.load_state_dict(weights(start, store))
        case Reinitialised(seed=seed):
            starts.reinitialise_(made, seed)
        case Shuffled(seed=seed):
            starts.shuffle_(made, seed)
    return made


def trained(experiment: FineTune, store: Store) -> nn.Module:
    """The network that a fine-tuning ended with."""
    made = _untrained(experiment)
    made.load_state_dict(weights(Rewound(experiment, 1.0), store))
    return made


def _untrained(experiment: FineTune) -> nn.Module:
    aim, labels = objective(experiment.task), get_task(experiment.task.name).labels
    return load_model(experiment.start.pretrained, aim.outputs(len(labels)), experiment.seed, aim.auto)


def objective(task: TaskData) -> Objective:
    """What the task asks of a model."""
    return OBJECTIVES[get_task(task.name).kind]


def weights(part: Rewound, store: Store) -> dict[str, Tensor]:
    """The stored weights. Raises InputMissing if they were dropped."""
    return load_file(_path(part, WEIGHTS, store))


def resume(experiment: FineTune, store: Store) -> Resume | None:
    """Where the run that it is resumed from was; None for a whole run. Raises InputMissing if that was dropped."""
    start = experiment.start
    return Resume(start.at, load_file(_path(start, DROPOUT, store))) if isinstance(start, Resumed) else None


def mask(part: Expression, store: Store) -> dict[str, Tensor]:
    """The stored mask, of weights or of gates. Raises InputMissing if it was dropped."""
    return masks.load(_path(part, MASK, store))


def _path(part: Expression, name: str, store: Store) -> Path:
    path = store.file(part.key, name)
    if path is None:
        raise InputMissing
    return path


@lru_cache(maxsize=4)
def task_splits(task: TaskData) -> Splits:
    """The task's data, read once a process. Raises ExecutionError if they are not what they were when planned.

    They are compared before and after they are read, so a change in between is found.
    """
    _compare(task)
    try:
        return load(get_task(task.name), task.data)
    finally:
        _compare(task)


def _compare(task: TaskData) -> None:
    facts = get_task(task.name)
    if fingerprint(facts, task.data) != task.fingerprint:
        raise ExecutionError(
            f"{'the file or ' if facts.source else ''}the data of the task {task.name} are not what they were when the "
            f"run was planned; expected the same in every process; run it again"
        )


@lru_cache(maxsize=8)
def examples(task: TaskData, model: Pretrained, max_length: int, split: str, count: int | None) -> Encoded:
    """ "train" or "dev" as token lists, cut down to `count` rows drawn the same way for every seed.

    Of running text these are the first. A row may make several examples, or many rows one: see `lth.engine.objectives`.
    """
    data = getattr(task_splits(task), split)
    if count is not None and count < len(data):
        data = _shuffled(data, task).select(range(count))
    return _encode(data, task, model, max_length)


def baseline(experiment: FineTune) -> float:
    """The score of always giving the most frequent answer among those that the fine-tuning trains on."""
    task, recipe, aim = get_task(experiment.task.name), experiment.recipe, objective(experiment.task)
    encoded = partial(examples, experiment.task, experiment.start.pretrained, recipe.max_length)
    train, dev = encoded("train", recipe.train_examples), encoded("dev", recipe.dev_examples)
    return majority(task, aim.labels(train), list(aim.answers(dev)))


@lru_cache(maxsize=2)
def held_out(task: TaskData, model: Pretrained, max_length: int, trained_on: int | None, count: int) -> Encoded:
    """`count` examples that no fine-tuning trains on: the lab's own, or those of train that follow the `trained_on`.

    Raises DataError if training leaves none.
    """
    data = task_splits(task).held_out
    if data is None:
        train = task_splits(task).train
        left = _shuffled(train, task).select(range(min(trained_on or len(train), len(train)), len(train)))
        if len(left) < 2:
            raise DataError(
                f"{task.name}: fine-tuning takes all {len(train)} training examples, none is left to search masks on; "
                f"expected fewer; give --claims-protocol=…:train_examples={len(train) * 9 // 10}, or paper, which "
                f"searches on dev"
            )
        data = left
    return _encode(data.select(range(min(count, len(data)))), task, model, max_length)


def _encode(data: Any, task: TaskData, model: Pretrained, max_length: int) -> Encoded:
    lines = task.data != "lab"  # where a row of running text is a document, not a line of one
    return objective(task).encode(data, get_task(task.name).inputs, load_tokenizer(model), max_length, lines=lines)


def _shuffled(data: Any, task: TaskData) -> Any:
    return data.shuffle(seed=0) if objective(task).drawn else data
