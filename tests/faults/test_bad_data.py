"""Faults in data that a plan does not see, because it does not read examples: one line when they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from lth.errors import DataError
from lth.tasks import get_task, load
from tests.faults.conftest import Enter
from tests.faults.kinds.data import QUESTIONS, TABLES
from tests.faults.permissions import closed
from tests.faults.table import Bad
from tests.tiny import write_data

CASES = [
    pytest.param(task, bad, id=f"{task}-{name}".replace(" ", "_"))
    for task, inputs in (("sst2", TABLES), ("squad", QUESTIONS))
    for name, bad in inputs.items()
]


@pytest.mark.parametrize(("task", "bad"), CASES)
def test_faulty_examples_are_refused_in_one_line(task: str, bad: Bad, tmp_path: Path) -> None:
    place = bad.make(tmp_path)
    with pytest.raises(DataError) as error:
        load(get_task(task), place)
    line = str(error.value)
    assert bad.says in line
    assert tmp_path.name in line
    assert line.isprintable()
    assert len(line) < 1500


@pytest.mark.night
@pytest.mark.parametrize(("task", "bad"), CASES)
def test_a_run_on_faulty_examples_ends_with_one_line_and_stores_nothing(
    task: str, bad: Bad, enter_anew: Enter, good: Path, tmp_path: Path
) -> None:
    words = [f"--task={task}", f"--model={good}/model", f"--data={bad.make(tmp_path)}", "--seeds=1"]
    words += ["--claims-protocol=short:epochs=1,batch=16,max_length=16", "--claims-only=chen-1"]
    ended = enter_anew(["pytest", "CLAIMS", *words, f"--claims-store={tmp_path}/store", "--claims-workers=1"])
    assert bad.says in ended.out + ended.err
    assert ended.status != 0
    assert "Traceback" not in ended.out + ended.err
    assert not list((tmp_path / "store").glob("??/*/entry.json"))


@pytest.mark.parametrize("name", ["SST-2/train.tsv", "SST-2/dev.tsv", "SST-2", "."])
def test_data_that_may_not_be_read_are_refused_in_one_line(name: str, enter: Enter, good: Path, tmp_path: Path) -> None:
    data = write_data(tmp_path / "data", 8, 4)
    with closed(data / name):
        ended = enter(["pytest", "CLAIMS", "--claims-plan", f"--model={good}/model", f"--data={data}"])
    assert len(ended.errors) == 1, ended.err
    reason = "expected a place that you may read" if name == "." else "Permission denied"
    assert str(data) in ended.errors[0]
    assert reason in ended.errors[0]
    assert ended.status == 4
