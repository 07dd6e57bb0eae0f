"""The tasks that files of evidence name, and what a file must say of a task that this package does not know.

It says the metric in the column `metric`, and the majority baseline in a line of the arm `majority`, unless it follows
from the metric or from labels. Such a task has no data: nothing can be measured on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lth.claims.arm_id import ArmId
from lth.errors import EvidenceError, TaskNotFound, UsageError, shown
from lth.evidence.lines import Line
from lth.tasks import TASKS, Task, named_in_file
from lth.tasks.lookup import tell_of
from lth.tasks.metrics import METRICS

SPARSITY = 0.7
"""Where tickets of such a task are judged if they do not all have one sparsity: Chen et al.'s for transfer."""
OF_A_CONSTANT = {"matthews_correlation": 0.0, "pearson": 0.0, "spearman": 0.0, "exact_match": 0.0}
"""The score of a constant answer, for metrics where it is the same for every task."""
_KNOWN = tuple(dict.fromkeys(metric for metrics in METRICS.values() for metric in metrics))
_NAME = re.compile(r"\w[\w.+-]{0,39}")

Told = dict[str, Task]
"""By name: the tasks of a folder that this package does not know."""


def task_of(line: Line, told: Told) -> Task:
    """The task that a line names. One that is not known must have a metric there, and is added to `told`.

    Raises EvidenceError for a task of which too little is known, and for a metric that is not the task's primary one.
    """
    name, metric = line.cells["task"], line.cells.get("metric", "")
    task = told.get(name) or _known(line, name)
    if task is None:
        task = told[name] = _new(line, name, metric)
    if metric not in ("", task.metric):
        raise line.error("metric", shown(metric), f"{task.metric}, the primary metric of {name}")
    return task


def baselines_of(
    told: Told, majorities: Mapping[str, float], by_labels: Mapping[str, float], file: str
) -> dict[str, float]:
    """The majority baselines of told tasks. Raises EvidenceError for one that nothing says."""
    found = {}
    for name, task in told.items():
        baseline = majorities.get(name, by_labels.get(name, OF_A_CONSTANT.get(task.metric)))
        if baseline is None:
            raise EvidenceError(
                f"{file}: no line of the arm majority on {name}, a task that is not in this package; expected one with "
                f"the {task.metric} of always giving the most common answer, because the full model must beat it; add "
                f"it"
            )
        found[name] = baseline
    return found


def settle(metrics: Mapping[str, str], arms: Iterable[tuple[str, ArmId]]) -> None:
    """Make known the tasks among `metrics`, by name, that this package does not know; `arms` are by the name of a task.

    Tickets of such a task are judged at the sparsity that all its arms with one have, if there is just one.
    """
    found: dict[str, set[float]] = {}
    for name, arm in arms:
        if arm.sparsity is not None:
            found.setdefault(name, set()).add(arm.sparsity)
    for name, metric in metrics.items():
        if metric in _KNOWN and _NAME.fullmatch(name) and not (name in TASKS and TASKS[name].inputs):
            at = found.get(name, set())
            tell_of(name, metric, at.pop() if len(at) == 1 else SPARSITY)


def _known(line: Line, name: str) -> Task | None:
    """A task of the package, or one of your own that an option named; None for any other."""
    try:
        task = named_in_file(name)
    except TaskNotFound:
        return None
    except UsageError as error:
        raise EvidenceError(f"{line.place}, column task: {error}") from error
    return task if task.inputs else None  # another folder told of it


def _new(line: Line, name: str, metric: str) -> Task:
    if not metric:
        missing = TaskNotFound(name, (known for known, task in TASKS.items() if task.inputs))
        raise EvidenceError(
            f"{line.place}, column task: {missing}; for any other task give its metric, in a column metric"
        )
    if not _NAME.fullmatch(name) or name == "all":
        expected = "a task's name of at most 40 letters, digits and _ . + -, and not all"
        raise line.error("task", shown(name), expected)
    if metric not in _KNOWN:
        raise line.error("metric", shown(metric), f"one of {', '.join(_KNOWN)}")
    return tell_of(name, metric, SPARSITY)
