import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth.errors import UsageError
from lth.verdict import Interval, Region, Verdict, above, below, decide, within

SUPPORTED, REFUTED, INCONCLUSIVE = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE
numbers = st.floats(-1, 1)


def interval(low: float, high: float) -> Interval:
    return Interval((low + high) / 2, low, high, "by hand", 0.05)


@pytest.mark.parametrize(
    ("low", "high", "region", "verdict"),
    [
        (0.01, 0.05, above(0), SUPPORTED),
        (-0.01, 0.05, above(0), INCONCLUSIVE),
        (-0.05, -0.01, above(0), REFUTED),
        (-0.01, 0.05, above(-0.02), SUPPORTED),
        (-0.01, 0.01, within(0.02), SUPPORTED),
        (-0.03, 0.03, within(0.02), INCONCLUSIVE),
        (0.021, 0.03, within(0.02), REFUTED),
        (-0.03, -0.021, within(0.02), REFUTED),
        (0.1, 0.3, below(0.4), SUPPORTED),
        (0.41, 0.5, below(0.4), REFUTED),
        (-math.inf, math.inf, above(0), INCONCLUSIVE),
        (0.01, math.inf, above(0), SUPPORTED),
        (-math.inf, -0.01, above(0), REFUTED),
    ],
)
def test_inside_supports_outside_refutes_and_all_else_is_inconclusive(
    low: float, high: float, region: Region, verdict: Verdict
) -> None:
    assert decide(interval(low, high), region) is verdict


def test_an_interval_that_ends_on_an_edge_has_no_point_inside_or_one_outside() -> None:
    assert decide(interval(0.0, 0.1), above(0)) is INCONCLUSIVE
    assert decide(interval(-0.1, 0.0), above(0)) is REFUTED
    assert decide(interval(0.0, 0.0), above(0)) is REFUTED


def test_ends_that_are_nan_decide_nothing() -> None:
    for region in (above(0), below(0), within(1)):
        assert decide(interval(math.nan, math.nan), region) is INCONCLUSIVE
        assert decide(interval(math.nan, 0.5), region) is INCONCLUSIVE


@given(numbers, numbers, numbers, numbers)
def test_a_wider_interval_never_changes_one_conclusive_verdict_into_the_other(
    one: float, other: float, edge: float, extra: float
) -> None:
    low, high = sorted((one, other))
    narrow = decide(interval(low, high), above(edge))
    wide = decide(interval(low - abs(extra), high + abs(extra)), above(edge))
    assert wide in (narrow, INCONCLUSIVE)


@given(numbers, numbers, numbers, st.floats(0, 1))
def test_a_higher_interval_never_supports_superiority_less(one: float, other: float, edge: float, up: float) -> None:
    order = [REFUTED, INCONCLUSIVE, SUPPORTED]
    low, high = sorted((one, other))
    before = decide(interval(low, high), above(edge))
    after = decide(interval(low + up, high + up), above(edge))
    assert order.index(after) >= order.index(before)


@given(numbers, numbers, numbers)
def test_what_supports_above_refutes_below(one: float, other: float, edge: float) -> None:
    low, high = sorted((one, other))
    if edge not in (low, high):
        opposite = {SUPPORTED: REFUTED, REFUTED: SUPPORTED, INCONCLUSIVE: INCONCLUSIVE}
        assert decide(interval(low, high), below(edge)) is opposite[decide(interval(low, high), above(edge))]


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, -0.1, math.nan])
def test_an_alpha_outside_zero_to_a_half_is_an_error(alpha: float) -> None:
    with pytest.raises(UsageError, match=r"^alpha .*; expected a number between 0 and 0.5; 0.05 is usual$"):
        Interval(0, -1, 1, "by hand", alpha)


def test_ends_in_the_wrong_order_are_an_error() -> None:
    with pytest.raises(UsageError, match=r"^interval from 1 to 0; expected low <= high; swap the ends$"):
        interval(1, 0)


def test_verdicts_print_as_the_report_shows_them() -> None:
    assert [str(verdict) for verdict in Verdict] == ["SUPPORTED", "REFUTED", "INCONCLUSIVE", "NOT RUN"]
