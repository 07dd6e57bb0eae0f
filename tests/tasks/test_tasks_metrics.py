"""Scores against sums that the reader can redo."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lth.errors import EvidenceError
from lth.tasks import TASKS, majority, scores

PREDICTIONS, LABELS = [1, 1, 0, 1, 0, 0], [1, 0, 0, 1, 1, 0]  # 2 true positives, 2 true negatives, 1 + 1 wrong
CLASSIFIERS = [name for name, task in TASKS.items() if task.kind == "classification"]
PLAIN = st.floats(0, 5, allow_subnormal=False)


def test_accuracy_is_the_share_of_hits() -> None:
    assert scores(TASKS["sst2"], PREDICTIONS, LABELS) == {"accuracy": pytest.approx(4 / 6)}


def test_mrpc_also_has_f1() -> None:
    assert scores(TASKS["mrpc"], PREDICTIONS, LABELS) == {
        "accuracy": pytest.approx(4 / 6),
        "f1": pytest.approx(2 * 2 / (2 * 2 + 1 + 1)),
    }


def test_cola_has_matthews_correlation() -> None:
    expected = (2 * 2 - 1 * 1) / math.sqrt(3 * 3 * 3 * 3)
    assert scores(TASKS["cola"], PREDICTIONS, LABELS) == {"matthews_correlation": pytest.approx(expected)}


def test_stsb_has_pearson_and_spearman() -> None:
    # x - mean = -1.5 -0.5 0.5 1.5, y - mean = -1.75 -0.75 -0.75 3.25: sum of products 7.5, of squares 5 and 14.75.
    # ranks of y: 1, 2.5, 2.5, 4: sum of products 4.5, of squares 5 and 4.5.
    assert scores(TASKS["stsb"], [1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 1.0, 5.0]) == {
        "pearson": pytest.approx(7.5 / math.sqrt(5 * 14.75)),
        "spearman": pytest.approx(4.5 / math.sqrt(5 * 4.5)),
    }


@pytest.mark.parametrize("name", ["cola", "stsb"])
@pytest.mark.parametrize("constant", [0, 1])
def test_a_constant_prediction_correlates_with_nothing(name: str, constant: int) -> None:
    task = TASKS[name]
    assert scores(task, [constant] * 4, [0, 1, 1, 0]) == dict.fromkeys(task.metrics, 0.0)
    assert scores(task, [0, 1, 1, 0], [constant] * 4) == dict.fromkeys(task.metrics, 0.0)


def test_f1_without_a_positive_prediction_is_zero() -> None:
    assert scores(TASKS["qqp"], [0, 0, 0], [1, 0, 0])["f1"] == 0.0


@pytest.mark.parametrize("broken", [math.nan, math.inf])
@pytest.mark.parametrize("name", ["sst2", "mrpc", "cola", "stsb"])
def test_a_prediction_that_is_no_number_makes_every_score_nan(name: str, broken: float) -> None:
    found = scores(TASKS[name], [1.0, broken, 0.0], [1, 0, 0])
    assert list(found) == list(TASKS[name].metrics)
    assert all(math.isnan(score) for score in found.values())


@settings(deadline=None, max_examples=50)  # the first example imports scipy or scikit-learn
@given(st.lists(st.tuples(PLAIN, PLAIN), min_size=1, max_size=20))
def test_correlations_of_finite_predictions_lie_between_minus_one_and_one(pairs: list[tuple[float, float]]) -> None:
    given, true = zip(*pairs, strict=True)
    assert all(abs(score) <= 1 + 1e-9 for score in scores(TASKS["stsb"], given, true).values())


@settings(deadline=None, max_examples=50)  # the first example imports scipy or scikit-learn
@given(st.sampled_from(CLASSIFIERS), st.lists(st.integers(0, 1), min_size=2, max_size=30).filter(lambda x: sum(x) > 0))
def test_the_labels_themselves_score_one(name: str, labels: list[int]) -> None:
    expected = 0.0 if name == "cola" and len(set(labels)) == 1 else 1.0
    assert scores(TASKS[name], labels, labels)[TASKS[name].metric] == pytest.approx(expected)


@pytest.mark.parametrize(("given", "true"), [([], []), ([1], [1, 0]), ([[1, 0]], [[1, 0]])])
def test_shapes_that_do_not_match_are_refused(given: list[int], true: list[int]) -> None:
    with pytest.raises(
        EvidenceError, match=r"^sst2: predictions of shape .*; expected one prediction per label, and at"
    ):
        scores(TASKS["sst2"], given, true)


@pytest.mark.parametrize("name", list(TASKS))
def test_a_run_without_predictions_scores_nan(name: str) -> None:
    labels = [{"text": ["gold"]}] if name == "squad" else [1]
    found = scores(TASKS[name], None, labels)
    assert list(found) == list(TASKS[name].metrics)
    assert all(math.isnan(score) for score in found.values())


def test_masked_tokens_are_scored_as_one_flat_row_of_ids() -> None:
    given, true = np.array([2003, 1996, 30521, 7]), np.array([2003, 1037, 30521, 8])
    assert scores(TASKS["mlm"], given, true) == {"accuracy": 0.5}


def test_the_majority_of_masked_tokens_is_trains_most_frequent_one() -> None:
    assert majority(TASKS["mlm"], np.array([1996, 7, 1996]), np.array([7, 1996, 8, 1996])) == 0.5


def test_the_majority_is_trains_and_is_scored_on_dev() -> None:
    assert majority(TASKS["rte"], [1, 1, 0], [1, 0, 0, 0]) == 0.25
    assert majority(TASKS["mnli"], [2, 1, 2, 0], [2, 2, 0, 1]) == 0.5


def test_of_equally_frequent_classes_the_smallest_is_answered() -> None:
    assert majority(TASKS["sst2"], [1, 0], [0, 0, 0, 1]) == 0.75


@pytest.mark.parametrize("name", ["cola", "stsb", "squad"])
def test_the_majority_of_a_correlation_is_zero(name: str) -> None:
    assert majority(TASKS[name], [1, 1, 0], [1, 0]) == 0.0


def test_no_labels_have_no_majority() -> None:
    with pytest.raises(EvidenceError, match=r"^sst2: no labels to find the majority in; expected at least one$"):
        majority(TASKS["sst2"], [], [1])
