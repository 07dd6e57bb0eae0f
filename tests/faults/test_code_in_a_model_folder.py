"""A model's folder can hold code. It never runs, whatever the config says and whatever a person answers."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lth.compute.models import read_model
from lth.engine.models import CLASSIFIER, SPAN_FINDER, WORD_FILLER, load_model, load_tokenizer
from lth.errors import ModelError
from tests.faults.conftest import LTH, Enter
from tests.tiny import write_model

HOSTILE = """
from pathlib import Path
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

Path({marker!r}).touch()


class Config(BertConfig):
    model_type = "hostile"


class Model(BertForSequenceClassification):
    config_class = Config


class Words(PreTrainedTokenizerFast):
    pass
"""
CLASSES = {
    "AutoConfig": "hostile.Config",
    "AutoTokenizer": ["hostile.Words", "hostile.Words"],
    **dict.fromkeys((CLASSIFIER, SPAN_FINDER, WORD_FILLER, "AutoModel"), "hostile.Model"),
}
ANSWERS = {"nobody answers": "", "a person answers yes": "y\n" * 20}


class Runs:
    """Is made by a pickle as a call of os.mkdir."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that hostile code makes."""
    return tmp_path / "it ran"


@pytest.fixture
def hostile(tmp_path: Path, marker: Path) -> Path:
    """A model whose config and tokenizer name classes of its own, and which has them."""
    folder = write_model(tmp_path / "model")
    (folder / "hostile.py").write_text(HOSTILE.format(marker=str(marker)))
    for name in ("config.json", "tokenizer_config.json"):
        content = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(content | {"auto_map": CLASSES}))
    return folder


def unknown(folder: Path) -> Path:
    """The model with a model_type that only its own code knows."""
    content = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(content | {"model_type": "hostile"}))
    return folder


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_code_for_a_known_model_is_passed_over(
    answer: str, hostile: Path, marker: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    start = read_model(str(hostile))
    for auto in (CLASSIFIER, SPAN_FINDER, WORD_FILLER):
        assert type(load_model(start, 2, 0, auto)).__module__.startswith("transformers.models.bert")
    assert len(load_tokenizer(start)) == 23
    assert not marker.exists()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_model_that_needs_its_own_code_is_refused_in_one_line(
    answer: str, hostile: Path, marker: Path, good: Path, tmp_path: Path, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    words = ["lth", "shrink", f"{good}/gates.safetensors", f"--model={unknown(hostile)}", f"--out={tmp_path}/new"]
    ended = enter(words)
    assert ended.status == 2
    assert ended.out == ""
    assert len(ended.errors) == 1
    assert "custom code" in ended.errors[0]
    assert not marker.exists()
    assert not (tmp_path / "new").exists()


@pytest.mark.night
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("known", [True, False])
def test_a_process_with_an_input_runs_no_code_either(
    answer: str, known: bool, hostile: Path, marker: Path, good: Path, tmp_path: Path
) -> None:
    model = hostile if known else unknown(hostile)
    words = ["shrink", f"{good}/gates.safetensors", f"--model={model}", f"--out={tmp_path}/new"]
    words += ["--batch=2", "--length=8"]
    ended = subprocess.run(
        [sys.executable, "-c", LTH, *words], input=answer.encode(), capture_output=True, timeout=120, cwd=tmp_path
    )
    assert ended.returncode == (0 if known else 2), ended.stderr.decode()
    assert b"[y/N]" not in ended.stdout + ended.stderr
    assert not marker.exists()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "training_args.bin", "tf_model.h5"])
def test_pickles_are_never_read(name: str, good: Path, marker: Path, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    (folder / name).write_bytes(pickle.dumps(Runs(marker)))
    load_model(read_model(str(folder)), 2, 0)
    start = read_model(str(folder))
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"it has no model\.safetensors"):
        read_model(str(folder))
    with pytest.raises(ModelError, match="have changed since the run was planned"):
        load_model(start, 2, 0)
    assert not marker.exists()
