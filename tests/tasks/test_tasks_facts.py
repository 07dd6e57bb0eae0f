from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import lth
from lth.errors import TaskNotFound
from lth.tasks import TASKS, Task, get_task

ROOT = Path(lth.__file__).parents[1]
EVERY = pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))


def test_the_tasks_are_those_of_both_papers() -> None:
    assert list(TASKS) == ["cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte", "wnli", "squad", "mlm"]


@pytest.mark.parametrize(
    ("name", "percent"),
    # Chen et al. 2020, table 2: the highest sparsity with a winning ticket.
    [
        *[("mnli", 70), ("qqp", 90), ("stsb", 50), ("wnli", 90), ("qnli", 70), ("mrpc", 50), ("rte", 60)],
        *[("sst2", 60), ("cola", 50), ("squad", 40), ("mlm", 70)],
    ],
)
def test_a_tasks_sparsity_is_the_papers(name: str, percent: int) -> None:
    assert TASKS[name].sparsity == percent / 100


@EVERY
def test_a_task_says_the_same_thing_in_all_its_places(task: Task) -> None:
    assert len(task.files.codes) == len(task.labels)
    assert bool(task.labels) == (task.kind == "classification")
    assert task.metric == task.metrics[0]
    if task.kind in ("classification", "regression"):
        assert len(task.files.columns) == len(task.columns) == len(task.inputs) + 1


def test_labels_stand_in_glues_integer_order() -> None:
    assert TASKS["rte"].labels == TASKS["qnli"].labels == ("entailment", "not_entailment")
    assert TASKS["wnli"].labels == ("not_entailment", "entailment")
    assert TASKS["mnli"].labels == ("entailment", "neutral", "contradiction")


def test_an_unknown_task_is_named_with_its_nearest_neighbour() -> None:
    with pytest.raises(TaskNotFound) as error:
        get_task("sst3")
    assert str(error.value) == (
        "no task 'sst3'; did you mean 'sst2'? Tasks: cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli, squad, mlm"
    )


def test_an_unknown_task_in_a_worker_is_told_by_the_process_that_started_it() -> None:
    problem = TaskNotFound("sst3", ["cola", "sst2"])
    received = pickle.loads(pickle.dumps(problem))
    assert type(received) is TaskNotFound
    assert str(received) == str(problem)


def test_planning_imports_neither_datasets_nor_numpy_nor_torch(official: Callable[[str], Path]) -> None:
    data = str(official("cola"))
    program = (
        "import sys; from lth.tasks import TASKS, available, fingerprint\n"
        f"available({data!r}), fingerprint(TASKS['cola'], {data!r})\n"
        "available('hub'), fingerprint(TASKS['cola'], 'hub')\n"
        "print(sorted({'datasets', 'numpy', 'pandas', 'pyarrow', 'scipy', 'sklearn', 'torch'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (answer.stdout, answer.stderr) == ("[]\n", "")
