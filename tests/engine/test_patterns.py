"""The rule on constructed attention maps of each kind, with noise, and what it must not depend on."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lth.engine import patterns
from lth.engine.batches import Encoded
from lth.engine.patterns import Pattern, classify, shares
from lth.errors import EngineError
from tests.engine.encoders import HEADS, KINDS, LAYERS, classifier

PAD, CLS, SEP = 0, 1, 2
Map = Callable[[list[int], np.random.Generator], np.ndarray]


def examples(pairs: bool, count: int = 24, shortest: int = 8, longest: int = 40, seed: int = 0) -> Encoded:
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        words = rng.integers(3, 50, rng.integers(shortest, longest)).tolist()
        cut = int(rng.integers(3, len(words) - 2)) if pairs else len(words)
        rows.append([CLS, *words[:cut], SEP, *([*words[cut:], SEP] if pairs else [])])
    return Encoded([{"input_ids": row} for row in rows], np.zeros(count, np.float32), PAD)


def normalised(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(-1, keepdims=True)


def uniform(ids: list[int], rng: np.random.Generator) -> np.ndarray:
    return normalised(np.ones((len(ids), len(ids))))


def scattered(ids: list[int], rng: np.random.Generator) -> np.ndarray:
    return rng.dirichlet(np.full(len(ids), 0.2), len(ids))


def one_word(ids: list[int], rng: np.random.Generator) -> np.ndarray:
    chosen = np.zeros((len(ids), len(ids)))
    chosen[:, rng.choice([at for at, token in enumerate(ids) if token > SEP])] = 1
    return chosen


def neighbour(*steps: int) -> Map:
    def attend(ids: list[int], rng: np.random.Generator) -> np.ndarray:
        at = np.arange(len(ids))
        return np.mean([np.eye(len(ids))[np.clip(at + step, 0, len(ids) - 1)] for step in steps], axis=0)

    return attend


def to_token(*tokens: int) -> Map:
    def attend(ids: list[int], rng: np.random.Generator) -> np.ndarray:
        return normalised(np.tile(np.isin(ids, tokens).astype(float), (len(ids), 1)))

    return attend


def own_segment(ids: list[int], rng: np.random.Generator) -> np.ndarray:
    second = np.arange(len(ids)) > ids.index(SEP)
    return normalised((second[:, None] == second[None, :]).astype(float))


def other_segment(ids: list[int], rng: np.random.Generator) -> np.ndarray:
    second = np.arange(len(ids)) > ids.index(SEP)
    return normalised((second[:, None] != second[None, :]).astype(float))


def mixture(share: float, first: Map, second: Map) -> Map:
    return lambda ids, rng: share * first(ids, rng) + (1 - share) * second(ids, rng)


class Canned(nn.Module):
    """A model of one layer with given attention maps; those of padding are nonsense."""

    def __init__(self, *heads: Map, noise: float = 0.0) -> None:
        super().__init__()
        self.heads, self.noise, self.rng = heads, noise, np.random.default_rng(7)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, output_attentions: bool) -> SimpleNamespace:
        assert output_attentions
        batch, longest = input_ids.shape
        maps = self.rng.random((batch, len(self.heads), longest, longest)) * 9
        for example, (ids, size) in enumerate(zip(input_ids.tolist(), attention_mask.sum(1).tolist(), strict=True)):
            for head, attend in enumerate(self.heads):
                kept = (1 - self.noise) * attend(ids[:size], self.rng)
                maps[example, head, :size, :size] = kept + self.noise * scattered(ids[:size], self.rng)
        return SimpleNamespace(attentions=(torch.from_numpy(maps).float(),))


ALL_SORTS: dict[str, tuple[Map, Pattern]] = {
    "the previous token": (neighbour(-1), Pattern.DIAGONAL),
    "the next token": (neighbour(1), Pattern.DIAGONAL),
    "itself": (neighbour(0), Pattern.DIAGONAL),
    "all neighbours": (neighbour(-1, 0, 1), Pattern.DIAGONAL),
    "[CLS]": (to_token(CLS), Pattern.VERTICAL),
    "[SEP]": (to_token(SEP), Pattern.VERTICAL),
    "both special tokens": (to_token(CLS, SEP), Pattern.VERTICAL),
    "the next token or [SEP]": (mixture(0.5, neighbour(1), to_token(SEP)), Pattern.MIXED),
    "neighbours or, less, [CLS]": (mixture(0.6, neighbour(-1, 1), to_token(CLS)), Pattern.MIXED),
    "everything": (uniform, Pattern.HETEROGENEOUS),
    "a few tokens at random": (scattered, Pattern.HETEROGENEOUS),
    "one word": (one_word, Pattern.HETEROGENEOUS),
    "[SEP] for a quarter": (mixture(0.25, to_token(SEP), scattered), Pattern.HETEROGENEOUS),
    "the token three before": (neighbour(-3), Pattern.HETEROGENEOUS),
    "all tokens nearby": (neighbour(*range(-5, 6)), Pattern.HETEROGENEOUS),
}


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.25])
@pytest.mark.parametrize("pairs", [False, True], ids=["one text", "two texts"])
@pytest.mark.parametrize("what", ALL_SORTS)
def test_a_head_that_attends_to(what: str, pairs: bool, noise: float) -> None:
    attend, pattern = ALL_SORTS[what]
    found = shares(Canned(attend, noise=noise), examples(pairs)).labels
    assert found == ((pattern,),)


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.25])
def test_a_head_that_stays_within_its_text_is_a_block(noise: float) -> None:
    assert shares(Canned(own_segment, noise=noise), examples(pairs=True)).labels == ((Pattern.BLOCK,),)


def test_a_head_that_attends_to_the_other_text_only_is_not_a_block() -> None:
    found = shares(Canned(other_segment), examples(pairs=True))
    assert found.labels == ((Pattern.HETEROGENEOUS,),)
    assert float(found.block) < 0


def test_without_pairs_nothing_is_a_block() -> None:
    found = shares(Canned(uniform), examples(pairs=False))
    assert found.block.isnan().all()


def test_the_shortest_sentences_alone_do_not_look_structured() -> None:
    # In [CLS] a b c [SEP] 19 of 25 places are on a diagonal or a special token; chance must not count.
    short = examples(pairs=False, count=200, shortest=3, longest=4)
    found = shares(Canned(uniform, scattered, neighbour(1), to_token(SEP)), short)
    assert found.structured[0, 0] == pytest.approx(0, abs=1e-6)
    assert found.labels[0] == (Pattern.HETEROGENEOUS, Pattern.HETEROGENEOUS, Pattern.DIAGONAL, Pattern.VERTICAL)


def test_a_mass_is_1_for_all_attention_and_0_for_uniform_attention() -> None:
    found = shares(Canned(neighbour(-1, 0, 1), to_token(CLS, SEP), own_segment, uniform), examples(pairs=True))
    one_or_zero = pytest.approx([1, 0], abs=1e-6)
    assert [float(found.diagonal[0, 0]), float(found.diagonal[0, 3])] == one_or_zero
    assert [float(found.vertical[0, 1]), float(found.vertical[0, 3])] == one_or_zero
    assert [float(found.block[0, 2]), float(found.block[0, 3])] == one_or_zero


def test_mass_on_the_diagonals_step_by_step() -> None:
    # [CLS] a b [SEP], every token attending to the one before: all of the mass on the diagonals, which have 10 of 16
    # cells. On special tokens: [CLS] and a attend to [CLS], b and [SEP] to a and b: 2 of 4 rows; uniform 2 of 4.
    found = shares(Canned(neighbour(-1)), Encoded([{"input_ids": [CLS, 5, 6, SEP]}], np.zeros(1, np.float32), PAD))
    assert float(found.diagonal) == pytest.approx((1 - 10 / 16) / (1 - 10 / 16))
    assert float(found.vertical) == pytest.approx((2 / 4 - 2 / 4) / (1 - 2 / 4))


def test_two_separators_between_texts_are_read_as_roberta_writes_them() -> None:
    rows = [[CLS, *range(10, 16), SEP, SEP, *range(20, 27), SEP]] * 3
    found = shares(Canned(own_segment), Encoded([{"input_ids": row} for row in rows], np.zeros(3, np.float32), PAD))
    assert found.labels == ((Pattern.BLOCK,),)


@pytest.mark.parametrize("batch", [5, 24])
def test_padding_is_ignored(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    heads = (neighbour(-1), to_token(SEP), own_segment, uniform)
    monkeypatch.setattr(patterns, "BATCH", 1)
    alone = shares(Canned(*heads), examples(pairs=True))
    monkeypatch.setattr(patterns, "BATCH", batch)
    padded = shares(Canned(*heads), examples(pairs=True))
    for name in ("diagonal", "vertical", "structured", "block"):
        torch.testing.assert_close(getattr(padded, name), getattr(alone, name), atol=1e-6, rtol=0, equal_nan=True)


def test_only_as_many_examples_as_the_limit_are_used() -> None:
    some = examples(pairs=True)
    first = Encoded(some.features[:4], some.targets[:4], PAD)
    limited = shares(Canned(own_segment), some, limit=4)
    assert torch.equal(limited.diagonal, shares(Canned(own_segment), first).diagonal)


def test_a_head_on_the_thresholds_is_heterogeneous() -> None:
    assert classify(0.25, 0.25, 0.5, 0.5) is Pattern.HETEROGENEOUS
    assert classify(0.2, 0.4, 0.51, 0.0) is Pattern.MIXED
    assert classify(0.19, 0.41, 0.51, 0.9) is Pattern.VERTICAL


def test_shares_are_counted_over_all_heads_and_over_those_a_mask_keeps() -> None:
    found = shares(Canned(neighbour(-1), to_token(SEP), scattered, scattered), examples(pairs=False))
    assert found.shares_of() == {
        Pattern.DIAGONAL: 0.25,
        Pattern.VERTICAL: 0.25,
        Pattern.MIXED: 0.0,
        Pattern.BLOCK: 0.0,
        Pattern.HETEROGENEOUS: 0.5,
    }
    kept = torch.tensor([[True, False, True, True]])
    assert found.shares_of(kept)[Pattern.HETEROGENEOUS] == pytest.approx(2 / 3)
    assert all(np.isnan(share) for share in found.shares_of(torch.zeros(1, 4, dtype=torch.bool)).values())


def test_a_mask_of_another_model_is_refused() -> None:
    with pytest.raises(EngineError) as caught:
        shares(Canned(uniform), examples(pairs=False)).shares_of(torch.ones(2, 4, dtype=torch.bool))
    assert str(caught.value) == (
        "the head mask has shape (2, 4), the patterns (1, 1); expected [layers, heads] of the same model; measure the "
        "patterns of the model that was masked"
    )


@pytest.mark.parametrize("rows", [[], [[1, 5, 2], [3, 5, 2]], [[1, 5, 2], [1, 5, 4]], [[1, 2]], [[]]])
def test_examples_without_special_tokens_around_words_are_refused(rows: list[list[int]]) -> None:
    odd = Encoded([{"input_ids": row} for row in rows], np.zeros(len(rows), np.float32), PAD)
    with pytest.raises(EngineError) as caught:
        shares(Canned(uniform), odd)
    assert str(caught.value) == (
        f"{len(rows)} examples have no common first and last token with words between them; expected [CLS] … [SEP] "
        "around each; encode them with the model's own tokenizer"
    )


def test_a_model_without_attention_maps_is_refused() -> None:
    class Silent(nn.Module):
        def forward(self, **inputs: object) -> SimpleNamespace:
            return SimpleNamespace(attentions=None)

    with pytest.raises(EngineError) as caught:
        shares(Silent(), examples(pairs=False))
    assert str(caught.value) == (
        'the model returned no attention maps; expected one per layer; load it with attn_implementation="eager"'
    )


@pytest.mark.parametrize("training", [True, False])
def test_a_bert_with_random_weights_has_a_pattern_for_every_head(tiny: Path, training: bool) -> None:
    from transformers import AutoModelForSequenceClassification

    folder = str(tiny / "model")
    model = AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation="eager").train(training)
    rows = [[2, 5, 6, 3], [2, *range(5, 20), 3]]
    found = shares(model, Encoded([{"input_ids": row} for row in rows], np.zeros(2, np.float32), PAD))
    assert [len(row) for row in found.labels] == [2, 2]
    assert sum(found.shares_of().values()) == pytest.approx(1)
    # Weights of std .02 give scores near 0, so attention is nearly uniform.
    assert found.shares_of()[Pattern.HETEROGENEOUS] == 1
    torch.testing.assert_close(found.structured, torch.zeros(2, 2, dtype=torch.float64), atol=0.01, rtol=0)
    assert model.training is training


@pytest.mark.parametrize("kind", KINDS)
def test_every_encoder_gives_a_pattern_for_every_head(kind: str) -> None:
    model = classifier(kind)
    model.set_attn_implementation("eager")  # type: ignore[operator]  # transformers' models have it
    rows = [[0, *range(5, 12), 2], [0, 5, 6, 2]]
    found = shares(model, Encoded([{"input_ids": row} for row in rows], np.zeros(2, np.float32), pad=1))
    assert [len(row) for row in found.labels] == [HEADS] * LAYERS
    assert (found.structured <= 1).all()
