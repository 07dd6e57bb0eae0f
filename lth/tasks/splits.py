"""A task's data in memory: its splits, and the one way to make a split from columns.

This module knows no file and no source of data.

`datasets` is imported by the functions that need it, because it takes seconds and plans do without.
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

    `held_out` are examples for searching masks, neither trained on nor reported; None if the data have none.

    A label is an int (the index of its name in `Task.labels`) or, for a regression, a float. Answers are
    {"text": n texts, "answer_start": n positions in the context, in characters from 0}, with n at least 1.
    """

    train: Dataset
    dev: Dataset
    extra: Mapping[str, Dataset] = field(default_factory=dict)
    held_out: Dataset | None = None


def features(task: Task) -> Features:
    """The columns of the task's splits with their types; scores of a regression are float32, as on the hub."""
    from datasets import Features, List, Value

    special = {
        "label": Value("float32" if task.kind == "regression" else "int64"),
        "answers": {"text": List(Value("string")), "answer_start": List(Value("int32"))},
    }
    return Features({column: special.get(column, Value("string")) for column in task.columns})


def dataset(task: Task, columns: Mapping[str, Sequence[Any]]) -> Dataset:
    """A split made from columns of equal length, one for each of `Task.columns`."""
    from datasets import Dataset

    return Dataset.from_dict(dict(columns), features=features(task))


def missing_column(task: Task, rows: Dataset) -> str | None:
    """What is wrong with the columns of the rows: one is missing; None if the rows have all of `Task.columns`."""
    missing = next((column for column in task.columns if column not in rows.column_names), None)
    if missing is None:
        return None
    return f"no column {missing!r}; found {', '.join(rows.column_names)}; expected {', '.join(task.columns)}"


def strange_label(task: Task, rows: Dataset) -> str | None:
    """What is wrong with the labels of the rows: one is not an index of `Task.labels`; None if nothing is."""
    known = range(len(task.labels))
    strange = next((label for label in rows["label"] if label not in known), None) if known else None
    return None if strange is None else f"label {strange}; expected 0 to {len(known) - 1}"
