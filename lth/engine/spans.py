"""Answers that are spans of a text: cuts long contexts into windows, finds targets in tokens, turns tokens into text.

Follows BERT on SQuAD (Devlin et al. 2019, section 4.2), with the windows of the question-answering recipe of
transformers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy, pad

from lth.engine.batches import Encoded, evaluation_batches
from lth.engine.models import SPAN_FINDER, precision
from lth.errors import ModelError, UsageError
from lth.spec.expressions import Recipe

LONGEST_ANSWER = 30
"""The longest answer that is predicted, in tokens (`max_answer_length` in the BERT authors' `run_squad.py`)."""
SHORTEST_WINDOW = 16
_EVALUATION_BATCH, ROWS_AT_ONCE = 32, 1000

_Integers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Windows(Encoded):
    """Windows over contexts: `targets` are int64 [windows, 2], the answer's first and last token in the window.

    Both are the position of [CLS] if the window does not contain the answer. Window i shows a part of the context
    `contexts[owners[i]]`. Its context tokens start at token `first[i]`; `places[i]` [context tokens, 2] has their first
    character and the character after their last. `answers[example]` is {"text": [...], "answer_start": [...]}.
    """

    owners: list[int]
    first: list[int]
    places: list[_Integers]
    contexts: list[str]
    answers: list[Mapping[str, Any]]


def stride(max_length: int) -> int:
    """The number of context tokens that two neighbouring windows share: a third of the window, at most 128.

    128 at 384 tokens is the SQuAD recipe of Chen et al. 2020 and the default of transformers' `run_qa.py`.
    """
    return min(128, max_length // 3)


def windows(data: Dataset, inputs: tuple[str, ...], tokenizer: Any, max_length: int) -> Windows:
    """Tokenise the columns `inputs` (question, context) and "answers" to windows of at most `max_length` tokens.

    Only the context is divided. A question is cut to a third of a window; the authors' code cuts it to 64 tokens.
    Raises UsageError for windows under 16 tokens, and ModelError for a tokenizer that does not report the positions of
    its tokens in the text.
    """
    if max_length < SHORTEST_WINDOW:
        raise UsageError(
            f"max_length={max_length} for question and context; expected at least {SHORTEST_WINDOW}; give "
            f"--claims-protocol=…:max_length=384"
        )
    if not tokenizer.is_fast:
        raise ModelError(
            f"{type(tokenizer).__name__} does not report the positions of its tokens in the text; expected a tokenizer "
            f"from a tokenizer.json; use a model that has one"
        )
    made = Windows([], np.empty((0, 2)), tokenizer.pad_token_id, [], [], [], [], [])
    targets: list[tuple[int, int]] = []
    for begin in range(0, len(data), ROWS_AT_ONCE):
        rows = data[begin : begin + ROWS_AT_ONCE]
        questions, contexts = (rows[name] for name in inputs)
        tokens = tokenizer(
            _cut(questions, tokenizer, max_length // 3),
            contexts,
            truncation="only_second",
            max_length=max_length,
            stride=stride(max_length),
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_attention_mask=False,
        )
        owners, places = tokens.pop("overflow_to_sample_mapping"), tokens.pop("offset_mapping")
        for at, (owner, place) in enumerate(zip(owners, places, strict=True)):
            feature = {name: column[at] for name, column in tokens.items()}
            segments = tokens.sequence_ids(at)
            count = segments.count(1)
            first = segments.index(1) if count else 0
            place = np.array(place[first : first + count], dtype=np.int64).reshape(-1, 2)
            found = _within(place, rows["answers"][owner])
            nowhere = feature["input_ids"].index(tokenizer.cls_token_id)
            targets.append((first + found[0], first + found[1]) if found else (nowhere, nowhere))
            made.features.append(feature)
            made.owners.append(len(made.contexts) + owner)
            made.first.append(first)
            made.places.append(place)
        made.contexts.extend(contexts)
        made.answers.extend(rows["answers"])
    return Windows(
        made.features,
        np.array(targets, dtype=np.int64).reshape(-1, 2),
        made.pad,
        made.owners,
        made.first,
        made.places,
        made.contexts,
        made.answers,
    )


def best_spans(starts: Tensor, ends: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Score, first and last token of each row's best span: the one with the largest sum of start and end logits.

    `starts`, `ends` and the bool `allowed` are [batch, length], the results [batch]. A span does not end before it
    starts, has at most LONGEST_ANSWER tokens and lies within `allowed`. If nothing is allowed its score is -inf.
    """
    starts, ends = (logits.masked_fill(~allowed, -torch.inf) for logits in (starts, ends))
    ahead = pad(ends, (0, LONGEST_ANSWER - 1), value=-torch.inf).unfold(1, LONGEST_ANSWER, 1)
    score, at = (starts[..., None] + ahead).flatten(1).max(1)
    return score, at // LONGEST_ANSWER, at // LONGEST_ANSWER + at % LONGEST_ANSWER


@dataclass(frozen=True)
class Spans:
    """The objective of span tasks: the first and the last token of the answer, each by softmax over the window."""

    auto = SPAN_FINDER
    drawn = True

    def outputs(self, labels: int) -> int:
        return 2

    def encode(
        self, data: Dataset, inputs: tuple[str, ...], tokenizer: Any, max_length: int, *, lines: bool = False
    ) -> Windows:
        return windows(data, inputs, tokenizer, max_length)

    def fitted(self, train: Encoded) -> Spans:
        return self

    def epoch(self, train: Encoded, stream: Generator) -> Encoded:
        return train

    def loss(self, network: nn.Module, inputs: dict[str, Tensor], targets: Tensor) -> Tensor:
        """Mean of the cross-entropies of the first and the last token; padding is excluded."""
        found = network(**inputs)
        padding = inputs["attention_mask"] == 0
        starts, ends = (
            logits.float().masked_fill(padding, -torch.inf) for logits in (found.start_logits, found.end_logits)
        )
        return (cross_entropy(starts, targets[:, 0]) + cross_entropy(ends, targets[:, 1])) / 2

    @torch.inference_mode()
    def predict(
        self, network: nn.Module, dev: Encoded, recipe: Recipe, device: torch.device
    ) -> tuple[list[str], dict[str, float]]:
        """The text of the best span over all windows of an example; "" if its context has no tokens."""
        assert isinstance(dev, Windows)
        network.eval()
        spans = np.zeros((len(dev), 2), dtype=np.int64)
        scores = np.full(len(dev), -np.inf)
        for indices, inputs, _ in evaluation_batches(dev, _EVALUATION_BATCH, device):
            with precision(recipe, device):
                found = network(**inputs)
            allowed = torch.zeros(inputs["input_ids"].shape, dtype=torch.bool)
            for row, index in zip(allowed, indices, strict=True):
                row[dev.first[index] : dev.first[index] + len(dev.places[index])] = True
            score, *ends = best_spans(found.start_logits.float(), found.end_logits.float(), allowed.to(device))
            scores[indices], spans[indices] = score.cpu().numpy(), torch.stack(ends, 1).cpu().numpy()
        texts, best = [""] * len(dev.contexts), np.full(len(dev.contexts), -np.inf)
        for index, owner in enumerate(dev.owners):
            if scores[index] > best[owner]:
                best[owner], texts[owner] = scores[index], _text(dev, index, spans[index])
        return texts, {}

    def nothing(self, dev: Encoded) -> list[str]:
        assert isinstance(dev, Windows)
        return [""] * len(dev.contexts)

    def answers(self, dev: Encoded) -> list[Mapping[str, Any]]:
        assert isinstance(dev, Windows)
        return dev.answers

    def labels(self, train: Encoded) -> list[Mapping[str, Any]]:
        return self.answers(train)


def _cut(questions: Sequence[str], tokenizer: Any, most: int) -> list[str]:
    """The questions' first `most` tokens, as text."""
    places = tokenizer(
        list(questions),
        add_special_tokens=False,
        truncation=True,
        max_length=most,
        return_offsets_mapping=True,
        return_attention_mask=False,
    )["offset_mapping"]
    return [text[: place[-1][1]] if place else text for text, place in zip(questions, places, strict=True)]


def _within(place: _Integers, answers: Mapping[str, Any]) -> tuple[int, int] | None:
    """The first and last context token that cover the first answer; None if the tokens at `place` do not contain it."""
    if not len(place) or not answers["text"]:
        return None
    begin = answers["answer_start"][0]
    end = begin + len(answers["text"][0])
    if not place[0, 0] <= begin < end <= place[-1, 1]:
        return None
    return int(np.searchsorted(place[:, 1], begin, "right")), int(np.searchsorted(place[:, 0], end, "left")) - 1


def _text(dev: Windows, index: int, span: _Integers) -> str:
    first, last = span - dev.first[index]
    place = dev.places[index]
    return dev.contexts[dev.owners[index]][place[first, 0] : place[last, 1]]
