"""What masks of several seeds keep: how much it varies over seeds, and how it differs between thirds of the layers.

Works on arrays of shares [seeds, …]; knows neither models nor claims.
"""

from __future__ import annotations

import math
from statistics import fmean

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lth.errors import EvidenceError


def spread(shares: ArrayLike) -> float:
    """The standard deviation over seeds (n - 1) of what is kept of a unit, averaged over units.

    `shares` [seeds, units] are the shares kept: 0 or 1 of a head that a gate opens or closes, anything between if
    single weights are removed. This is the spread in figure 1 of Prasanna et al. 2020 (arXiv 2005.00561). It is NaN for
    fewer than two seeds. Raises EvidenceError for another shape.

    >>> round(spread([[1, 0], [1, 1], [1, 0]]), 3)  # the first unit always survives
    0.289
    """
    kept = np.asarray(shares, dtype=np.float64)
    if kept.ndim != 2 or not kept.size:
        raise EvidenceError(f"shares of shape {kept.shape}; expected [seeds, units]; give one row for each seed")
    return float(kept.std(axis=0, ddof=1).mean()) if len(kept) > 1 else math.nan


def spread_values(shares: ArrayLike) -> list[float]:
    """One number for each seed, with mean `spread` and the jackknife's variance; NaN for fewer than three seeds.

    Seed i has s + (n - 1) (mean of all s₋ⱼ - s₋ᵢ), where s is `spread` and s₋ᵢ leaves seed i out. The variance of these
    numbers, over n, is the delete-one jackknife's variance of s (Efron & Stein 1981, Annals of Statistics 9, 586-596).
    s itself stays the estimate, because it is the number that the paper reports; that of many more seeds is a little
    larger. Raises EvidenceError as `spread` does.
    """
    kept = np.asarray(shares, dtype=np.float64)
    n, whole = len(kept), spread(kept)
    if n < 3:
        return [math.nan] * n
    left = [spread(np.delete(kept, seed, axis=0)) for seed in range(n)]
    return [whole + (n - 1) * (fmean(left) - each) for each in left]


def thirds(by_layer: ArrayLike) -> tuple[float, float, float]:
    """The mean of the first, the middle and the last third of the layers, from numbers [layers, …] of each layer.

    The first and the last third have a third of the layers, rounded down, at least one; the rest is the middle. A third
    without a layer is NaN.

    >>> thirds([1, 1, 0, 1, 0, 0])
    (1.0, 0.5, 0.0)
    """
    values: NDArray[np.float64] = np.asarray(by_layer, dtype=np.float64)
    size = max(1, len(values) // 3)
    parts = values[:size], values[size : len(values) - size], values[len(values) - size :]
    first, middle, last = (float(part.mean()) if part.size else math.nan for part in parts)
    return first, middle, last
