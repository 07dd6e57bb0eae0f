"""From stored results to samples: seeds of one model, and models whose seeds are averaged."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.evidence.measured import Measured
from lth.spec.expressions import Pretrained
from lth.verdict.samples import Sample, over_models

RESULTS = tuple(Pretrained(letter * 64, letter) for letter in "abcdef")  # any expressions


def measured(*values: dict[str, Any]) -> Measured:
    return Measured(dict(zip(RESULTS, values, strict=False)))


def test_the_model_is_the_sample_and_its_seeds_are_averaged() -> None:
    scores = (0.9, 0.8, 0.7, 0.5, 0.6, 0.6)
    arm = Arm(ArmId("full"), "sst2", (4, 7), RESULTS, models=3)
    sample = measured(*({"score": score} for score in scores)).sample(arm)
    assert sample.scores == pytest.approx((0.85, 0.6, 0.6))
    assert (sample.n, sample.seeds, sample.of, sample.by_example) == (3, (0, 1, 2), "models", None)


def test_a_run_without_a_score_takes_the_score_of_its_model() -> None:
    scores = (0.9, math.nan, 0.7, 0.5, 0.6, 0.6)
    arm = Arm(ArmId("full"), "sst2", (0, 1), RESULTS, models=3)
    first, *others = measured(*({"score": score} for score in scores)).sample(arm).scores
    assert math.isnan(first)
    assert others == [0.6, 0.6]


def test_one_experiment_for_all_seeds_gives_its_model_the_mean_of_its_numbers() -> None:
    each = ([0.1, 0.2, 0.6], [0.2, 0.2, 0.2], [0.0, 0.3, 0.3])
    arm = Arm(ArmId("good", measure="kappa", units="heads"), "sst2", (0, 1, 2), RESULTS[:3], "pseudo_heads", models=3)
    sample = measured(*({"pseudo_heads": numbers} for numbers in each)).sample(arm)
    assert sample.scores == pytest.approx((0.3, 0.2, 0.2))
    assert (sample.seeds, sample.of) == ((0, 1, 2), "models")


def test_what_an_example_contributes_to_a_model_is_its_mean_over_seeds() -> None:
    one = Sample((0, 1), (0.5, 1.0), by_example=((0.0, 1.0), (1.0, 1.0)))
    other = Sample((0, 1), (0.0, 0.5), by_example=((0.0, 0.0), (0.0, 1.0)))
    both = over_models([one, other])
    assert both.by_example == [[0.5, 1.0], [0.0, 0.5]]
    assert both.scores == (0.75, 0.25)
    assert over_models([one, Sample((0, 1), (0.0, 0.5))]).by_example is None
