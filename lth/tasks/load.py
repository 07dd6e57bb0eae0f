"""From a task and `--data` to splits of the lab, the hub or a folder.

It lists the tasks that the data have, and their fingerprints, without importing `datasets`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from lth import lab
from lth.errors import DataError, as_typed, did_you_mean
from lth.tasks import folder, hub
from lth.tasks.facts import TASKS, Task
from lth.tasks.splits import Splits, dataset, missing_column, strange_label


def load(task: Task, data: str) -> Splits:
    """The splits of a task from "lab", "hub" or a folder. Raises DataError if the data lack the task or are faulty."""
    if data == "lab":
        return _lab(task)
    if data == "hub":
        return hub.read(task)
    return folder.read(task, _folder(data))


def available(data: str) -> list[str]:
    """The names of the tasks that the data have, in the order of TASKS. Raises DataError for a folder without any."""
    if data == "lab":
        return [name for name in TASKS if name in lab.TASKS]
    if data == "hub":
        return [name for name, task in TASKS.items() if task.hub.path]
    return folder.available(_folder(data))


def fingerprint(task: Task, data: str) -> str:
    """The identity of a task's data as sha-256 (hex), without decoding them and without a network.

    It is made from a folder's bytes, the hub's pinned revision, or the lab's generator and checkpoint; for a task of
    your own also from the file that defines it, which decides what the examples are.
    """
    if data == "lab":
        content = _hash(f"lab\n{task.name}\n{lab.fingerprint()}")
    elif data == "hub":
        content = hub.fingerprint(task)
    else:
        content = folder.fingerprint(task, _folder(data))
    return _hash(f"{content}\n{task.source}") if task.source else content


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _folder(data: str) -> Path:
    try:
        path = Path(data).expanduser()
        found, why = path.is_dir(), ""
    except (OSError, RuntimeError) as error:  # RuntimeError: ~nosuch
        found, why = False, f" ({error.strerror if isinstance(error, OSError) else error})"
    if not found:
        hint = did_you_mean(data, ["lab", "hub"]).removesuffix(".")
        raise DataError(
            f"no data folder '{as_typed(data)}'{why}{hint} expected lab, hub or a folder in GLUE's official layout "
            "(SST-2/train.tsv, SST-2/dev.tsv); check --data"
        )
    return path


def _lab(task: Task) -> Splits:
    if task.name not in lab.TASKS:
        raise DataError(f"no task {task.name!r} in the lab; it holds {', '.join(lab.TASKS)}; choose among these")
    made = lab.splits(task.name)
    for split in made.values():
        if wrong := missing_column(task, split) or strange_label(task, split):
            raise DataError(f"the lab's {task.name}: {wrong}; correct the function that makes the rows")
    splits = {role: dataset(task, {column: split[column] for column in task.columns}) for role, split in made.items()}
    extra = {role: split for role, split in splits.items() if role not in ("train", "dev", "held_out")}
    return Splits(splits["train"], splits["dev"], extra, held_out=splits["held_out"])
