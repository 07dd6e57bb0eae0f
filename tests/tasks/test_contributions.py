"""Contributions of dev examples: their mean is the score, and they are the jackknife's by brute force."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lth.errors import EvidenceError
from lth.tasks import TASKS, Task, scores
from lth.tasks.contributions import contributions

NO_MEANS = {
    "f1": replace(TASKS["mrpc"], metrics=("f1",)),
    "matthews_correlation": replace(TASKS["mnli"], metrics=("matthews_correlation",)),
    "pearson": TASKS["stsb"],
    "spearman": replace(TASKS["stsb"], metrics=("spearman",)),
}
"""A task with each primary metric that is not a mean over examples."""


def by_brute_force(task: Task, predictions: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """n θ - (n - 1) θ₋ᵢ, moved so that the mean is θ."""
    n, whole = len(labels), scores(task, predictions, labels)[task.metric]
    without = [
        scores(task, np.delete(predictions, at), np.delete(labels, at))[task.metric] if n > 1 else 0.0
        for at in range(n)
    ]
    pseudo = np.array([n * whole - (n - 1) * each for each in without])
    return pseudo - pseudo.mean() + whole


def made(metric: str, values: list[tuple[int, int]], plain: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predictions and labels; for a correlation `plain` numbers with few ties, else as they are."""
    predictions, labels = np.array(values, np.float64).T
    if metric == "f1":
        return predictions % 2, labels % 2
    return (np.sqrt(predictions + np.arange(len(values))) if plain else predictions), labels


@pytest.mark.parametrize("metric", NO_MEANS)
@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=12), st.booleans())
def test_contributions_are_the_jackknifes_and_their_mean_is_the_score(
    metric: str, values: list[tuple[int, int]], plain: bool
) -> None:
    task = NO_MEANS[metric]
    predictions, labels = made(metric, values, plain and metric in ("pearson", "spearman"))
    found = contributions(task, predictions, labels)
    assert found is not None
    expected = by_brute_force(task, predictions, labels)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-9)
    assert fmean(found) == pytest.approx(scores(task, predictions, labels)[metric], abs=1e-5 * max(1, *map(abs, found)))


def test_a_number_that_outweighs_all_others_is_left_out_without_rounding_errors() -> None:
    predictions, labels = np.array([1e9, 0.1, 0.2, 0.4, 0.3]), np.array([1.0, 2.0, 5.0, 3.0, 4.0])
    found = contributions(TASKS["stsb"], predictions, labels)
    assert found == pytest.approx(by_brute_force(TASKS["stsb"], predictions, labels), rel=1e-5)


def test_hits_are_whole_numbers() -> None:
    assert repr(contributions(TASKS["sst2"], [1.0, 0.0, 1.0], [1, 1, 1])) == "[1, 0, 1]"


def test_f1_by_hand() -> None:
    # tp 1, fp 1, fn 0: F1 = 2/3. Without the hit 0, without the false alarm 1, without a miss of nothing 2/3.
    # Three examples: the mean of these is 5/9, and 2/3 + 2 (5/9 - 0) = 16/9, 2/3 + 2 (5/9 - 1) = -2/9, 4/9.
    task = NO_MEANS["f1"]
    assert contributions(task, [1, 1, 0], [1, 0, 0]) == pytest.approx([16 / 9, -2 / 9, 4 / 9], rel=1e-5)


def test_questions_contribute_their_own_f1() -> None:
    answers = [{"text": ["black gold"]}, {"text": ["tea"]}]
    assert contributions(TASKS["squad"], ["gold", "coffee"], answers) == pytest.approx([2 / 3, 0], rel=1e-5)


@pytest.mark.parametrize("metric", NO_MEANS)
def test_a_constant_answer_contributes_nothing(metric: str) -> None:
    assert contributions(NO_MEANS[metric], [0] * 4, [0, 1, 1, 0]) == [0] * 4


@pytest.mark.parametrize("metric", NO_MEANS)
@pytest.mark.parametrize("label", [0, 1])
def test_a_single_example_contributes_its_score(metric: str, label: int) -> None:
    task = NO_MEANS[metric]
    assert contributions(task, [label], [label]) == [scores(task, [label], [label])[metric]]


@pytest.mark.parametrize("broken", [None, [1.0, math.nan], [math.inf, 0.0]])
@pytest.mark.parametrize("task", ["sst2", "mrpc", "cola", "stsb"])
def test_a_run_without_finite_predictions_has_no_contributions(task: str, broken: list[float] | None) -> None:
    assert contributions(TASKS[task], broken, [1, 0]) is None


def test_tokens_of_one_text_are_no_examples() -> None:
    assert contributions(TASKS["mlm"], [5, 6], [5, 7]) is None


def test_shapes_that_do_not_match_are_refused() -> None:
    with pytest.raises(EvidenceError, match="expected one prediction per label"):
        contributions(TASKS["cola"], [1, 0], [1])


@pytest.mark.parametrize("metric", [*NO_MEANS, "accuracy"])
def test_qqps_forty_thousand_examples_take_less_than_a_second(metric: str) -> None:
    rng = np.random.default_rng(0)
    correlated = metric in ("pearson", "spearman")
    predictions, labels = rng.normal(size=(2, 40_430)) if correlated else rng.integers(0, 2, (2, 40_430))
    task = NO_MEANS.get(metric, TASKS["qqp"])
    score, began = scores(task, predictions, labels)[metric], time.process_time()
    found = contributions(task, predictions, labels)
    assert time.process_time() - began < 1
    assert found
    assert fmean(found) == pytest.approx(score, abs=1e-5)
