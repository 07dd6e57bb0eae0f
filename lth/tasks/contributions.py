"""What each dev example contributes to a run's primary score, so that the contributions' mean is the score.

A score over other examples would differ; the spread of these numbers says by how much. Everything is in closed form, so
40,000 examples take a fraction of a second. This module knows no model. It imports numpy, which `lth.tasks` does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lth.tasks.facts import Task
from lth.tasks.metrics import pearson, scores, spans

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Wholes = NDArray[np.int64]

DIGITS = 6
"""Contributions are rounded to so many significant digits, because they are stored for every run."""
_CANCELLED = 1e-9
"""If less than this share of a sum of squares is left without one example, it is summed again without it."""


def contributions(
    task: Task, predictions: ArrayLike | Sequence[str] | None, labels: ArrayLike | Sequence[Mapping[str, Any]]
) -> list[float] | None:
    """The contribution of each of n dev examples to the task's primary score, rounded to 6 significant digits.

    `predictions` and `labels` are as for `lth.tasks.scores`. Accuracy and exact match are means of 0 and 1, and the F1
    of spans is a mean over questions: these numbers are the contributions. F1, Matthews', Pearson's and Spearman's
    correlation are no means. There an example contributes its jackknife pseudo-value, n θ - (n - 1) θ₋ᵢ, where θ₋ᵢ is
    the score without it (Tukey 1958, Annals of Mathematical Statistics 29, 614; Efron & Stein 1981, Annals of
    Statistics 9, 586-596). The mean of pseudo-values is θ corrected for bias. One constant is added to all of them, so
    that their mean is θ, the score that is reported; differences between examples do not change.

    θ₋ᵢ follows the rules of `scores`: it is 0 for a constant side and for an F1 of nothing. A constant answer to a
    correlation thus contributes 0 everywhere. A single example contributes its score.

    The result is None for mlm, because the tokens of one text are not independent, and for a run whose predictions are
    None or not all finite. Raises EvidenceError as `scores` does.

    >>> from lth.tasks.facts import TASKS
    >>> contributions(TASKS["sst2"], [1, 0, 1], [1, 1, 1])
    [1, 0, 1]
    """
    if predictions is None or task.kind == "mlm":
        return None
    if task.kind == "span":
        return _rounded(np.array([found[task.metric] for found in spans(task, predictions, labels)]))
    score = scores(task, predictions, labels)[task.metric]
    if not np.isfinite(score):
        return None
    given, true = np.asarray(predictions, np.float64), np.asarray(labels, np.float64)
    if task.metric == "accuracy":
        return _rounded(given == true)
    without = _WITHOUT[task.metric](given, true) if len(given) > 1 else np.zeros(1)
    return _rounded(score + (len(given) - 1) * (without.mean() - without))


def _rounded(values: NDArray[Any]) -> list[float]:
    """With 6 significant digits; whole numbers as int, which JSON writes shorter."""
    different, places = np.unique(values.astype(np.float64), return_inverse=True)
    short = [float(f"{value:.{DIGITS}g}") for value in different.tolist()]
    short = [int(value) if value.is_integer() else value for value in short]
    return [short[place] for place in places.tolist()]


def _f1(given: Floats, true: Floats) -> Floats:
    """θ₋ᵢ of the F1 of class 1: 2 tp / (2 tp + fp + fn), and 0 for 0/0."""
    claimed, real = given == 1, true == 1
    top = 2.0 * ((claimed & real).sum() - (claimed & real))
    below = 1.0 * (claimed.sum() - claimed) + (real.sum() - real)
    without: Floats = np.divide(top, below, out=np.zeros_like(top), where=below > 0)
    return without


def _matthews(given: Floats, true: Floats) -> Floats:
    """θ₋ᵢ of Matthews' correlation for any number of classes; 0 if a side is constant.

    It is the same for all examples in one cell of the confusion matrix. Gorodkin 2004, Computational Biology and
    Chemistry 28, 367-374; for two classes it is Matthews 1975.
    """
    classes, codes = np.unique(np.concatenate([true, given]), return_inverse=True)
    size, count = len(classes), len(true)
    cells, places = np.unique(codes[:count] * size + codes[count:], return_inverse=True)
    times = np.bincount(places)
    row, column = cells // size, cells % size
    real, claimed = (np.bincount(side, times, size) for side in (row, column))  # examples of a class, and answers of it
    left, n, same = np.eye(size), count - 1.0, row == column
    reals, claims = real - left[row], claimed - left[column]  # [cells, classes], without one example of the cell
    top = n * (times[same].sum() - same) - (reals * claims).sum(1)
    both = (n * n - (reals**2).sum(1)) * (n * n - (claims**2).sum(1))
    by_cell: Floats = np.divide(top, np.sqrt(both), out=np.zeros_like(top), where=both > 0)
    return by_cell[places]


def _pearson(given: Floats, true: Floats) -> Floats:
    """θ₋ᵢ of Pearson's correlation: without i, a sum of products of deviations loses n/(n - 1) of i's own product."""
    n = len(given)
    x, y = (side - side.mean() for side in (given, true))
    if any((side == side[0]).all() or not deviation.any() for side, deviation in ((given, x), (true, y))):
        return np.zeros(n)
    x, y = x / abs(x).max(), y / abs(y).max()
    xx, yy, xy = ((a * b).sum() - a * b * n / (n - 1) for a, b in ((x, x), (y, y), (x, y)))
    cancelled = (xx < _CANCELLED * (x * x).sum()) | (yy < _CANCELLED * (y * y).sum())
    found: Floats = xy / np.sqrt(np.where(cancelled, 1.0, xx * yy))
    for at in np.flatnonzero(cancelled):  # hardly more than one: it holds nearly all of a side's sum of squares
        found[at] = pearson(np.delete(given, at), np.delete(true, at))
    return found


def _spearman(given: Floats, true: Floats) -> Floats:
    """θ₋ᵢ of Spearman's correlation: Pearson's of the ranks that the others have without i.

    Without i, j's rank falls by (1 + sign(xⱼ - xᵢ)) / 2: by 1 if it was above i, by 1/2 if it was level. The sum over j
    of the products of new ranks is expanded into sums over all j, less the term of i itself. All are of quarters, so
    they are exact. Takes O(n log² n).
    """
    n, m = len(given), len(given) - 1.0
    x, y = (np.unique(side, return_inverse=True)[1] for side in (given, true))
    (r, squares_r), (s, squares_s) = _ranks(x), _ranks(y)
    lost_s, lost_r = (s.sum() + _signed(x, s)) / 2, (r.sum() + _signed(y, r)) / 2
    lost = (n + (n + 1 - 2 * r) + (n + 1 - 2 * s) + _concordance(x, y)) / 4
    top = (r * s).sum() - lost_s - lost_r + lost - (r - 1 / 2) * (s - 1 / 2) - m * ((m + 1) / 2) ** 2
    spread = np.minimum(squares_r, squares_s) > m * (m - 1) / 8  # half the least that is not zero
    without: Floats = np.divide(top, np.sqrt(squares_r * squares_s), out=np.zeros(n), where=spread)
    return without


def _ranks(codes: Wholes) -> tuple[Floats, Floats]:
    """Each one's mean rank from 1, and the sum of squared deviations of the others' ranks without it.

    The latter is (m³ - m)/12 for m different values, less (t³ - t)/12 for each t equal ones (Kendall & Gibbons 1990,
    Rank Correlation Methods, section 3.8).
    """
    times, m = np.bincount(codes).astype(np.float64), len(codes) - 1.0
    cubed = times**3 - times
    fewer = (times - 1) ** 3 - (times - 1)
    squares = (m**3 - m - (cubed.sum() - cubed + fewer)) / 12
    return (np.cumsum(times) - (times - 1) / 2)[codes], squares[codes]


def _signed(codes: Wholes, weights: Floats) -> Floats:
    """For each i, the sum over j of weightⱼ · sign(codeⱼ - codeᵢ)."""
    totals = np.bincount(codes, weights)
    upto = np.cumsum(totals)
    above_less_below: Floats = (upto[-1] - upto) - (upto - totals)
    return above_less_below[codes]


def _concordance(x: Wholes, y: Wholes) -> Floats:
    """For each i, the sum over j of sign(xⱼ - xᵢ) · sign(yⱼ - yᵢ), for whole numbers from 0.

    Two different x have one highest bit in which they differ. For each bit, those that agree above it are a group, and
    in it those with the bit are compared by y with those without.
    """
    total, width = np.zeros(len(x)), int(y.max()) + 1
    for bit in range(int(x.max()).bit_length()):
        group, high = x >> (bit + 1), (x >> bit & 1).astype(bool)
        keys = group * width + y
        for side, sign in ((~high, 1), (high, -1)):
            others, mine, begin = np.sort(keys[~side]), keys[side], group[side] * width
            less = np.searchsorted(others, mine) - np.searchsorted(others, begin)
            more = np.searchsorted(others, begin + width) - np.searchsorted(others, mine, "right")
            total[side] += sign * (more - less)
    return total


_WITHOUT: dict[str, Callable[[Floats, Floats], Floats]] = {
    "f1": _f1,
    "matthews_correlation": _matthews,
    "pearson": _pearson,
    "spearman": _spearman,
}
"""The score without each of at least two examples, for the metrics that are no means."""
