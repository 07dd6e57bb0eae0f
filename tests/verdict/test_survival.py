"""What masks keep, over seeds and by thirds of the layers."""

import math
from statistics import fmean, stdev

import numpy as np
import pytest

from lth.errors import EvidenceError
from lth.verdict.survival import spread, spread_values, thirds

KEPT = np.array([[1, 0, 0.5], [1, 1, 0.25], [1, 0, 0.75], [1, 1, 0.5]])


def test_the_spread_is_the_mean_over_units_of_the_deviation_over_seeds() -> None:
    assert spread(KEPT) == pytest.approx(fmean(stdev(unit) for unit in KEPT.T.tolist()))
    assert spread(np.ones((5, 144))) == 0
    assert math.isnan(spread(KEPT[:1]))


def test_the_numbers_of_seeds_have_the_spread_as_mean_and_the_jackknifes_variance() -> None:
    values, n = spread_values(KEPT), len(KEPT)
    assert fmean(values) == pytest.approx(spread(KEPT))
    left = [spread(np.delete(KEPT, seed, axis=0)) for seed in range(n)]
    variance = (n - 1) / n * sum((each - fmean(left)) ** 2 for each in left)  # Efron & Stein 1981
    assert stdev(values) ** 2 / n == pytest.approx(variance)


def test_two_seeds_are_too_few_for_an_error() -> None:
    assert all(map(math.isnan, spread_values(KEPT[:2])))


@pytest.mark.parametrize("shape", [(3,), (0, 4), (2, 3, 4)])
def test_shares_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(EvidenceError, match=r"expected \[seeds, units\]"):
        spread(np.zeros(shape))


def test_the_interval_of_the_spread_of_survival_errs_seldom() -> None:
    # Heads that survive with unequal probabilities; the truth is the mean over many groups of five seeds.
    from lth.verdict import level
    from lth.verdict.samples import Sample

    random = np.random.default_rng(0)
    chances = random.beta(1.5, 1.2, 144)
    runs = (random.random((600, 5, 144)) < chances).astype(float)
    truth = fmean(spread(run) for run in runs)
    intervals = [level(Sample(tuple(range(5)), tuple(spread_values(run)))).interval(0.05) for run in runs[:300]]
    assert sum(each.low > truth for each in intervals) / len(intervals) < 0.08
    assert sum(each.high < truth for each in intervals) / len(intervals) < 0.08


@pytest.mark.parametrize(
    ("layers", "expected"),
    [(12, (1.5, 5.5, 9.5)), (6, (0.5, 2.5, 4.5)), (4, (0.0, 1.5, 3.0)), (3, (0.0, 1.0, 2.0))],
)
def test_layers_are_divided_into_thirds_with_the_rest_in_the_middle(layers: int, expected: tuple[float, ...]) -> None:
    assert thirds(np.arange(layers)) == expected
    assert thirds(np.repeat(np.arange(layers)[:, None], 12, axis=1)) == expected


def test_two_layers_have_no_middle() -> None:
    first, middle, last = thirds([0.0, 1.0])
    assert (first, last) == (0, 1)
    assert math.isnan(middle)
