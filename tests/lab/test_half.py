"""Half precision: what is stored, what is said about it, and what is loaded."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BertForPreTraining

from lth.lab.half import halve
from lth.lab.pretrain import PretrainingRecipe, new_model


def test_halved_weights_are_stored_rounded_and_loaded_in_single_precision(tmp_path: Path) -> None:
    model = new_model(PretrainingRecipe(1, 0, 1))
    model.save_pretrained(tmp_path)
    (tmp_path / "recipe.json").write_text('{"steps_done": 1}')
    before = load_file(tmp_path / "model.safetensors")
    halve(tmp_path)
    after = load_file(tmp_path / "model.safetensors")
    assert {part.dtype for part in after.values()} == {torch.float16}
    assert all(torch.equal(after[name], part.half()) for name, part in before.items())
    assert json.loads((tmp_path / "recipe.json").read_text()) == {"steps_done": 1, "weights": "float16"}
    loaded = BertForPreTraining.from_pretrained(tmp_path)
    assert {part.dtype for part in loaded.parameters()} == {torch.float32}
    for name, part in loaded.named_parameters():
        assert torch.allclose(part, before[name], rtol=1 / 2048, atol=3e-8)
