import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from lth.app.cli import main
from lth.engine import masks
from lth.engine.gates import gated
from lth.engine.shrink import load
from tests.tiny import write_model

HEADS, MLPS = [[1, 0], [0, 0]], [0, 1]


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    """A fine-tuned model's folder: encoder, head and tokenizer."""
    folder = write_model(tmp_path / "model")
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = AutoModelForSequenceClassification.from_pretrained(str(folder), num_labels=3)
        torch.nn.init.normal_(model.classifier.weight)
    model.save_pretrained(folder)
    return folder


def run_file(folder: Path, **structure: Any) -> Path:
    """A claim run's JSON with the gates of two seeds."""
    found = {
        "task": "sst2",
        "model": "lab",
        "pruning": "structured",
        "seeds": [0, 7],
        "heads": [[[1, 1], [1, 1]], HEADS],
        "mlps": [[1, 1], MLPS],
    }
    path = folder / "verdicts.json"
    path.write_text(json.dumps({"schema": 1, "claims": [], "structures": [found | structure]}))
    return path


def logits(model: torch.nn.Module) -> torch.Tensor:
    ids = torch.arange(5, 17).view(2, 6)
    with torch.no_grad():
        found = model.eval()(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    assert isinstance(found, torch.Tensor)
    return found


def test_a_classifier_is_made_smaller_by_the_gates_of_a_run(
    classifier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, run = tmp_path / "small", run_file(tmp_path)
    wanted = ["--task", "sst2", "--seed", "7", "--batch", "2", "--length", "8"]
    assert main(["shrink", str(run), "--model", str(classifier), "--out", str(out), *wanted]) == 0
    full = AutoModelForSequenceClassification.from_pretrained(str(classifier), attn_implementation="eager")
    with gated(full, torch.tensor(HEADS, dtype=torch.bool), torch.tensor(MLPS, dtype=torch.bool)):
        torch.testing.assert_close(logits(load(out)), logits(full), rtol=0, atol=1e-5)
    printed = capsys.readouterr().out
    # Of two layers 16 wide with MLPs of 32, 4 x 16 x 16 + 2 x 16 x 32 each, one head of 8 and one MLP are left.
    assert re.search(r"multiply-accumulates per token +4,096 +1,536 +37.5%", printed)
    assert f"wrote {out}" in printed
    assert "new one" not in printed


def test_a_classifier_is_made_smaller_by_a_mask_file_too(classifier: Path, tmp_path: Path) -> None:
    mask = {"heads": torch.tensor(HEADS, dtype=torch.bool), "mlps": torch.tensor(MLPS, dtype=torch.bool)}
    masks.save(mask, tmp_path / "gates.safetensors")
    out = tmp_path / "small"
    assert main(["shrink", f"{tmp_path}/gates.safetensors", "--model", str(classifier), "--out", str(out)]) == 0
    assert logits(load(out)).shape == (2, 3)


def test_an_encoder_without_a_head_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, run = write_model(tmp_path / "model"), run_file(tmp_path)
    assert main(["shrink", str(run), "--model", str(folder), "--out", f"{tmp_path}/small", "--seed", "7"]) == 0
    assert "has no task head: the smaller model has a new one" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--task=? --seed=? fits 2 subnetworks of {run}; expected one; they are (task seed): sst2 0, sst2 7"),
        (
            ["--seed", "3"],
            "--task=? --seed=3 fits 0 subnetworks of {run}; expected one; they are (task seed): sst2 0, sst2 7",
        ),
        (
            ["--seed", "7", "--out", "{taken}"],
            "--out={taken} is not empty; expected a new or an empty",
        ),
    ],
)
def test_a_choice_that_fits_no_single_subnetwork_is_reported_in_one_line(
    arguments: list[str], message: str, classifier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"run": run_file(tmp_path), "taken": classifier}
    given = ["--model", str(classifier), "--out", f"{tmp_path}/small", *(each.format(**places) for each in arguments)]
    assert main(["shrink", str(places["run"]), *given]) == 2
    assert capsys.readouterr().err.startswith(f"lth: {message.format(**places)}")


def test_a_run_without_gates_and_a_mask_of_weights_are_refused(
    classifier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--model", str(classifier), "--out", f"{tmp_path}/small"]
    nothing = tmp_path / "nothing.json"
    nothing.write_text(json.dumps({"schema": 1, "claims": [], "structures": []}))
    assert main(["shrink", str(nothing), *given]) == 2
    assert "has no gates; expected a run of structured pruning" in capsys.readouterr().err
    masks.save({"a.weight": torch.ones(2, 2, dtype=torch.bool)}, tmp_path / "weights.safetensors")
    assert main(["shrink", f"{tmp_path}/weights.safetensors", *given]) == 2
    assert "is a mask of weights; expected one of gates" in capsys.readouterr().err
    assert not (tmp_path / "small").exists()


def test_corrupt_weights_are_reported_in_one_line(
    classifier: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (classifier / "model.safetensors").write_bytes(b"no weights")
    given = ["--model", str(classifier), "--out", f"{tmp_path}/small", "--seed", "7"]
    assert main(["shrink", str(run_file(tmp_path)), *given]) == 2
    assert capsys.readouterr().err.startswith(
        f"lth: model folder {classifier}: model.safetensors is not a whole safetensors file; expected "
    )
