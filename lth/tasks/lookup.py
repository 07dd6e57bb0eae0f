"""From a task's name to the task: one of the package's, or one in a Python file of your own. Reads no data."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from types import ModuleType

from lth import lab
from lth.errors import LthError, TaskNotFound, UsageError
from lth.tasks.checks import task_flaw
from lth.tasks.facts import TASKS, Family, Kind, Task
from lth.tasks.metrics import METRICS
from lth.tasks.own_code import file_of, read_place, source_of


def get_task(name: str) -> Task:
    """The task of that name: one of the package's, or `package.module:NAME`, the Task called NAME in that module.

    A task of your own is called by the whole name, and is kept in TASKS and, if it has a `lab`, among the lab's tasks.
    Its module is imported, and imported again if its file has changed. Raises TaskNotFound for an unknown name, and
    UsageError for a module that cannot be imported and for a task with a flaw.

    >>> get_task("rte").labels
    ('entailment', 'not_entailment')
    """
    if ":" in name:
        return _own(name)
    if name not in TASKS:
        raise TaskNotFound(name, TASKS)
    return TASKS[name]


def named_in_file(name: str) -> Task:
    """`get_task` for a name that a file gives, which never makes this process import a module.

    Raises UsageError for a task of your own that nobody has named as an option.
    """
    if ":" in name and name not in TASKS:
        raise UsageError(
            f"task {name!r} is in a Python file of its own, which is not imported because a file of evidence names it; "
            f"expected the option, too; give --task={name}"
        )
    return get_task(name)


def tell_of(name: str, metric: str, sparsity: float) -> Task:
    """A task that only evidence tells of: it has a metric and scores, but no inputs, so nothing can be measured on it.

    It is kept in TASKS, in place of one of that name that was told of before. Its kind is the first that the metric can
    score. Its family, which claims about transfer group tasks by, is similarity for a regression, reading for spans,
    and inference otherwise.
    """
    kind = next(kind for kind, metrics in METRICS.items() if metric in metrics)
    families: dict[Kind, Family] = {"regression": "similarity", "span": "reading"}
    TASKS[name] = Task(
        name=name,
        kind=kind,
        family=families.get(kind, "inference"),
        inputs=(),
        labels=(),
        metrics=(metric,),
        sparsity=sparsity,
        sizes=(1, 1),
    )
    return TASKS[name]


def _own(name: str) -> Task:
    place = read_place(name)
    if place is None:
        raise UsageError(f"task {name!r}; expected package.module:NAME; give for example my_tasks:VOICE")
    module, attribute = place
    file = file_of(module, f"task {name!r}", "the task")
    source = source_of(file)
    if name in TASKS and TASKS[name].source == source:
        return TASKS[name]
    contents = vars(_imported(module, name))
    if attribute not in contents:
        known = [f"{module}:{each}" for each, value in contents.items() if isinstance(value, Task)]
        raise TaskNotFound(name, [*known, *TASKS])
    found = contents[attribute]
    if not isinstance(found, Task):
        raise UsageError(f"task {name!r} is of type {type(found).__name__}; expected lth.tasks.Task; correct {file}")
    if wrong := task_flaw(found):
        raise UsageError(f"task {name!r} has {wrong}; correct {file}")
    TASKS[name] = replace(found, name=name, source=source)
    if found.lab:
        lab.TASKS[name] = found.lab
    return TASKS[name]


def _imported(module: str, name: str) -> ModuleType:
    """The module as its file is now."""
    try:
        loaded = sys.modules.get(module)
        return importlib.reload(loaded) if loaded else importlib.import_module(module)
    except LthError:
        raise
    except (Exception, SystemExit) as cause:
        raise UsageError(
            f"task {name!r}, but {module} cannot be imported ({type(cause).__name__}: {cause}); expected a module that "
            f"defines the task; correct it"
        ) from cause
