import pytest

from lth.app.cli import main


def test_examples_of_the_lab_are_shown_with_their_labels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "show", "sst2", "-n", "6"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert all(line.startswith(("positive\t", "negative\t")) for line in lines)


def test_an_unknown_task_is_reported_with_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "show", "sst3"]) == 2
    assert capsys.readouterr().err.startswith("lth: no task 'sst3'; did you mean 'sst2'? Tasks: ")
