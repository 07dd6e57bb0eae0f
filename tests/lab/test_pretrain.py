"""Pre-training is deterministic, masks what it says, and its pairs follow or come from another document."""

from __future__ import annotations

import json
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from lth.errors import UsageError
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


def test_two_runs_give_the_same_weights_and_say_how_they_were_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lth.lab.pretrain.evaluate", partial(evaluate, count=64))
    for name in ("one", "two"):
        pretrain(tmp_path / name, steps=2, threads=1)
    one, two = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two
    record = json.loads((tmp_path / "one" / "recipe.json").read_text())
    assert record["steps_done"] == record["recipe"]["steps"] == 2
    assert {"corpus_sha256", "mlm_accuracy", "next_sentence_accuracy", "density_at_70_percent"} <= set(record)


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
