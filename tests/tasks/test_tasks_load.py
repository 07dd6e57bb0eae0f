from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lth import lab
from lth.errors import DataError
from lth.tasks import TASKS, available, fingerprint, load


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
