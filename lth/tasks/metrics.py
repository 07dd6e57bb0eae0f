"""How predictions are scored: each task's metrics, by scikit-learn, scipy and torchmetrics, and the majority baseline.

This module knows no model. Every score is a share of 1.

Libraries of metrics are imported by the functions that need them: planning and judging do without.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lth.errors import EvidenceError
from lth.tasks.facts import Kind, Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Numbers = NDArray[np.float64] | NDArray[np.int64]

METRICS: dict[Kind, tuple[str, ...]] = {
    "classification": ("accuracy", "f1", "matthews_correlation"),
    "regression": ("pearson", "spearman"),
    "span": ("f1", "exact_match"),
    "mlm": ("accuracy",),
}
"""The metrics that can score each kind of task."""


def scores(
    task: Task, predictions: ArrayLike | Sequence[str] | None, labels: ArrayLike | Sequence[Mapping[str, Any]]
) -> dict[str, float]:
    """The task's metrics of `predictions` (n) against `labels` (n).

    Both depend on the kind of task. classification: class numbers; regression: scores; mlm: token ids at the masked
    positions, all texts in one row; span: the predicted texts, and the column "answers" of {"text": [...], ...}.

    If the predictions are None, or any is NaN or infinite, every score is NaN: the run is broken, not bad. A constant
    prediction makes every correlation 0. Strictly it is undefined, but a constant answer has no information. Raises
    EvidenceError for an empty list of predictions, unequal lengths, or a question without answers.
    """
    import numpy as np

    if predictions is None:
        return dict.fromkeys(task.metrics, math.nan)
    if task.kind == "span":
        found = spans(task, predictions, labels)
        return {metric: math.fsum(score[metric] for score in found) / len(found) for metric in task.metrics}
    given, true = np.asarray(predictions, np.float64), np.asarray(labels, np.float64)
    if given.shape != true.shape or given.ndim != 1 or not given.size:
        raise EvidenceError(
            f"{task.name}: predictions of shape {given.shape} for labels of shape {true.shape}; expected one "
            "prediction per label, and at least one"
        )
    if not np.isfinite(given).all():
        return dict.fromkeys(task.metrics, math.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {metric: float(_METRICS[metric](given, true)) for metric in task.metrics}


def majority(task: Task, train_labels: Sequence[float] | Numbers, dev_labels: Sequence[float] | Numbers) -> float:
    """The primary score on dev of always giving train's most frequent label (the smallest if several are).

    For mlm the labels are token ids at masked positions. It is 0 for correlations, and for spans, where an empty answer
    never matches. The full model must beat it: see `lth.verdict.assay`. Raises EvidenceError for no labels.
    """
    if task.kind in ("regression", "span"):
        return 0.0
    counts = Counter(train_labels)
    if not counts:
        raise EvidenceError(f"{task.name}: no labels to find the majority in; expected at least one")
    answer = min(counts, key=lambda label: (-counts[label], label))
    return scores(task, [answer] * len(dev_labels), dev_labels)[task.metric]


def spans(task: Task, predictions: Any, labels: Any) -> list[dict[str, float]]:
    """Exact match and F1 of each question; arguments and errors are those of `scores`."""
    given, true = list(predictions), [list(answers["text"]) for answers in labels]
    if len(given) != len(true) or not given:
        raise EvidenceError(
            f"{task.name}: {len(given)} predictions for {len(true)} questions; expected one prediction per question, "
            "and at least one"
        )
    if [] in true:
        raise EvidenceError(f"{task.name}: question {true.index([]) + 1} has no answers; expected at least one")
    return [_span(prediction, tuple(texts)) for prediction, texts in zip(given, true, strict=True)]


@lru_cache(maxsize=20_000)  # a run's questions are scored for its score and for what each contributes
def _span(prediction: str, texts: tuple[str, ...]) -> dict[str, float]:
    """Exact match and F1 of one prediction by the rules of SQuAD 1.1's script, evaluate-v1.1.py.

    Words are compared in lower case, without ASCII punctuation and without a, an and the. If there are several answers,
    each metric takes its best. https://rajpurkar.github.io/SQuAD-explorer/

    torchmetrics follows the rules of SQuAD 2.0, where two empty texts have an F1 of 1. In 1.1 they share no word and
    have 0, although they are an exact match.
    """
    score = _squad(prediction, list(texts))
    if score["exact_match"] and _squad(prediction, [""])["exact_match"]:
        score["f1"] = 0.0
    return score


def _squad(prediction: str, texts: list[str]) -> dict[str, float]:
    from torchmetrics.functional.text.squad import squad

    answers: dict[str, list[str] | list[int]] = {"text": texts, "answer_start": [0] * len(texts)}
    found = squad({"id": "", "prediction_text": prediction}, {"id": "", "answers": answers})
    return {metric: float(score) / 100 for metric, score in found.items()}


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


def pearson(given: Numbers, true: Numbers) -> float:
    """Pearson's correlation; 0 if a side is constant."""
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
    "pearson": pearson,
    "spearman": _spearman,
}
