"""A task's data in memory: the splits, and the one way to make a split out of columns.

Knows no file and no place that data come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lth.tasks.facts import Task

if TYPE_CHECKING:
    from datasets import Dataset, Features


@dataclass(frozen=True)
class Splits:
    """The splits of one task, each with the columns `Task.columns`; `extra` are further dev sets by name.

    `held_out` are examples to search masks on, neither trained on nor reported: None where the data bring none.

    A label is an int (the place of its name in `Task.labels`) or, for a regression, a float. Answers are
    {"text": n texts, "answer_start": n places in the context, in characters from 0}, n at least 1.
    """

    train: Dataset
    dev: Dataset
    extra: Mapping[str, Dataset] = field(default_factory=dict)
    held_out: Dataset | None = None


def features(task: Task) -> Features:
    """The columns of the task's splits with their types; scores are float32, as on the hub."""
    from datasets import Features, List, Value

    special = {
        "label": Value("float32" if task.kind == "regression" else "int64"),
        "answers": {"text": List(Value("string")), "answer_start": List(Value("int32"))},
    }
    return Features({column: special.get(column, Value("string")) for column in task.columns})


def dataset(task: Task, columns: Mapping[str, Sequence[Any]]) -> Dataset:
    """A split out of columns of equal length, one for each of `Task.columns`."""
    from datasets import Dataset

    return Dataset.from_dict(dict(columns), features=features(task))
