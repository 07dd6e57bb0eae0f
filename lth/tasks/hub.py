"""Tasks from the Hugging Face hub, read by `datasets`; code from the hub is never run.

`datasets` first looks for a folder with the dataset's name (`nyu-mll/glue` under the working directory) and then asks
the hub. A local copy in the hub's layout therefore works without a network.

`datasets` is imported by the functions that need it, because it takes seconds and plans do without.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lth.errors import DataError
from lth.tasks import squad
from lth.tasks.digests import digest
from lth.tasks.facts import Task
from lth.tasks.splits import Splits, dataset, missing_column, strange_label

if TYPE_CHECKING:
    from datasets import Dataset

_READER = "hub reader 1"
"""Part of every fingerprint. Raise it when the same dataset is read as other examples."""


def read(task: Task) -> Splits:
    """The splits of a task at its pinned revision. Raises DataError if they cannot be loaded or do not fit the task."""
    hub = task.hub
    extra = {role: _split(task, split) for role, split in hub.extra}
    return Splits(_split(task, "train"), _split(task, hub.dev), extra)


def fingerprint(task: Task) -> str:
    """Sha-256 (hex) of the dataset's name, revision and configuration, which identify its content without a network.

    For a local copy, whose revision is unknown, it is made from the bytes of its files instead.
    """
    hub = task.hub
    whole = hashlib.sha256(f"{_READER}\n{task.name}\n{hub.path}\n{hub.config}\n".encode())
    copy = Path(hub.path)
    if not copy.is_dir():
        whole.update(hub.revision.encode())
        return whole.hexdigest()
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        whole.update(f"{path.relative_to(copy).as_posix()} {digest(path)}\n".encode())
    return whole.hexdigest()


def _split(task: Task, split: str) -> Dataset:
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError

    hub = task.hub
    revision = None if os.path.isdir(hub.path) else hub.revision
    try:
        with _quiet("huggingface_hub"):
            loaded = load_dataset(hub.path, hub.config, split=split, revision=revision)
    except (OSError, ValueError, RuntimeError, DatasetsError) as error:  # RuntimeError: a dataset that is a script
        cause = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{task.name} cannot be loaded from the hub ({hub.path}, {hub.config}, {split}): {cause}; expected a "
            f"network or a copy in the cache; give a folder that holds {task.folder}/{task.files.train} and "
            f"{task.folder}/{task.files.dev} with --data=FOLDER"
        ) from error
    return _fitted(task, split, loaded)


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Mutes that library's warnings. Without a network it logs every attempt, which would hide our one line."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _fitted(task: Task, split: str, loaded: Dataset) -> Dataset:
    """The hub's split with the task's columns; its labels are checked against the task's."""
    where = f"{task.hub.path}, {task.hub.config}, {split}"
    if wrong := missing_column(task, loaded):
        raise DataError(f"{where}: {wrong}; use the unchanged dataset")
    names = getattr(loaded.features.get("label"), "names", None)
    if names is not None and tuple(names) != task.labels:
        raise DataError(f"{where}: labels {', '.join(names)}; expected {', '.join(task.labels)} in this order")
    if wrong := strange_label(task, loaded):
        raise DataError(f"{where}: {wrong}; use a split with labels")
    columns = {column: list(loaded[column]) for column in task.columns}
    if task.kind == "mlm":
        columns = {"text": [line.strip() for line in columns["text"] if line.strip()]}
    if task.kind == "span":
        for name, context, answers in zip(columns["id"], columns["context"], columns["answers"], strict=True):
            if wrong := squad.flaw(context, answers):
                raise DataError(f"{where}, question {name!r}: {wrong}; use the unchanged dataset")
    return dataset(task, columns)
