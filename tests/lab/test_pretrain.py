"""Pre-training is deterministic, masks what it says, and its pairs follow or come from another document."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lth.app.cli import main
from lth.errors import UsageError
from lth.lab import STATE
from lth.lab.corpus import documents
from lth.lab.instances import CLS, IGNORE, MASK, PAD, SEP, batches, collate, instances
from lth.lab.pretrain import PretrainingRecipe, densities, evaluate, mask_rates, new_model, pretrain
from lth.lab.tokenizer import word_ids

DATA = instances(600, 5, 0.6)


@pytest.fixture(autouse=True)
def _torch_as_it_was() -> object:
    threads = torch.get_num_threads()
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(threads)


def stop(out: Path, after: int, **given: int) -> None:
    """A pre-training that ends as Ctrl-C ends it, in the batch after this many."""
    left = iter(range(after))

    def collated(*given: Any) -> object:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return collate(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lth.lab.pretrain.collate", collated)
        with pytest.raises(KeyboardInterrupt):
            pretrain(out, threads=1, **given)


def test_a_stopped_run_goes_on_to_the_weights_of_an_uninterrupted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lth.lab.pretrain.evaluate", lambda *given: {"mlm_accuracy": 0.5})
    whole = pretrain(tmp_path / "whole", steps=5, threads=1)
    stop(tmp_path / "stopped", after=4, steps=5, save_every=2)
    assert [file.name for file in (tmp_path / "stopped").iterdir()] == [STATE]
    resumed: list[int] = []
    monkeypatch.setattr("lth.lab.pretrain.collate", lambda *given: resumed.append(1) or collate(*given))
    stopped = pretrain(tmp_path / "stopped", steps=5, threads=1, save_every=2)
    assert len(resumed) == 1  # the state was written after the fourth batch
    assert {file.name for file in stopped.iterdir()} == {file.name for file in whole.iterdir()}
    for file in whole.iterdir():
        assert (stopped / file.name).read_bytes() == file.read_bytes()
    record = json.loads((stopped / "recipe.json").read_text())
    assert record["steps_done"] == record["recipe"]["steps"] == 5
    assert {"corpus_sha256", "mlm_accuracy", "density_at_70_percent"} <= set(record)


def test_a_folder_with_the_state_of_another_seed_is_refused_in_one_line(tmp_path: Path) -> None:
    stop(tmp_path, after=1, steps=2, save_every=1)
    with pytest.raises(UsageError, match=r"has an unfinished pre-training with seed=0, but seed=1 was asked for; exp"):
        pretrain(tmp_path, steps=2, threads=1, seed=1)
    (tmp_path / STATE).write_bytes(b"no state")
    with pytest.raises(UsageError, match=rf"{STATE} cannot be read \(.+\); expected the state of an unfinished"):
        pretrain(tmp_path, steps=2, threads=1)


def test_the_command_goes_on_in_its_own_unfinished_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    monkeypatch.setattr("lth.lab.pretrain.pretrain", lambda out, **given: asked.append(out) or out)
    (tmp_path / STATE).touch()
    main(["lab", "pretrain", f"--out={tmp_path}"])
    assert asked == [tmp_path]


def test_an_untrained_model_guesses_few_masked_words() -> None:
    recipe = PretrainingRecipe(1, 0, 1)
    found = evaluate(new_model(recipe).eval(), recipe, count=64)
    assert found["mlm_accuracy"] < 0.1
    assert 0 <= found["next_sentence_accuracy"] <= 1


def test_no_steps_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^steps=0, threads=2; expected at least 1 each; leave them out"):
        pretrain(tmp_path, steps=0)


def test_every_sequence_is_in_one_batch_an_epoch() -> None:
    seen = np.concatenate(list(batches(DATA, 64, 0, epochs=2)))
    assert np.array_equal(np.sort(seen), np.repeat(np.arange(600), 2))


def test_half_of_the_pairs_follow_and_those_read_like_their_document() -> None:
    pairs = DATA.follows[DATA.follows != IGNORE]
    assert 0.4 < pairs.mean() < 0.6
    words = word_ids()
    for index, sentences in enumerate(islice(documents(5), 600)):
        plain = [token for token in DATA.ids[index] if token not in (CLS, SEP)]
        original = [words[word] for sentence in sentences for word in sentence]
        assert (plain == original) == (DATA.follows[index] != 0)


def test_only_words_are_masked_and_their_targets_are_what_was_there() -> None:
    chosen = next(batches(DATA, 64, 0))
    masked, segments, hidden, positions, targets, _ = collate(
        DATA, chosen, mask_rates(PretrainingRecipe(1, 0, 1)), np.random.default_rng(0)
    )
    restored = masked.copy()
    restored.ravel()[positions] = targets
    for row, index in zip(restored, chosen, strict=True):
        assert np.array_equal(row[row != PAD], DATA.ids[index])
    assert not set(targets) & {PAD, CLS, SEP}
    assert 0.6 < np.mean(masked.ravel()[positions] == MASK) < 0.95
    assert np.array_equal(hidden[:, 0, 0] < 0, restored == PAD)
    assert not segments[:, 0].any()


def test_densities_average_to_what_is_kept() -> None:
    model = new_model(PretrainingRecipe(1, 0, 1))
    density = densities(model, 0.7)
    sizes = {name: model.bert.get_parameter(name).numel() for name in density}
    kept = sum(density[name] * size for name, size in sizes.items()) / sum(sizes.values())
    assert abs(kept - 0.3) < 0.001
