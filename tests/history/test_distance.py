"""Away from the middle of a region with two edges: the test, its interval, and its error rate."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth.document.rows import RegionRow
from lth.history.changes import Change, compare
from lth.history.distance import farther, growth
from lth.history.effects import TwoSided
from lth.verdict import Interval, Spread, within
from lth.verdict.estimate import Student
from tests.history.made_up import document, plain, region_row
from tests.history.simulated_changes import ALPHA, NO_WORSE, WORSE, Case, p_worse, runs, share
from tests.report.made_up import changed

QUICK, MANY = 4_000, 100_000
WELCH = 0.008
"""What Welch's t itself errs above alpha with three seeds and a tenth of the spread in one arm."""
numbers = st.floats(-1, 1).map(lambda number: round(number, 3))
errors = st.floats(0.01, 0.5)


def estimates(old: float, new: float, old_error: float, new_error: float) -> tuple[TwoSided, TwoSided]:
    """The change and the sum of two effects with these standard errors, of five seeds each."""
    spread = Spread((5 * old_error**2, 5 * new_error**2), (5, 5))
    both = (Student(value, 5, "Welch t", spread) for value in (new - old, new + old))
    change, total = (TwoSided(each, each) for each in both)
    return change, total


@given(numbers, numbers)
def test_the_growth_of_the_distance_is_made_of_change_and_sum(old: float, new: float) -> None:
    found = growth(*estimates(old, new, 0.1, 0.1), ALPHA)
    assert found.estimate == pytest.approx(abs(new) - abs(old))
    assert found.low <= found.estimate <= found.high


@given(numbers, numbers, errors, errors)
def test_the_interval_is_above_zero_where_p_is_at_most_alpha(old: float, new: float, one: float, other: float) -> None:
    made = estimates(old, new, one, other)
    p = farther(*made)
    if abs(p - ALPHA) > 1e-9:
        assert (growth(*made, ALPHA).low > 0) == (p < ALPHA)


@given(numbers, numbers, errors, errors)
def test_the_way_back_is_the_mirror_image(old: float, new: float, one: float, other: float) -> None:
    there = growth(*estimates(old, new, one, other), ALPHA)
    back = growth(*estimates(new, old, other, one), ALPHA)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


@given(numbers, numbers, errors, errors)
def test_the_other_side_of_the_middle_is_the_same_distance(old: float, new: float, one: float, other: float) -> None:
    here, there = (growth(*estimates(sign * old, sign * new, one, other), ALPHA) for sign in (1, -1))
    assert (here.low, here.high) == pytest.approx((there.low, there.high))


def test_far_from_the_middle_the_interval_is_that_of_the_change() -> None:
    change, total = estimates(0.5, 0.7, 0.05, 0.05)
    expected = change.interval(ALPHA)
    found = growth(change, total, ALPHA)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert farther(change, total) == pytest.approx(change.low.p_greater(0))


def across(old: float, new: float) -> Change:
    """The change of an effect known to ±.002, in the region from -.02 to .02."""
    made = []
    for value in (old, new):
        known = plain(value, value - 0.002, value + 0.002)
        made.append(changed(known, region=region_row(within(0.02))))
    (found,) = compare(document(made[0]), document(made[1]))
    return found


def test_a_move_across_the_middle_to_the_same_distance_is_neither_worse_nor_better() -> None:
    found = across(-0.015, 0.015)
    assert found.beyond_noise
    assert not found.worse
    assert not found.better
    assert found.p_worse > 0.9


def test_a_move_across_the_middle_is_worse_if_it_ends_farther_away_and_better_if_nearer() -> None:
    assert across(-0.005, 0.015).worse
    assert across(-0.015, 0.005).better
    assert across(0.005, -0.015).worse


def test_the_middle_need_not_be_zero() -> None:
    old, new = (changed(plain(value, value - 0.02, value + 0.02), region=RegionRow(0.0, 0.4)) for value in (0.1, 0.3))
    (found,) = compare(document(old), document(new))
    assert found.worsening
    assert found.worsening.estimate == pytest.approx(0)
    assert not found.worse


def tolerated(n: int, case: Case, paired: bool, pairs: int) -> float:
    welch = WELCH if not paired and n == 3 and max(case.spreads) > 2 * min(case.spreads) else 0.0
    return ALPHA + welch + 3 * math.sqrt(ALPHA * (1 - ALPHA) / pairs)


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("case", NO_WORSE)
def test_an_effect_that_is_no_farther_away_is_rarely_called_worse(case: Case, paired: bool) -> None:
    assert not case.worsens
    for n in (3, 5, 8):
        assert share(case, n, paired, QUICK)[1] <= tolerated(n, case, paired, QUICK)


@pytest.mark.night
@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("case", NO_WORSE)
def test_the_same_in_many_runs(case: Case, paired: bool) -> None:
    for n in (3, 5, 8):
        assert share(case, n, paired, MANY)[1] <= tolerated(n, case, paired, MANY)


def test_any_change_that_ends_farther_away_was_no_test_of_the_distance() -> None:
    assert share(Case(-0.75, 0.75), 5, False, QUICK)[0] > 0.4


def test_a_true_move_away_is_found_more_often_on_the_same_side_of_the_middle() -> None:
    for case, n in product(WORSE, (5, 8)):
        assert case.worsens
        assert share(case, n, False, QUICK)[1] > 0.7
    before, after = share(Case(0.75, 1.75), 3, False, QUICK)
    assert after > before + 0.1


def test_the_simulation_has_the_rule_of_the_comparison() -> None:
    from tests.history.test_change_calibration import measured

    old, new = runs(Case(0.0, 0.5), 3, False, 40)
    expected = p_worse(old, new, False)
    for before, after, p in zip(old, new, expected, strict=True):
        made = []
        for number, effects in enumerate((before, after)):
            full = np.full(3, 1.0)
            arms = np.array([1 + effects / 100, full, full])
            made.append(measured(arms, range(10 * number, 10 * number + 3), within(0.02)))
        (found,) = compare(document(made[0]), document(made[1]), ALPHA)
        assert isinstance(found.worsening, Interval)
        assert found.p_worse == pytest.approx(p)
