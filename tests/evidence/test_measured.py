"""Stored results of arms as samples, with what each dev example contributes where it is known."""

from collections.abc import Mapping
from typing import Any

import pytest

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.evidence.measured import Measured
from lth.spec.expressions import Expression, FineTune, Pretrained, Recipe, TaskData
from lth.verdict.samples import Sample

TASK = TaskData("sst2", "0", "lab")


def arm(quantity: str = "score") -> tuple[Arm, list[Expression]]:
    runs: list[Expression] = [FineTune(TASK, seed, Recipe(), Pretrained("lab", "0")) for seed in (0, 1)]
    return Arm(ArmId("full"), "sst2", (0, 1), tuple(runs), quantity), runs


def sample(*values: Mapping[str, Any], quantity: str = "score") -> Sample:
    made, runs = arm(quantity)
    return Measured(dict(zip(runs, values, strict=True))).sample(made)


def test_a_sample_has_what_each_dev_example_contributes_to_each_run() -> None:
    found = sample({"score": 0.5, "by_example": [1, 0]}, {"score": 1.0, "by_example": [1, 1]})
    assert found.scores == (0.5, 1.0)
    assert found.by_example == [[1, 0], [1, 1]]


@pytest.mark.parametrize(
    "second",
    [{"score": 1.0}, {"score": float("nan")}, {"score": 1.0, "by_example": [1, 1, 1]}],
    ids=["a result of an older version", "a collapsed run", "another dev set"],
)
def test_contributions_count_only_if_all_runs_have_them_for_the_same_examples(second: Mapping[str, Any]) -> None:
    assert sample({"score": 0.5, "by_example": [1, 0]}, second).by_example is None


def test_another_quantity_than_the_score_has_no_examples() -> None:
    values = {"kept_parameters": 0.5, "score": 1.0, "by_example": [1, 1]}
    assert sample(values, values, quantity="kept_parameters").by_example is None
