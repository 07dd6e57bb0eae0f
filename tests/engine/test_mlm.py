"""Laws of blocks and masks, and of training on masked words."""

import math
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from transformers import AutoConfig, AutoModelForMaskedLM

from lth.compute.models import read_model
from lth.engine.masks import magnitude
from lth.engine.mlm import IGNORE, Blocks, MaskedWords, blocks, logits_at, masked
from lth.engine.models import WORD_FILLER, load_model, load_tokenizer
from lth.engine.objectives import OBJECTIVES
from lth.engine.prunable import prunable
from lth.engine.train import Fit, fine_tune
from lth.errors import DataError, ModelError
from lth.spec.expressions import Pretrained, Recipe
from tests.engine.encoders import INPUTS, KINDS
from tests.tiny import BAD, FILLERS, GOOD

LENGTH = 16
RECIPE = Recipe(epochs=20, batch=16, lr=5e-3, warmup=0.1, max_length=LENGTH)
WORDS = FILLERS + GOOD + BAD


@pytest.fixture(scope="module")
def model(tiny: Path) -> Pretrained:
    return read_model(str(tiny / "model"))


@pytest.fixture(scope="module")
def tokenizer(model: Pretrained) -> Any:
    return load_tokenizer(model)


def texts(rows: list[list[str]]) -> Dataset:
    return Dataset.from_dict({"text": [" ".join(row) for row in rows]})


def repeated(count: int, seed: int) -> Dataset:
    """Documents of one repeated word: a masked word is the same as its neighbours."""
    rng = random.Random(seed)
    return texts([[rng.choice(WORDS)] * rng.randint(6, 14) for _ in range(count)])


documents = st.lists(st.lists(st.sampled_from(WORDS), max_size=40), min_size=1, max_size=8).filter(any)


@given(documents, st.integers(4, 30), st.booleans())
def test_blocks_hold_every_word_once_and_in_order(
    tokenizer: Any, rows: list[list[str]], length: int, lines: bool
) -> None:
    made = blocks(texts(rows), "text", tokenizer, length, lines=lines)
    assert tokenizer.convert_ids_to_tokens(made.whole[~made.special]) == [word for row in rows for word in row]
    assert made.lengths.max() <= length
    ends = np.cumsum(made.lengths)
    assert set(tokenizer.convert_ids_to_tokens(made.whole[ends - 1])) == {"[SEP]"}
    assert set(tokenizer.convert_ids_to_tokens(made.whole[ends - made.lengths])) == {"[CLS]"}


def test_lines_are_joined_to_full_blocks_and_documents_are_not_mixed(tokenizer: Any) -> None:
    rows = [["good"] * 5, ["bad"] * 20, ["the"] * 3]
    joined, apart = (blocks(texts(rows), "text", tokenizer, LENGTH, lines=lines) for lines in (True, False))
    assert joined.lengths.tolist() == [16, 16]
    assert apart.lengths.tolist() == [7, 16, 8, 5]


@given(documents, st.integers(0, 9))
def test_a_masked_block_differs_from_the_text_at_masked_positions_only(
    tokenizer: Any, rows: list[list[str]], seed: int
) -> None:
    made = masked(blocks(texts(rows), "text", tokenizer, LENGTH, lines=False), torch.Generator().manual_seed(seed))
    shown = np.concatenate([feature["input_ids"] for feature in made.features])
    padded = np.full(made.targets.shape, IGNORE)
    for row, feature in zip(padded, made.features, strict=True):
        row[: len(feature["input_ids"])] = 0
    wanted = made.targets[padded == 0]
    assert (made.targets[padded == IGNORE] == IGNORE).all()
    assert (wanted[wanted != IGNORE] == made.whole[wanted != IGNORE]).all()
    assert (shown[wanted == IGNORE] == made.whole[wanted == IGNORE]).all()
    assert not (made.special & (wanted != IGNORE)).any()
    assert ((made.targets != IGNORE).sum(1) > 0).all()


def test_fifteen_percent_are_masked_and_of_these_eighty_percent_hidden_and_ten_replaced(tokenizer: Any) -> None:
    made = blocks(texts([["the"] * 100_000]), "text", tokenizer, 100, lines=False)
    shown = np.concatenate([feature["input_ids"] for feature in made.features])
    count = (made.targets != IGNORE).sum()
    hidden = (shown == tokenizer.mask_token_id).sum()
    replaced = (shown != made.whole).sum() - hidden
    # standard errors: .0011 of .15 over 100,000 words; .0033 of .8 and .0024 of .1 over the 15,000 masked ones
    assert count / 100_000 == pytest.approx(0.15, abs=0.005)
    assert hidden / count == pytest.approx(0.8, abs=0.014)
    # one in eighteen of the words that replace it is "the" itself
    assert replaced / count == pytest.approx(0.1 * 17 / 18, abs=0.01)
    others = Counter(shown[(shown != made.whole) & (shown != tokenizer.mask_token_id)].tolist())
    assert set(others) == set(tokenizer.convert_tokens_to_ids(list(WORDS))) - {tokenizer.convert_tokens_to_ids("the")}


def test_masks_are_drawn_from_the_seed_in_each_epoch_and_those_of_dev_are_fixed(tokenizer: Any) -> None:
    data, stream = repeated(50, 0), torch.Generator().manual_seed(1)
    made, again = (blocks(data, "text", tokenizer, LENGTH, lines=False) for _ in range(2))
    assert np.array_equal(made.targets, again.targets)
    assert made.features == again.features
    first, second = (masked(made, stream) for _ in range(2))
    assert not np.array_equal(first.targets, second.targets)
    same = masked(made, torch.Generator().manual_seed(1))
    assert np.array_equal(first.targets, same.targets)
    assert first.features == same.features


def test_data_without_words_is_refused(tokenizer: Any) -> None:
    with pytest.raises(DataError, match="the 2 rows of 'text' have no text"):
        blocks(texts([[], []]), "text", tokenizer, LENGTH, lines=True)


def test_a_tokenizer_without_a_mask_is_refused(tiny: Path) -> None:
    from transformers import AutoTokenizer

    bare = AutoTokenizer.from_pretrained(str(tiny / "model"))
    bare.mask_token = None
    with pytest.raises(ModelError, match=r"tokenizer has no \[MASK\]; expected all of"):
        blocks(texts([["good"]]), "text", bare, LENGTH, lines=True)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "," not in kind])
def test_logits_at_some_positions_equal_those_of_the_whole_text(kind: str) -> None:
    config = AutoConfig.for_model(kind, **KINDS[kind])
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        network = AutoModelForMaskedLM.from_config(config, attn_implementation="eager").eval()
        picked = torch.zeros(INPUTS["input_ids"].shape, dtype=torch.bool)
        picked[0, 2:4] = picked[2, 1] = picked[3, 0] = True
        torch.testing.assert_close(logits_at(network, INPUTS, picked), network(**INPUTS).logits[picked])


@pytest.fixture(scope="module")
def data(tokenizer: Any) -> tuple[Blocks, Blocks]:
    train, dev = (
        blocks(repeated(count, seed), "text", tokenizer, LENGTH, lines=False) for count, seed in ((300, 0), (80, 1))
    )
    return train, dev


def fit(model: Pretrained, data: tuple[Blocks, Blocks], recipe: Recipe = RECIPE, seed: int = 0, **options: Any) -> Fit:
    network = load_model(model, 1, seed, WORD_FILLER)
    return fine_tune(network, *data, recipe, seed, objective=OBJECTIVES["mlm"], **options)


def test_a_small_model_learns_to_fill_in_masked_words(model: Pretrained, data: tuple[Blocks, Blocks]) -> None:
    objective, dev = MaskedWords(), data[1]
    answers = objective.answers(dev)
    network = load_model(model, 1, 0, WORD_FILLER)
    untrained, before = objective.predict(network, dev, RECIPE, torch.device("cpu"))
    result = fit(model, data)
    assert result.predictions.shape == answers.shape
    assert np.mean(untrained == answers) < 0.2
    assert np.mean(result.predictions == answers) > 0.8
    # an untrained head knows about as little as one word in the whole vocabulary of 23
    assert before["perplexity"] == pytest.approx(23, rel=0.2)
    assert 1 < result.scores["perplexity"] < 3


def test_perplexity_is_that_of_the_mean_cross_entropy_at_masked_positions(
    model: Pretrained, data: tuple[Blocks, Blocks]
) -> None:
    network, dev = load_model(model, 1, 0, WORD_FILLER).eval(), data[1]
    total, count = 0.0, 0
    for feature, target in zip(dev.features, torch.from_numpy(dev.targets), strict=True):
        with torch.no_grad():
            found = network(input_ids=torch.tensor([feature["input_ids"]])).logits[0].log_softmax(-1)
        for at in (target != IGNORE).nonzero().flatten().tolist():
            total, count = total - float(found[at, target[at]]), count + 1
    _, scores = MaskedWords().predict(network, dev, RECIPE, torch.device("cpu"))
    assert scores["perplexity"] == pytest.approx(math.exp(total / count), rel=1e-5)


def test_the_same_seed_gives_the_same_words_and_a_mask_is_kept(model: Pretrained, data: tuple[Blocks, Blocks]) -> None:
    short = Recipe(epochs=2, batch=16, lr=5e-3, max_length=LENGTH)
    weights = {name: part.detach() for name, part in prunable(load_model(model, 1, 0, WORD_FILLER)).items()}
    mask, seen = magnitude(weights, 0.5), dict[str, Tensor]()

    def keep(weights: dict[str, Tensor]) -> None:
        seen.update({name: part.clone() for name, part in weights.items()})

    first, again = (fit(model, data, short, mask=mask, snapshots={1.0: keep}) for _ in range(2))
    assert first.losses == again.losses
    assert np.array_equal(first.predictions, again.predictions)
    assert first.losses != fit(model, data, short, seed=1).losses
    for name, part in mask.items():
        assert not seen[f"bert.{name}"][~part].any()
        assert seen[f"bert.{name}"][part].all()


def test_a_failed_run_predicts_no_words(model: Pretrained, data: tuple[Blocks, Blocks]) -> None:
    result = fit(model, data, Recipe(epochs=1, batch=16, lr=1e38, max_length=LENGTH))
    assert result.failure is not None
    assert np.isnan(result.predictions).all()
    assert result.scores == {}


def test_the_most_frequent_word_is_counted_over_the_whole_text(data: tuple[Blocks, Blocks], tokenizer: Any) -> None:
    labels = MaskedWords().labels(data[0])
    assert len(labels) == len(data[0].whole) - 2 * len(data[0])
    assert not set(labels) & set(tokenizer.all_special_ids)
