"""Costs in seconds are those from when one function of `lth.spec.cost` had the arithmetic of all kinds."""

import pytest

from lth.spec.cost import estimate
from lth.spec.criterion import Criterion
from lth.spec.expressions import FineTune, Magnitude, Pretrained, Recipe
from tests.spec.known import one_of_each

LAB = one_of_each("lab", "lab", Recipe(epochs=2, batch=16, max_length=64))
HUB = one_of_each("hub", "no/such-model", Recipe(train_examples=10_000, max_length=20))
SECONDS = {
    "full": (5.8854177391304345, 13433.252173913044),
    "ticket": (5.8854177391304345, 13433.252173913044),
    "s-search": (19.473808695652174, 3326.086956521739),
    "m-search": (5.539216695652174, 1031.2347826086957),
    "pruned": (0.6924020869565217, 128.90434782608696),
    "patterns": (0.17310052173913043, 29.565217391304348),
    "pre-trained patterns": (0.17310052173913043, 29.565217391304348),
    "latency": (0.5193015652173913, 88.69565217391305),
}


@pytest.mark.parametrize("kind", LAB)
def test_each_kind_costs_what_its_passes_cost_and_masks_cost_nothing(kind: str) -> None:
    assert (estimate(LAB[kind]), estimate(HUB[kind])) == SECONDS.get(kind, (0.0, 0.0))


def test_a_mask_by_a_criterion_costs_the_gradient_of_512_examples_or_of_all_that_training_uses() -> None:
    full, fewer = (one_of_each("hub", "no/such-model", Recipe(train_examples=count))["full"] for count in (None, 100))
    assert isinstance(full, FineTune)
    assert isinstance(fewer, FineTune)
    mask, small = (Magnitude(fit, 0.5, criterion=Criterion("first-order")) for fit in (full, fewer))
    assert (mask.passes, small.passes) == (3 * 512, 3 * 100)
    per_pass = estimate(full) / full.passes
    assert estimate(mask) == pytest.approx(3 * 512 * per_pass)


def test_a_one_shot_mask_of_the_pretrained_weights_reads_no_examples_whatever_its_criterion() -> None:
    assert estimate(Magnitude(Pretrained("m" * 64, "lab"), 0.5, criterion=Criterion("random"))) == 0.0
