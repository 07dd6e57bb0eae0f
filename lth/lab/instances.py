"""Turns the corpus into training sequences: pairs of segments, batches of similar length, masked words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from lth.lab.corpus import documents
from lth.lab.tokenizer import MAX_LENGTH, SPECIAL, word_ids

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAD, CLS, SEP, MASK = (SPECIAL.index(token) for token in ("[PAD]", "[CLS]", "[SEP]", "[MASK]"))
IGNORE = -1


@dataclass(frozen=True)
class Instances:
    """Token sequences, where the second segment of each starts, and whether it follows the first (IGNORE: no pair)."""

    ids: list[NDArray[np.int64]]
    second: NDArray[np.int64]
    follows: NDArray[np.int64]


def instances(count: int, seed: int, pair_rate: float) -> Instances:
    """`count` training sequences from the corpus of that seed.

    A pair is a document split between two sentences. In half of the pairs the second part is another document's, as in
    BERT's next-sentence prediction (Devlin et al. 2019, section 3.1). All other documents are one segment.
    """
    words = word_ids()
    rng = np.random.default_rng([seed, 0])
    ids, second, follows = [], np.zeros(count, np.int64), np.full(count, IGNORE)
    tails: list[list[int]] = []
    for index, sentences in enumerate(tqdm(islice(documents(seed), count), total=count, desc="corpus", disable=None)):
        coded = [[words[word] for word in sentence] for sentence in sentences]
        if len(coded) < 2 or rng.random() >= pair_rate:
            ids.append(np.array([CLS, *chain.from_iterable(coded), SEP]))
            second[index] = len(ids[-1])
            continue
        cut = int(rng.integers(1, len(coded)))
        head, tail = list(chain(*coded[:cut])), list(chain(*coded[cut:]))
        tails.append(tail)
        follows[index] = int(rng.random() < 0.5)
        if not follows[index]:
            tail = tails[int(rng.integers(max(0, len(tails) - 1000), len(tails)))]
            follows[index] = int(tail is tails[-1])
        ids.append(np.array([CLS, *head, SEP, *tail, SEP])[:MAX_LENGTH])
        second[index] = len(head) + 2
    return Instances(ids, second, follows)


def batches(data: Instances, size: int, seed: int, epochs: int = 1) -> Iterator[NDArray[np.int64]]:
    """The indices of each batch: sequences of similar length together, batches in random order, each once per epoch."""
    rng = np.random.default_rng([seed, 1])
    lengths = np.array([len(ids) for ids in data.ids])
    order = np.concatenate([rng.permutation(len(lengths)) for _ in range(epochs)])
    for start in range(0, len(order), size * 64):
        pool = order[start : start + size * 64]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        chunks = [pool[at : at + size] for at in range(0, len(pool), size)]
        for which in rng.permutation(len(chunks)):
            yield chunks[which]


def collate(
    data: Instances, chosen: NDArray[np.int64], rates: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[Any], ...]:
    """(masked ids, segments, additive mask [batch, 1, 1, length], flat masked positions, their words, follows).

    Of the chosen positions, 80 % become [MASK], 10 % a random word and 10 % stay (Devlin et al. 2019, section 3.1).
    """
    rows = [data.ids[index] for index in chosen]
    length = max(map(len, rows))
    ids = np.full((len(rows), length), PAD)
    for row, tokens in zip(ids, rows, strict=True):
        row[: len(tokens)] = tokens
    segments = (np.arange(length) >= data.second[chosen][:, None]) & (ids != PAD)
    positions = np.flatnonzero(rng.random(ids.shape) < rates[ids])
    words = ids.ravel()[positions]
    fate = rng.random(len(positions))
    anything = rng.integers(len(SPECIAL), len(rates), len(positions))
    masked = ids.copy()
    masked.ravel()[positions] = np.where(fate < 0.8, MASK, np.where(fate < 0.9, anything, words))
    hidden = np.where(ids == PAD, np.float32(np.finfo(np.float32).min), np.float32(0))[:, None, None, :]
    return masked, segments.astype(np.int64), hidden, positions, words, data.follows[chosen]
