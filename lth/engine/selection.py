"""The k smallest magnitudes of many tensors together, exactly and without concatenating them.

Knows tensors alone. A float's bit pattern without its sign, read as an integer, orders like its magnitude: that
integer is called its key here. Keys are compared in chunks, so hardly more than the answer is ever allocated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt

import numpy as np
import torch
from torch import Tensor

from lth.errors import EngineError

CHUNK = 1 << 20  # keys looked at together: 4 MB of float32, small beside the weights and large beside a call's cost
SAMPLE = 1 << 18  # weights drawn to guess the threshold
DEVIATIONS = 5.0  # half-width of the guessed bracket in standard deviations of a sample quantile's rank
_INTEGERS = {
    torch.float16: torch.int16,
    torch.bfloat16: torch.int16,
    torch.float32: torch.int32,
    torch.float64: torch.int64,
}


def smallest(weights: Sequence[Tensor], k: int, among: Sequence[Tensor] | None = None) -> list[Tensor]:
    """Bool tensors of the weights' shapes, True at the `k` smallest magnitudes of all `weights` together.

    The count is exact; equal magnitudes are taken in the order of the tensors and of their flat indices. `among`
    (bool tensors of the same shapes) confines the choice to its True positions.
    The threshold is bracketed by quantiles of a random sample, one pass counts what lies below the bracket and
    collects what lies inside, the exact threshold is found among those few, and a second pass marks. If the sample
    misled, or too many values are equal, the bracket is halved until it holds: a pass for each bit of a float at most.
    Raises EngineError for NaN, for tensors that are not floats of one kind, or if there are not `k` positions.
    """
    flat = [weight.detach().reshape(-1) for weight in weights]
    if len({(weight.dtype, weight.device) for weight in flat}) > 1 or (flat and flat[0].dtype not in _INTEGERS):
        kinds = ", ".join(sorted({f"{weight.dtype} on {weight.device}" for weight in flat}))
        raise EngineError(f"weights are {kinds}; expected floats of one kind on one device; convert them first")
    allowed = None if among is None else [positions.reshape(-1) for positions in among]
    sizes = [weight.numel() for weight in flat]
    available = sum(sizes) if allowed is None else sum(int(torch.count_nonzero(part)) for part in allowed)
    if allowed is not None and [part.numel() for part in allowed] != sizes:
        raise EngineError("positions to choose among do not fit the weights; expected the same shapes; give one each")
    if not 0 <= k <= available:
        raise EngineError(f"{k} of {available} weights were asked for; expected 0 to {available}; ask for fewer")
    chosen = [torch.zeros(weight.shape, dtype=torch.bool, device=weight.device) for weight in weights]
    if k:
        _mark(flat, allowed, _threshold(flat, allowed, k, available), [part.view(-1) for part in chosen])
    return chosen


@dataclass(frozen=True)
class _Threshold:
    key: int  # all smaller keys are among the k smallest
    ties: int  # and so are this many of the keys equal to it
    equal: int  # out of this many


def _threshold(flat: list[Tensor], allowed: list[Tensor] | None, k: int, available: int) -> _Threshold:
    top = _infinity(flat[0].dtype)
    least, most = 0, top  # what the key is known to lie between, both included
    low, high = _guess(flat, allowed, k, available, top)
    while True:
        below, inside, values = _scan(flat, allowed, low, high, top, max(SAMPLE, available // 32))
        if k <= below:
            most = low - 1
        elif k > below + inside:
            least = high + 1
        elif low == high:
            return _Threshold(low, k - below, inside)
        elif values is not None:
            key = int(values.kthvalue(k - below).values)
            smaller = int(torch.count_nonzero(values < key))
            return _Threshold(key, k - below - smaller, int(torch.count_nonzero(values == key)))
        else:
            least, most = low, high
        low, high = least, (least + most) // 2


def _guess(flat: list[Tensor], allowed: list[Tensor] | None, k: int, available: int, top: int) -> tuple[int, int]:
    """A bracket of keys that holds the k-th smallest almost surely, from a sample shared out by the tensors' sizes."""
    if available <= SAMPLE:
        return 0, top
    total = sum(weight.numel() for weight in flat)
    generator = torch.Generator(flat[0].device).manual_seed(0)
    drawn = []
    for i, weight in enumerate(flat):
        if not weight.numel():
            continue
        count = ceil(SAMPLE * weight.numel() / total)
        at = torch.randint(weight.numel(), (count,), generator=generator, device=weight.device)
        keys = _keys(weight[at])
        drawn.append(keys if allowed is None else keys[allowed[i][at]])
    sample = torch.cat(drawn).sort().values
    n, share = len(sample), k / available
    spread = 1 + DEVIATIONS * sqrt(n * share * (1 - share))
    low, high = floor(n * share - spread), ceil(n * share + spread)
    return (int(sample[low]) if low >= 0 else 0), (min(int(sample[high]), top) if high < n else top)


def _scan(
    flat: list[Tensor], allowed: list[Tensor] | None, low: int, high: int, top: int, budget: int
) -> tuple[int, int, Tensor | None]:
    """How many keys lie below `low`, how many from `low` to `high`, and those themselves unless beyond `budget`."""
    below = inside = 0
    values: list[Tensor] = []
    for i, part in _chunks(flat):
        keys = _keys(flat[i][part])
        if int(keys.max()) > top:
            raise EngineError("a weight is NaN; expected numbers; look at why the training that gave it diverged")
        if allowed is not None:
            keys.masked_fill_(~allowed[i][part], top + 1)
        under = keys < low
        within = (keys <= high).logical_xor_(under)
        below += int(torch.count_nonzero(under))
        count = int(torch.count_nonzero(within))
        inside += count
        if count and inside <= budget:
            values.append(_pick(keys, within))
    if inside > budget:
        return below, inside, None
    return below, inside, torch.cat(values).cpu() if values else None


def _mark(flat: list[Tensor], allowed: list[Tensor] | None, threshold: _Threshold, chosen: list[Tensor]) -> None:
    """Set the flat bool tensors `chosen` where the key is below the threshold, or one of the ties still wanted."""
    ties = threshold.ties
    for i, part in _chunks(flat):
        keys, out = _keys(flat[i][part]), chosen[i][part]
        if threshold.ties == threshold.equal:
            torch.le(keys, threshold.key, out=out)
        else:
            torch.lt(keys, threshold.key, out=out)
            equal = keys == threshold.key
            if allowed is not None:
                equal &= allowed[i][part]
            at = equal.nonzero().squeeze(1)[:ties]
            out[at] = True
            ties -= len(at)
        if allowed is not None:
            out &= allowed[i][part]


def _chunks(flat: list[Tensor]) -> Iterator[tuple[int, slice]]:
    for i, weight in enumerate(flat):
        for begin in range(0, weight.numel(), CHUNK):
            yield i, slice(begin, begin + CHUNK)


def _keys(values: Tensor) -> Tensor:
    integer = _INTEGERS[values.dtype]
    return values.view(integer) & torch.iinfo(integer).max


def _infinity(dtype: torch.dtype) -> int:
    """The key of infinity; keys above it are NaN."""
    return int(_keys(torch.tensor([torch.inf], dtype=dtype)))


def _pick(values: Tensor, where: Tensor) -> Tensor:
    """`values[where]`; on the CPU by NumPy, which is several times faster where `where` is nearly empty."""
    if values.device.type != "cpu":
        return values[where]
    picked: Tensor = torch.from_numpy(np.asarray(values.numpy()[where.numpy()]))
    return picked
