"""Models that may not be read, and folders that may not be written over, beside the inputs of the table."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lth.lab import CHECKPOINT
from tests.faults.conftest import Enter
from tests.faults.permissions import closed, heeded

SMALL = ["--batch=2", "--length=8"]


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors", "."])
def test_a_model_that_may_not_be_read_is_refused_in_one_line(
    name: str, enter: Enter, good: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(good / "model", model)
    with closed(model / name):
        ended = enter(["pytest", "CLAIMS", "--claims-plan", f"--model={model}", f"--data={good}/data"])
    assert len(ended.errors) == 1, ended.err
    reason = "expected a place that you may read" if name == "." else "cannot be read (Permission denied)"
    assert str(model) in ended.errors[0]
    assert reason in ended.errors[0]
    assert ended.status == 4


@pytest.mark.parametrize(
    "words", [["shrink", "{good}/gates.safetensors", "--model={good}/model"], ["lab", "pretrain", "--steps=1"]]
)
def test_a_folder_that_may_not_be_written_is_refused_before_anything_is_computed(
    words: list[str], enter: Enter, good: Path, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o500)
    with heeded():
        ended = enter(["lth", *(word.format(good=good) for word in words), f"--out={closed}/new"])
    assert ended.errors == [
        f"lth: --out={closed}/new cannot be written (Permission denied); expected a folder that you may write; choose "
        f"another"
    ]
    assert ended.status == 2
    assert ended.out == ""


def test_gates_shrink_the_model_that_they_are_for(enter: Enter, good: Path, tmp_path: Path) -> None:
    ended = enter(
        ["lth", "shrink", f"{good}/gates.safetensors", f"--model={good}/model", f"--out={tmp_path}/new", *SMALL]
    )
    assert ended.status == 0, ended.err
    assert (tmp_path / "new" / "model.safetensors").is_file()


def test_a_checkpoint_of_the_lab_may_be_written_over_and_no_other_folder(
    enter: Enter, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Path] = []
    monkeypatch.setattr("lth.lab.pretrain.pretrain", lambda out, **options: written.append(out) or out)
    shutil.copytree(CHECKPOINT, tmp_path / "checkpoint")
    assert enter(["lth", "lab", "pretrain", f"--out={tmp_path}/checkpoint"]).status == 0
    assert enter(["lth", "lab", "pretrain"]).status == 0
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "recipe.json").write_text('{"soup": ["water", "salt"]}')
    for other in (good / "model", tmp_path / "recipes"):
        assert enter(["lth", "lab", "pretrain", f"--out={other}"]).status == 2
    assert written == [tmp_path / "checkpoint", Path("lab-checkpoint")]
