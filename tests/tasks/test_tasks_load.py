from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lth import lab
from lth.errors import DataError, TaskNotFound, UsageError
from lth.tasks import TASKS, available, fingerprint, load, parse_tasks


@pytest.fixture
def data(official: Callable[[str], Path]) -> str:
    for name in ("rte", "sst2", "cola"):
        folder = official(name)
    return str(folder)


def test_available_are_the_tasks_with_both_files_in_the_order_of_the_facts(data: str) -> None:
    assert available(data) == ["cola", "sst2", "rte"]
    Path(data, "SST-2/dev.tsv").unlink()
    assert available(data) == ["cola", "rte"]


def test_the_hub_holds_all_tasks() -> None:
    assert available("hub") == list(TASKS)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("rte", ("rte",)),
        ("rte,cola", ("rte", "cola")),
        (" rte , cola,rte,", ("rte", "cola")),
        ("all", ("cola", "sst2", "rte")),
        ("rte,all", ("rte", "cola", "sst2")),
    ],
)
def test_task_names_are_parted_by_commas_and_kept_once(data: str, text: str, names: tuple[str, ...]) -> None:
    assert parse_tasks(text, data) == names


def test_an_unknown_task_gets_a_hint(data: str) -> None:
    with pytest.raises(TaskNotFound, match=r"^no task 'sst3'; did you mean 'sst2'\? Tasks: cola, sst2, "):
        parse_tasks("cola,sst3", data)


def test_a_task_that_the_data_lack_is_refused_with_those_they_hold(data: str) -> None:
    with pytest.raises(DataError) as error:
        parse_tasks("mrpc", data)
    assert str(error.value) == f"no task 'mrpc' in --data={data}; it holds cola, sst2, rte; choose among these"


@pytest.mark.parametrize("text", ["", " ", ","])
def test_no_task_at_all_is_a_usage_error(data: str, text: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_tasks(text, data)
    assert str(error.value) == (
        f"--task={text!r} names no task; expected names separated by commas, or all; tasks: {', '.join(TASKS)}"
    )


def test_the_lab_gives_glues_columns_and_labels_within_range() -> None:
    if not hasattr(pytest.importorskip("lth.lab"), "splits"):
        pytest.skip("this installation has no lab")
    names = available("lab")
    assert {"sst2", "cola", "rte", "stsb", "mlm"} <= set(names)
    assert len({fingerprint(TASKS[name], "lab") for name in names}) == len(names)
    for name in ("cola", "stsb"):
        task = TASKS[name]
        splits = load(task, "lab")
        assert splits.train.column_names == splits.dev.column_names == list(task.columns)
        labels = list(splits.dev["label"])
        assert set(labels) == {0, 1} if task.labels else 0 <= min(labels) < max(labels) <= 5


def test_a_task_that_the_lab_lacks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "TASKS", ("sst2", "cola"))
    with pytest.raises(DataError, match=r"^no task 'rte' in the lab; it holds sst2, cola; choose among these$"):
        load(TASKS["rte"], "lab")
