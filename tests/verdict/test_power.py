import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lth.errors import UsageError
from lth.verdict import Verdict, above, below, difference, judge, level, mde, seeds_needed, within
from lth.verdict.samples import Sample, Summary


def sample(*scores: float) -> Sample:
    return Sample(tuple(range(len(scores))), scores)


@pytest.mark.parametrize("n", [3, 5, 10, 40])
def test_the_detectable_effect_is_that_of_statsmodels(n: int) -> None:
    from statsmodels.stats.power import TTestPower

    expected = TTestPower().solve_power(nobs=n, alpha=0.05, power=0.8, alternative="larger")
    assert mde(level(Summary(0.0, 1.0, n)), 0.05) == pytest.approx(expected, rel=1e-5)
    assert mde(level(Summary(0.0, 0.02, n)), 0.05) == pytest.approx(0.02 * expected, rel=1e-5)


def test_the_seeds_needed_are_those_of_cohens_table() -> None:
    # One-sided one-sample t, alpha .05, power .8, effect half a standard deviation: 27 seeds
    # (normal approximation ((1.645 + .842) / .5)² = 24.7, and Student's tails add about two).
    assert seeds_needed(level(Summary(0.5, 1.0, 5)), above(0), 0.05) == 27
    assert seeds_needed(level(Summary(-0.5, 1.0, 5)), above(0), 0.05) == 27
    assert seeds_needed(level(Summary(0.5, 1.0, 5)), below(0), 0.05) == 27


def test_an_equivalence_needs_more_seeds_than_one_of_its_edges() -> None:
    effect = difference(Summary(0.9, 0.02, 5), Summary(0.9, 0.02, 5))
    one, two = seeds_needed(effect, above(-0.02), 0.05), seeds_needed(effect, within(0.02), 0.05)
    assert one is not None
    assert two is not None
    assert one < two < 2 * one


def test_an_estimate_outside_an_equivalence_needs_to_clear_the_nearer_edge() -> None:
    effect = difference(Summary(0.93, 0.02, 5), Summary(0.9, 0.02, 5))
    assert seeds_needed(effect, within(0.02), 0.05) == seeds_needed(effect, above(0.02), 0.05)


def test_an_estimate_on_the_edge_would_take_for_ever() -> None:
    assert seeds_needed(level(Summary(0.5, 1.0, 5)), above(0.5), 0.05) is None
    assert seeds_needed(level(Summary(0.5, 1.0, 5)), above(0.499), 0.05) is None
    assert seeds_needed(level(Summary(0.5, 1.0, 5)), above(0), 0.05, limit=26) is None


@pytest.mark.parametrize("scores", [(0.9,), (0.9, math.nan)])
def test_nothing_is_planned_without_a_spread(scores: tuple[float, ...]) -> None:
    effect = difference(sample(*scores), sample(*[0.5] * len(scores)))
    assert mde(effect, 0.05) is None
    assert seeds_needed(effect, above(0), 0.05) is None


@pytest.mark.parametrize("method", ["bootstrap", "permutation"])
def test_a_method_with_a_floor_needs_five_pairs_at_least(method: str) -> None:
    three = difference(sample(0.91, 0.92, 0.93), sample(0.10, 0.12, 0.11), method=method)
    assert mde(three, 0.05) is None
    assert seeds_needed(three, above(0), 0.05) == 5
    five = difference(sample(0.91, 0.92, 0.93, 0.9, 0.9), sample(0.10, 0.12, 0.11, 0.1, 0.1), method=method)
    by_t = difference(sample(0.91, 0.92, 0.93, 0.9, 0.9), sample(0.10, 0.12, 0.11, 0.1, 0.1))
    assert mde(five, 0.05) == mde(by_t, 0.05)


def test_seeds_that_never_differ_detect_everything_from_five_pairs() -> None:
    three, five = (difference(sample(*[0.9] * n), sample(*[0.8] * n)) for n in (3, 5))
    assert mde(three, 0.05) is None
    assert mde(five, 0.05) == 0
    assert seeds_needed(three, above(0), 0.05) == 5


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 30), st.floats(0.001, 1), st.sampled_from([0.01, 0.05, 0.1]), st.floats(0.3, 0.95))
def test_more_power_takes_a_larger_effect_and_more_seeds_a_smaller(
    n: int, std: float, alpha: float, power: float
) -> None:
    def needed(n: int, power: float) -> float:
        answer = mde(level(Summary(0.0, std, n)), alpha, power)
        assert answer is not None
        return answer

    assert needed(n, power) < needed(n, power + 0.04)
    assert needed(n + 1, power) < needed(n, power)


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 30), st.floats(0.001, 1), st.floats(0.55, 0.95))
@example(5, 1.0, 0.640625)
def test_an_effect_as_large_as_the_detectable_one_needs_the_seeds_it_was_computed_for(
    n: int, std: float, power: float
) -> None:
    detectable = mde(level(Summary(0.0, std, n)), 0.05, power)
    assert detectable is not None
    assert seeds_needed(level(Summary(detectable * 1.0001, std, n)), above(0), 0.05, power) == n


@pytest.mark.parametrize("n", [3, 5, 8])
def test_a_detectable_effect_is_detected_as_often_as_promised(n: int) -> None:
    detectable = mde(level(Summary(0.0, 1.0, n)), 0.05, 0.8)
    assert detectable is not None
    draws = np.random.default_rng(n).normal(detectable, 1.0, size=(2_000, n))
    found = sum(judge(level(sample(*row)), above(0), 0.05).verdict is Verdict.SUPPORTED for row in draws.tolist())
    assert abs(found / 2_000 - 0.8) < 3 * math.sqrt(0.8 * 0.2 / 2_000)


def test_an_impossible_power_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"^power 1; expected a number between 0 and 1; 0.8 is usual$"):
        mde(level(Summary(0.0, 1.0, 5)), 0.05, 1.0)
    with pytest.raises(UsageError, match=r"^power 80; expected"):
        seeds_needed(level(Summary(0.0, 1.0, 5)), above(1), 0.05, 80)
