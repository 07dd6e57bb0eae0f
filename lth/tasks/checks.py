"""Whether the facts of a task are possible and agree with each other. Reads no data."""

from __future__ import annotations

import re
from typing import get_args

from lth.tasks.facts import Family, Kind, Task
from lth.tasks.metrics import METRICS

_COMMIT = re.compile("[0-9a-f]{40}")


def task_flaw(task: Task) -> str | None:
    """What is wrong with the facts of the task: what was given and what was expected; None if nothing is.

    >>> from dataclasses import replace
    >>> from lth.tasks.facts import TASKS
    >>> task_flaw(replace(TASKS["rte"], labels=("yes", "no", "unknown")))
    '2 codes in Files for 3 labels; expected one for each label'
    """
    for field in ("inputs", "labels", "metrics"):
        if isinstance(given := getattr(task, field), str):
            return f"{field} {given!r}; expected a tuple, such as ({given!r},)"
    labels, files, families = len(task.labels), task.files, get_args(Family)
    known, classes = METRICS.get(task.kind, ()), task.lab.classes if task.lab else labels
    checks = (
        (known, f"kind {task.kind!r}; expected one of {', '.join(get_args(Kind))}"),
        (task.family in families, f"family {task.family!r}; expected one of {', '.join(families)}"),
        (task.inputs, "no inputs; expected at least one column"),
        (
            task.metrics and {*task.metrics} <= {*known},
            f"metrics {', '.join(task.metrics) or 'none'}; expected some of {', '.join(known)}",
        ),
        (
            labels > 1 if task.kind == "classification" else not labels,
            f"{labels} labels; expected two or more for a classification, and none for another kind",
        ),
        (
            task.kind != "classification" or labels == 2 or "f1" not in task.metrics,
            f"the metric f1 for {labels} labels; expected 2, because it is the F1 of the second label",
        ),
        (0 < task.sparsity < 1, f"sparsity {task.sparsity}; expected a share between 0 and 1, such as 0.7 for 70 %"),
        (min(task.sizes) > 0, f"sizes {task.sizes}; expected the numbers of train and dev examples, at least 1 each"),
        (
            not files.folder or len(files.codes) == labels,
            f"{len(files.codes)} codes in Files for {labels} labels; expected one for each label",
        ),
        (
            not files.folder or "label" not in task.columns or len(files.columns) == len(task.columns),
            f"{len(files.columns)} columns in Files; expected {len(task.columns)}: the inputs' and the label's",
        ),
        (
            not task.hub.path or _COMMIT.fullmatch(task.hub.revision),
            f"revision {task.hub.revision!r} in Hub; expected the 40 hexadecimal digits of a commit",
        ),
        (
            not labels or classes == labels,
            f"{classes} classes in LabTask for {labels} labels; expected one for each label",
        ),
    )
    return next((text for agrees, text in checks if not agrees), None)
