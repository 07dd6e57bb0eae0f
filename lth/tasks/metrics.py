"""How predictions are scored: each task's metrics, by scikit-learn and scipy, and the score of the majority class.

Knows no model. Every score is a share of 1.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lth.errors import EvidenceError
from lth.tasks.facts import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Numbers = NDArray[np.float64]


def scores(task: Task, predictions: ArrayLike, labels: ArrayLike) -> dict[str, float]:
    """The task's metrics of `predictions` (n) against `labels` (n): class numbers, or scores for a regression.

    A prediction that is NaN or infinite makes every score NaN: the run is broken, not bad. A constant prediction
    makes every correlation 0: strictly it is not defined there, but who always says the same says nothing.
    Raises EvidenceError for no predictions, unequal lengths, or a task whose answers are spans.
    """
    import numpy as np

    if task.kind == "span":
        raise EvidenceError(f"{task.name}: its answers are spans of text; expected a task with one label an example")
    given, true = np.asarray(predictions, np.float64), np.asarray(labels, np.float64)
    if given.shape != true.shape or given.ndim != 1 or not given.size:
        raise EvidenceError(
            f"{task.name}: predictions of shape {given.shape} for labels of shape {true.shape}; expected one "
            "prediction a label, and at least one"
        )
    if not np.isfinite(given).all():
        return dict.fromkeys(task.metrics, math.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {metric: float(_METRICS[metric](given, true)) for metric in task.metrics}


def majority(task: Task, train_labels: Sequence[float], dev_labels: Sequence[float]) -> float:
    """The primary score on dev of always answering train's most frequent class (of equals the smallest).

    0 for correlations, and for spans, where an empty answer never matches. The bar of assay sensitivity.
    """
    if task.kind in ("regression", "span"):
        return 0.0
    counts = Counter(train_labels)
    if not counts:
        raise EvidenceError(f"{task.name}: no labels to find the majority in; expected at least one")
    answer = min(counts, key=lambda label: (-counts[label], label))
    return scores(task, [answer] * len(dev_labels), dev_labels)[task.metric]


def _accuracy(given: Numbers, true: Numbers) -> float:
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(true, given))


def _f1(given: Numbers, true: Numbers) -> float:
    """F1 of class 1, which GLUE reports for MRPC and QQP."""
    from sklearn.metrics import f1_score

    return float(f1_score(true, given, zero_division=0.0))


def _matthews(given: Numbers, true: Numbers) -> float:
    from sklearn.metrics import matthews_corrcoef

    return float(matthews_corrcoef(true, given))


def _pearson(given: Numbers, true: Numbers) -> float:
    from scipy.stats import pearsonr

    return 0.0 if _constant(given, true) else float(pearsonr(given, true).statistic)


def _spearman(given: Numbers, true: Numbers) -> float:
    from scipy.stats import spearmanr

    return 0.0 if _constant(given, true) else float(spearmanr(given, true).statistic)


def _constant(given: Numbers, true: Numbers) -> bool:
    return bool((given == given[0]).all() or (true == true[0]).all())


_METRICS: dict[str, Callable[[Numbers, Numbers], float]] = {
    "accuracy": _accuracy,
    "f1": _f1,
    "matthews_correlation": _matthews,
    "pearson": _pearson,
    "spearman": _spearman,
}
