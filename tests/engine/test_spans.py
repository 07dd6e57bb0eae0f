"""Laws of windows, of turning tokens back into text, and of training on spans."""

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lth.compute.models import read_model
from lth.engine.masks import magnitude
from lth.engine.models import SPAN_FINDER, load_model, load_tokenizer
from lth.engine.objectives import OBJECTIVES
from lth.engine.prunable import prunable
from lth.engine.spans import LONGEST_ANSWER, Spans, Windows, best_spans, stride, windows
from lth.engine.train import Fit, fine_tune
from lth.errors import UsageError
from lth.spec.expressions import Pretrained, Recipe
from lth.tasks import get_task, scores
from tests.tiny import BAD, FILLERS, GOOD

COLUMNS = ("question", "context")
LENGTH = 24
RECIPE = Recipe(epochs=12, batch=16, lr=5e-3, warmup=0.1, max_length=LENGTH)


@pytest.fixture(scope="module")
def model(tiny: Path) -> Pretrained:
    return read_model(str(tiny / "model"))


@pytest.fixture(scope="module")
def tokenizer(model: Pretrained) -> Any:
    return load_tokenizer(model)


def rows(count: int, seed: int, longest: int = 30) -> Dataset:
    """Contexts of fillers around one good or bad word, which is the answer; many take more than one window."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        words = rng.choices(FILLERS, k=rng.randint(4, longest))
        at, answer = rng.randrange(len(words)), rng.choice(GOOD + BAD)
        begin = len(" ".join([*words[:at], ""]))
        answers = {"text": [answer], "answer_start": [begin if at else 0]}
        context = " ".join([*words[:at], answer, *words[at:]])
        made.append({"question": "was the film good", "context": context, "answers": answers})
    return Dataset.from_list(made)


def one(question: str, words: list[str], first: int = 0, last: int = 0) -> Dataset:
    """One example; its answer is the words from first to last."""
    text = " ".join(words[first : last + 1])
    begin = len("".join(f"{word} " for word in words[:first]))
    answers = {"text": [text], "answer_start": [begin]}
    return Dataset.from_list([{"question": question, "context": " ".join(words), "answers": answers}])


words_of = st.lists(st.sampled_from(FILLERS + GOOD + BAD), min_size=1, max_size=80)


@given(words_of, st.integers(16, 40), st.integers(1, 30))
def test_the_windows_cover_the_whole_context_and_share_a_stride(
    tokenizer: Any, words: list[str], length: int, asked: int
) -> None:
    made = windows(one(" ".join(["film"] * asked), words), COLUMNS, tokenizer, length)
    assert all(len(feature["input_ids"]) <= length for feature in made.features)
    ends = np.cumsum([len(word) + 1 for word in words]) - 1
    seen = [[int(np.searchsorted(ends, end)) for end in place[:, 1]] for place in made.places]
    assert [row for row in seen if row != list(range(row[0], row[-1] + 1))] == []
    assert seen[0][0] == 0
    assert seen[-1][-1] == len(words) - 1
    for before, after in pairwise(seen):
        assert before[-1] + 1 - after[0] == stride(length)


@given(words_of, st.data())
def test_the_targets_decode_to_the_answer_in_every_window_that_holds_it(
    tokenizer: Any, words: list[str], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, min(len(words) - 1, first + 3)))
    made = windows(one("was the film good", words, first, last), COLUMNS, tokenizer, LENGTH)
    holding = 0
    for index, target in enumerate(made.targets):
        place = made.places[index]
        begin = made.answers[0]["answer_start"][0]
        text = made.answers[0]["text"][0]
        if place[0, 0] <= begin and begin + len(text) <= place[-1, 1]:
            begins, ends = target - made.first[index]
            assert made.contexts[0][place[begins, 0] : place[ends, 1]] == text
            holding += 1
        else:
            assert target.tolist() == [0, 0]
    assert holding > 0


@given(st.integers(0, 1000), st.integers(1, 40))
def test_the_best_span_is_the_one_found_by_trying_all(seed: int, length: int) -> None:
    stream = torch.Generator().manual_seed(seed)
    starts, ends = (torch.randn(3, length, generator=stream) for _ in range(2))
    allowed = torch.zeros(3, length, dtype=torch.bool)
    for row, low in enumerate((0, length // 3, length // 2)):
        allowed[row, low : length - row] = True
    found = best_spans(starts, ends, allowed)
    for row in range(3):
        places = allowed[row].nonzero().flatten().tolist()
        pairs = [(first, last) for first in places for last in places if first <= last < first + LONGEST_ANSWER]
        tried = {pair: float(starts[row, pair[0]] + ends[row, pair[1]]) for pair in pairs}
        assert float(found[0][row]) == pytest.approx(max(tried.values(), default=-np.inf))
        if tried:
            assert (int(found[1][row]), int(found[2][row])) == max(tried, key=lambda pair: tried[pair])


def test_an_answer_over_thirty_tokens_is_not_predicted() -> None:
    starts, ends = torch.zeros(1, 64), torch.zeros(1, 64)
    starts[0, 5], ends[0, 5 + LONGEST_ANSWER], ends[0, 20] = 9.0, 9.0, 1.0
    _, first, last = best_spans(starts, ends, torch.ones(1, 64, dtype=torch.bool))
    assert (first.tolist(), last.tolist()) == ([5], [20])


class Oracle(torch.nn.Module):
    """Points at the given answer, which it finds by the ids of its words."""

    def __init__(self, ids: list[int]) -> None:
        super().__init__()
        self.ids = torch.tensor(ids)

    def forward(self, input_ids: Tensor, **_: Any) -> Any:
        found = torch.isin(input_ids, self.ids).float()
        return type("Found", (), {"start_logits": found, "end_logits": found})


def test_predictions_are_texts_of_the_context_in_the_order_of_the_examples(tokenizer: Any) -> None:
    data = rows(40, seed=3)
    made = windows(data, COLUMNS, tokenizer, LENGTH)
    assert len(made) > len(made.contexts) == 40
    ids = tokenizer.convert_tokens_to_ids([*GOOD, *BAD])
    # the question contains one of these words too, but only the context counts
    texts, _ = Spans().predict(Oracle(ids), made, RECIPE, torch.device("cpu"))
    assert texts == [answers["text"][0] for answers in data["answers"]]


def test_the_answer_in_a_context_without_tokens_is_empty(tokenizer: Any) -> None:
    nothing = {"question": "was it good", "context": "", "answers": {"text": ["x"], "answer_start": [0]}}
    made = windows(Dataset.from_list([nothing, dict(rows(1, 0)[0])]), COLUMNS, tokenizer, LENGTH)
    texts, _ = Spans().predict(Oracle([]), made, RECIPE, torch.device("cpu"))
    assert texts[0] == ""
    assert texts[1] != ""


def test_windows_that_are_too_small_are_refused(tokenizer: Any) -> None:
    with pytest.raises(UsageError, match="max_length=8 for question and context; expected at least 16"):
        windows(rows(1, 0), COLUMNS, tokenizer, 8)


def fit(model: Pretrained, train: Windows, dev: Windows, recipe: Recipe = RECIPE, **options: Any) -> Fit:
    network = load_model(model, 2, 0, SPAN_FINDER)
    return fine_tune(network, train, dev, recipe, 0, objective=OBJECTIVES["span"], **options)


@pytest.fixture(scope="module")
def data(tokenizer: Any) -> tuple[Windows, Windows]:
    train, dev = (windows(rows(count, seed), COLUMNS, tokenizer, LENGTH) for count, seed in ((200, 0), (60, 1)))
    return train, dev


def test_a_small_model_learns_to_find_spans(model: Pretrained, data: tuple[Windows, Windows]) -> None:
    train, dev = data
    untrained, _ = Spans().predict(load_model(model, 2, 0, SPAN_FINDER), dev, RECIPE, torch.device("cpu"))
    result = fit(model, train, dev)
    before, after = (scores(get_task("squad"), texts, dev.answers)["f1"] for texts in (untrained, result.predictions))
    assert before < 0.3
    assert after > 0.9


def test_the_same_seed_finds_the_same_spans_and_a_mask_is_kept(
    model: Pretrained, data: tuple[Windows, Windows]
) -> None:
    short = Recipe(epochs=1, batch=16, lr=5e-3, max_length=LENGTH)
    weights = {name: part.detach() for name, part in prunable(load_model(model, 2, 0), "paper").items()}
    mask, seen = magnitude(weights, 0.5), dict[str, Tensor]()

    def keep(weights: dict[str, Tensor]) -> None:
        seen.update({name: part.clone() for name, part in weights.items()})

    first, again = (fit(model, *data, recipe=short, mask=mask, snapshots={1.0: keep}) for _ in range(2))
    assert first.losses == again.losses
    assert first.predictions == again.predictions
    assert not any("pooler" in name for name in seen)
    for name in mask.keys() - {"pooler.dense.weight"}:
        assert not seen[f"bert.{name}"][~mask[name]].any()
        assert seen[f"bert.{name}"][mask[name]].all()
