"""How many effects lie above an edge."""

import math

import pytest

from lth.verdict import Verdict, above, judge, level
from lth.verdict.count import Count, count_above
from lth.verdict.samples import Sample


def at(mean: float) -> Sample:
    return Sample((0, 1, 2, 3, 4), tuple(mean + step for step in (-0.01, -0.005, 0.0, 0.005, 0.01)))


def test_at_least_u_of_n_is_benjamini_and_hellers_partial_conjunction() -> None:
    # (n - u + 1) × the u-th smallest: 4 × .001, 3 × .01, 2 × .02, 1 × .5; and 4 × .4, 3 × .5, … for "below".
    count = Count(3, 4, (0.001, 0.01, 0.02, 0.5), (0.4, 0.5, 0.9, 0.99), "seeds")
    assert [count.p_greater(u - 1) for u in (1, 2, 3, 4)] == pytest.approx([0.004, 0.03, 0.04, 0.5])
    assert (count.p_greater(-1), count.p_greater(4)) == (0.0, 1.0)
    interval = count.interval(0.05)
    assert (interval.low, interval.estimate, interval.high) == (3, 3, 4)


def test_no_number_is_shown_before_all_smaller_ones() -> None:
    # 3 × .02 = .06 for one is not shown, so two, with 2 × .02 = .04, are not either.
    assert Count(3, 3, (0.02, 0.02, 0.02), (0.9, 0.9, 0.9), "seeds").interval(0.05).low == 0


def test_the_rule_decides_on_the_number() -> None:
    def verdict(*means: float) -> Verdict:
        return judge(count_above(-0.02, [level(at(mean)) for mean in means], 3), above(2), 0.05).verdict

    assert verdict(0.0, 0.1, 0.2, -0.5) is Verdict.SUPPORTED
    assert verdict(0.0, 0.1, -0.3, -0.5) is Verdict.REFUTED
    assert verdict(0.0, 0.1, -0.021, -0.5) is Verdict.INCONCLUSIVE


def test_too_few_effects_give_no_number() -> None:
    found = count_above(0.0, [level(at(1.0))], 3)
    assert math.isnan(found.value)
    assert found.interval(0.05).reason == "1 are left; expected at least 3"
