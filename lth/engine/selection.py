"""Finds the k smallest magnitudes over many tensors, exactly and without concatenating them.

Works on tensors only. The bits of a float without its sign, read as an integer, are ordered like its magnitude; this
integer is called the float's key. Keys are compared in chunks, so little more than the result is allocated. NumPy
compares them in a few threads that never wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import ceil, floor, sqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lth.errors import EngineError

_CHUNK = 1 << 18  # keys compared at a time: 1 MB of float32, which fits a second-level cache
SAMPLE = 1 << 18  # weights drawn to guess the threshold
DEVIATIONS = 5.0  # half-width of the guessed bracket, in standard deviations of a sample quantile's rank
_INTEGERS = {
    torch.float16: torch.int16,
    torch.bfloat16: torch.int16,
    torch.float32: torch.int32,
    torch.float64: torch.int64,
}

Array = np.ndarray[Any, np.dtype[Any]]


def smallest(weights: Sequence[Tensor], k: int, among: Sequence[Tensor] | None = None) -> list[Tensor]:
    """Bool tensors of the weights' shapes, True at the `k` smallest magnitudes over all `weights`.

    The count is exact; equal magnitudes are taken in the order of the tensors and of their flat indices. `among`
    (bool tensors of the same shapes) restricts the choice to its True positions.
    Quantiles of a random sample bracket the threshold. A first pass counts the keys below the bracket and collects the
    keys inside; the exact threshold is one of these. A second pass marks. If the sample misleads, or too many keys are
    equal, the bracket is halved until it works: at most one pass for each bit of a float.
    Works on the CPU with torch's number of threads; tensors elsewhere are copied there one at a time.
    Raises EngineError for NaN, for tensors that are not floats of one dtype, and if there are fewer than `k` positions.
    """
    kinds = sorted({str(weight.dtype) for weight in weights})
    if len(kinds) > 1 or any(weight.dtype not in _INTEGERS for weight in weights):
        raise EngineError(f"weights are {', '.join(kinds)}; expected floats of one dtype; convert them first")
    if among is not None and [part.numel() for part in among] != [weight.numel() for weight in weights]:
        raise EngineError(
            "positions to choose among do not fit the weights; expected the same shapes; give one bool for each weight"
        )
    parts = [_Part(weight, None if among is None else among[i]) for i, weight in enumerate(weights)]
    available = sum(part.available for part in parts)
    if not 0 <= k <= available:
        raise EngineError(f"{k} of {available} weights requested; expected 0 to {available}; request fewer")
    if not k:
        return [torch.zeros_like(weight, dtype=torch.bool) for weight in weights]
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        threshold = _threshold(parts, k, available, pool)
        if threshold.ties == threshold.equal:
            marked = list(pool.map(partial(_mark, key=threshold.key), parts))
        else:
            marked = _mark_some_ties(parts, threshold)
    return [torch.from_numpy(flat).view(w.shape).to(w.device) for flat, w in zip(marked, weights, strict=True)]


class _Part:
    """One tensor: the bits of its weights and, if the choice is restricted, the allowed positions; both flat."""

    def __init__(self, weight: Tensor, among: Tensor | None) -> None:
        self._weight, self._among = weight.detach(), among
        self.size = weight.numel()
        self.largest = torch.iinfo(_INTEGERS[weight.dtype]).max
        self.infinity = int(torch.tensor(torch.inf, dtype=weight.dtype).view(_INTEGERS[weight.dtype]))  # beyond is NaN

    @property
    def available(self) -> int:
        return self.size if self._among is None else int(torch.count_nonzero(self._among))

    def chunks(self) -> Iterator[tuple[slice, Array, Array | None]]:
        """Yield the slice, keys (a copy) and allowed positions of each chunk."""
        bits, allowed = self._flat()
        for begin in range(0, self.size, _CHUNK):
            place = slice(begin, begin + _CHUNK)
            yield place, bits[place] & self.largest, None if allowed is None else allowed[place]

    def drawn(self, at: Array) -> Array:
        """Keys at those of the flat indices `at` that are allowed."""
        bits, allowed = self._flat()
        return (bits[at] if allowed is None else bits[at[allowed[at]]]) & self.largest

    def _flat(self) -> tuple[Array, Array | None]:
        weight = self._weight.cpu().contiguous()
        bits: Array = weight.view(_INTEGERS[weight.dtype]).numpy().reshape(-1)
        return bits, None if self._among is None else self._among.cpu().numpy().reshape(-1)


@dataclass(frozen=True)
class _Threshold:
    key: int  # all smaller keys are among the k smallest
    ties: int  # so many of the keys equal to `key` are also among them
    equal: int  # so many keys are equal to `key`


def _threshold(parts: list[_Part], k: int, available: int, pool: ThreadPoolExecutor) -> _Threshold:
    least, most = 0, parts[0].infinity  # the key lies between these, both included
    low, high = _guess(parts, k, available)
    budget = max(SAMPLE, available // 32)
    while True:
        scans = list(pool.map(partial(_scan, low=low, high=high, budget=budget), parts))
        below, inside = sum(scan.below for scan in scans), sum(scan.inside for scan in scans)
        if k <= below:
            most = low - 1
        elif k > below + inside:
            least = high + 1
        elif low == high:
            return _Threshold(low, k - below, inside)
        elif inside <= budget:
            values = np.concatenate([scan.values for scan in scans])
            key = int(np.partition(values, k - below - 1)[k - below - 1])
            smaller = int(np.count_nonzero(values < key))
            return _Threshold(key, k - below - smaller, int(np.count_nonzero(values == key)))
        else:
            least, most = low, high
        low, high = least, (least + most) // 2


def _guess(parts: list[_Part], k: int, available: int) -> tuple[int, int]:
    """A bracket that almost surely contains the k-th smallest key, from a sample in proportion to tensor sizes."""
    top = parts[0].infinity
    if available <= SAMPLE:
        return 0, top
    total = sum(part.size for part in parts)
    random = np.random.default_rng(0)
    drawn = [
        part.drawn(random.integers(part.size, size=ceil(SAMPLE * part.size / total))) for part in parts if part.size
    ]
    sample = np.sort(np.concatenate(drawn))
    n, share = len(sample), k / available
    spread = 1 + DEVIATIONS * sqrt(n * share * (1 - share))
    low, high = floor(n * share - spread), ceil(n * share + spread)
    return (int(sample[low]) if low >= 0 else 0), (min(int(sample[high]), top) if high < n else top)


@dataclass(frozen=True)
class _Scan:
    below: int  # number of keys below the bracket
    inside: int  # number of keys inside
    values: Array  # the keys inside, unless there are too many


def _scan(part: _Part, low: int, high: int, budget: int) -> _Scan:
    below = inside = 0
    values = [np.empty(0, np.int64)]
    for _, keys, allowed in part.chunks():
        if keys.max() > part.infinity:
            raise EngineError("a weight is NaN; expected numbers; check why the training that produced it diverged")
        under, within = keys < low, keys <= high
        within ^= under
        if allowed is not None:
            under &= allowed
            within &= allowed
        below += int(np.count_nonzero(under))
        count = int(np.count_nonzero(within))
        inside += count
        if count and inside <= budget:
            values.append(keys[within])
    return _Scan(below, inside, np.concatenate(values))


def _mark(part: _Part, key: int) -> Array:
    """Flat bools, True where a key is at most `key`."""
    chosen = np.empty(part.size, np.bool_)
    for place, keys, allowed in part.chunks():
        np.less_equal(keys, key, out=chosen[place])
        if allowed is not None:
            chosen[place] &= allowed
    return chosen


def _mark_some_ties(parts: list[_Part], threshold: _Threshold) -> list[Array]:
    """Flat bools, True below the threshold and at the first `threshold.ties` keys equal to it."""
    marked, ties = [], threshold.ties
    for part in parts:
        chosen = _mark(part, threshold.key - 1)
        for place, keys, allowed in part.chunks():
            equal = keys == threshold.key
            if allowed is not None:
                equal &= allowed
            at = np.flatnonzero(equal)[:ties]
            chosen[place][at] = True
            ties -= len(at)
        marked.append(chosen)
    return marked
