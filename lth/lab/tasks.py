"""The lab's tasks, shaped like GLUE's and SQuAD's of the same names: how many examples each has and how it is split.

A new task is one function from a random stream and a wanted label to a row, and one line in `TASKS`. Training sets
differ as GLUE's do, by the square root: 1000 · (n / 67349) ** .5 examples for a task that has n there, sst2 being the
1,000. So the largest has 25 times the examples of the smallest, and each but wnli can still be learnt, as in GLUE.
Small tasks take more epochs, so that a fine-tuning has some 30 to 150 steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from lth.errors import TaskNotFound
from lth.lab.corpus import documents
from lth.lab.pairs import mnli, mnli_mismatched, mrpc, rte, stsb
from lth.lab.questions import qnli, qqp, squad
from lth.lab.schemas import wnli
from lth.lab.sentences import Row, cola, sst2

Make = Callable[[Random, int], Row]
MLM_SEED = 40


@dataclass(frozen=True)
class LabTask:
    """How a task's rows are made, given the number of training rows; how many there are, and of how many classes.

    `epochs` are what the lab's model needs to learn the task; `mismatched` makes the rows of a second dev set.
    """

    make: Callable[[int], Make]
    train: int
    epochs: int
    dev: int = 800
    held_out: int = 500
    classes: int = 2
    mismatched: Make | None = None


def always(make: Make) -> Callable[[int], Make]:
    """The maker of a task whose rows do not depend on each other."""
    return lambda train: make


def mlm(train: int) -> Make:
    """Rows of running text, from documents that pre-training has not seen."""
    texts = documents(MLM_SEED)
    return lambda rng, label: {"text": " ".join(" ".join(words) for words in next(texts))}


TASKS: dict[str, LabTask] = {
    "sst2": LabTask(always(sst2), 1000, 2),
    "cola": LabTask(always(cola), 356, 3),
    "rte": LabTask(always(rte), 192, 4),
    "stsb": LabTask(always(stsb), 292, 3),
    "mrpc": LabTask(always(mrpc), 233, 3),
    "qqp": LabTask(always(qqp), 2324, 1),
    "mnli": LabTask(always(mnli), 2415, 1, classes=3, mismatched=mnli_mismatched),
    "qnli": LabTask(always(qnli), 1247, 1),
    "wnli": LabTask(wnli, 97, 4),
    "squad": LabTask(always(squad), 1140, 1, dev=500),
    "mlm": LabTask(mlm, 1000, 1, dev=500),
}


def rows(name: str) -> dict[str, list[Row]]:
    """The rows of "train", "dev" and "held_out", for mnli also "mismatched"; no text twice, the classes in equal parts.

    Raises TaskNotFound for a name not in TASKS.
    """
    if name not in TASKS:
        raise TaskNotFound(name, TASKS)
    task, rng = TASKS[name], Random(f"lab {name}")
    seen: set[tuple[str, ...]] = set()
    made = _unseen(task.make(task.train), rng, task.train + task.dev + task.held_out, task.classes, seen)
    ends = task.train, task.train + task.dev
    splits = {"train": made[: ends[0]], "dev": made[ends[0] : ends[1]], "held_out": made[ends[1] :]}
    for each in splits.values():
        rng.shuffle(each)
    if task.mismatched:
        splits["mismatched"] = _unseen(task.mismatched, rng, task.dev, task.classes, seen)
        rng.shuffle(splits["mismatched"])
    return splits


def _unseen(make: Make, rng: Random, count: int, classes: int, seen: set[tuple[str, ...]]) -> list[Row]:
    """That many rows, the classes in turn; their texts are added to `seen`."""
    made: list[Row] = []
    while len(made) < count:
        row = make(rng, len(made) % classes)
        texts = tuple(value for value in row.values() if isinstance(value, str))
        if texts not in seen:
            seen.add(texts)
            made.append(row)
    return made
