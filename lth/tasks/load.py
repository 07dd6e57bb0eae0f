"""From a task and `--data` to splits of the lab, the hub or a folder.

It lists the tasks that the data have, and their fingerprints, without importing `datasets`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from lth.errors import DataError, did_you_mean
from lth.tasks import folder, hub
from lth.tasks.facts import TASKS, Task
from lth.tasks.splits import Splits, dataset


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
        from lth import lab

        return [name for name in TASKS if name in lab.TASKS]
    if data == "hub":
        return list(TASKS)
    return folder.available(_folder(data))


def fingerprint(task: Task, data: str) -> str:
    """The identity of a task's data as sha-256 (hex), without decoding them and without a network.

    It is made from a folder's bytes, the hub's pinned revision, or the lab's generator and checkpoint.
    """
    if data == "lab":
        from lth import lab

        return hashlib.sha256(f"lab\n{task.name}\n{lab.fingerprint()}".encode()).hexdigest()
    if data == "hub":
        return hub.fingerprint(task)
    return folder.fingerprint(task, _folder(data))


def _folder(data: str) -> Path:
    path = Path(data).expanduser()
    if not path.is_dir():
        hint = did_you_mean(data, ["lab", "hub"]).removesuffix(".")
        raise DataError(
            f"no data folder '{data}'{hint} expected lab, hub or a folder in GLUE's official layout (SST-2/train.tsv, "
            "SST-2/dev.tsv); check --data"
        )
    return path


def _lab(task: Task) -> Splits:
    from lth import lab

    if task.name not in lab.TASKS:
        raise DataError(f"no task {task.name!r} in the lab; it holds {', '.join(lab.TASKS)}; choose among these")
    splits = {
        role: dataset(task, {column: split[column] for column in task.columns})
        for role, split in lab.splits(task.name).items()
    }
    extra = {role: split for role, split in splits.items() if role not in ("train", "dev", "held_out")}
    return Splits(splits["train"], splits["dev"], extra, held_out=splits["held_out"])
