"""Masked language modelling as a task: text in blocks, masked anew in every epoch, predicted at masked positions only.

Follows Devlin et al. 2019 (BERT, arXiv 1810.04805), section 3.1 and appendix A.1; new masks in every epoch follow
Liu et al. 2019 (RoBERTa, arXiv 1907.11692), section 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

from lth.engine.batches import Encoded, evaluation_batches
from lth.engine.models import WORD_FILLER, precision
from lth.engine.prunable import base_model
from lth.engine.streams import generator
from lth.errors import DataError, ModelError
from lth.spec.expressions import Recipe

RATE, HIDDEN, REPLACED = 0.15, 0.8, 0.1
"""The share of tokens to predict; of these, the share that becomes [MASK] and the share that becomes a random word."""
IGNORE = -100
DEV_SEED = 0
_EVALUATION_BATCH = 64

_Integers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Blocks(Encoded):
    """Masked blocks of text: `targets` are int64 [blocks, longest], the token to predict or IGNORE.

    `whole` [tokens] is the unmasked text of all blocks, including [CLS] and [SEP]; `special` marks these two. `mask` is
    the id of [MASK]; random tokens are drawn from the ids `words`.
    """

    whole: _Integers
    special: np.ndarray[Any, np.dtype[np.bool_]]
    mask: int
    words: _Integers


def blocks(data: Dataset, column: str, tokenizer: Any, max_length: int, *, lines: bool) -> Blocks:
    """Tokenise a text column to blocks `[CLS] … [SEP]` of at most `max_length` tokens, masked with a fixed seed.

    If rows are `lines`, they are joined and the whole text is cut into blocks, as in the language-modelling recipe of
    transformers. Otherwise each row is a document and is cut only if it is longer than a block. No text is dropped.
    Raises ModelError for a tokenizer without [CLS], [SEP] or [MASK] and DataError if there is no text.
    """
    marks = {"[CLS]": tokenizer.cls_token_id, "[SEP]": tokenizer.sep_token_id, "[MASK]": tokenizer.mask_token_id}
    absent = [name for name, mark in marks.items() if mark is None]
    if absent:
        raise ModelError(
            f"the model's tokenizer has no {' and no '.join(absent)}; expected all of {', '.join(marks)} for mlm; use "
            f"a model that was pre-trained on masked words"
        )
    rows = tokenizer(list(data[column]), add_special_tokens=False, return_attention_mask=False, verbose=False)
    texts = [list(chain.from_iterable(rows["input_ids"]))] if lines else rows["input_ids"]
    room = max_length - 2
    made = [[marks["[CLS]"], *row[at : at + room], marks["[SEP]"]] for row in texts for at in range(0, len(row), room)]
    if not made:
        raise DataError(f"the {len(data)} rows of {column!r} have no text; expected some; check the data")
    special = np.concatenate([[True, *[False] * (len(row) - 2), True] for row in made])
    words = np.setdiff1d(np.arange(len(tokenizer)), tokenizer.all_special_ids)
    unmasked = Blocks(
        [{"input_ids": row} for row in made],
        np.empty((len(made), max(map(len, made))), dtype=np.int64),
        tokenizer.pad_token_id,
        np.concatenate(made),
        special,
        marks["[MASK]"],
        words,
    )
    return masked(unmasked, generator(DEV_SEED, "dev masking"))


def masked(text: Blocks, stream: Generator) -> Blocks:
    """The same blocks with masks drawn from `stream`, a generator on the CPU.

    Each token except [CLS] and [SEP] is chosen for prediction with probability 15 %. If none is drawn in a block, the
    one with the smallest draw is chosen, because the loss needs one. Of the chosen tokens 80 % become [MASK], 10 % a
    random word, and 10 % stay.
    """
    lengths = text.lengths
    begins = np.cumsum(lengths) - lengths
    draw, fate = (torch.rand(len(text.whole), generator=stream).numpy() for _ in range(2))
    other = text.words[torch.randint(len(text.words), (len(text.whole),), generator=stream).numpy()]
    draw[text.special] = 2.0
    least = np.repeat(np.minimum.reduceat(draw, begins), lengths)
    chosen = (draw < RATE) | (draw == least)
    shown = np.where(chosen & (fate < HIDDEN), text.mask, text.whole)
    shown = np.where(chosen & (fate >= HIDDEN) & (fate < HIDDEN + REPLACED), other, shown)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    targets = np.full(text.targets.shape, IGNORE, dtype=np.int64)
    targets[rows, np.arange(len(rows)) - np.repeat(begins, lengths)] = np.where(chosen, text.whole, IGNORE)
    ids = shown.tolist()
    features = [{"input_ids": ids[at : at + length]} for at, length in zip(begins, lengths, strict=True)]
    return replace(text, features=features, targets=targets)


def logits_at(network: nn.Module, inputs: dict[str, Tensor], picked: Tensor) -> Tensor:
    """Logits [picked positions, vocabulary] of a masked language model; `picked` is bool [batch, length].

    The head sees the encoder's states at these positions only: on all positions its decoder would cost more than the
    encoder of a small model.
    """

    def pick(module: nn.Module, arguments: Any, output: Any) -> Any:
        output.last_hidden_state = output.last_hidden_state[picked][None]
        return output

    hook = base_model(network).register_forward_hook(pick)
    try:
        logits = network(**inputs).logits[0]
    finally:
        hook.remove()
    assert isinstance(logits, Tensor)
    return logits


@dataclass(frozen=True)
class MaskedWords:
    """The objective of masked language modelling: predicts the token at each masked position; also gives perplexity."""

    auto = WORD_FILLER
    drawn = False

    def outputs(self, labels: int) -> int:
        return 1

    def encode(
        self, data: Dataset, inputs: tuple[str, ...], tokenizer: Any, max_length: int, *, lines: bool = False
    ) -> Blocks:
        return blocks(data, inputs[0], tokenizer, max_length, lines=lines)

    def fitted(self, train: Encoded) -> MaskedWords:
        return self

    def epoch(self, train: Encoded, stream: Generator) -> Encoded:
        assert isinstance(train, Blocks)
        return masked(train, stream)

    def loss(self, network: nn.Module, inputs: dict[str, Tensor], targets: Tensor) -> Tensor:
        """Mean cross-entropy over the batch's masked positions."""
        wanted = targets[:, : inputs["input_ids"].shape[1]]
        picked = wanted != IGNORE
        return cross_entropy(logits_at(network, inputs, picked).float(), wanted[picked])

    @torch.inference_mode()
    def predict(
        self, network: nn.Module, dev: Encoded, recipe: Recipe, device: torch.device
    ) -> tuple[_Integers, dict[str, float]]:
        """The most likely token at each masked position, and "perplexity": exp of the mean cross-entropy (nats)."""
        network.eval()
        found, total = np.full(dev.targets.shape, IGNORE, dtype=np.int64), 0.0
        for indices, inputs, targets in evaluation_batches(dev, _EVALUATION_BATCH, device):
            wanted = targets[:, : inputs["input_ids"].shape[1]]
            picked = wanted != IGNORE
            with precision(recipe, device):
                logits = logits_at(network, inputs, picked).float()
            total += cross_entropy(logits, wanted[picked], reduction="sum").item()
            answers = torch.full_like(targets, IGNORE)
            answers[:, : wanted.shape[1]][picked] = logits.argmax(-1)
            found[indices] = answers.cpu().numpy()
        predictions = found[dev.targets != IGNORE]
        return predictions, {"perplexity": torch.tensor(total / len(predictions)).exp().item()}

    def nothing(self, dev: Encoded) -> np.ndarray[Any, np.dtype[np.float32]]:
        return np.full(len(self.answers(dev)), np.nan, dtype=np.float32)

    def answers(self, dev: Encoded) -> _Integers:
        found: _Integers = dev.targets[dev.targets != IGNORE]
        return found

    def labels(self, train: Encoded) -> list[int]:
        """Every token of the text, masked or not."""
        assert isinstance(train, Blocks)
        found: list[int] = train.whole[~train.special].tolist()
        return found
