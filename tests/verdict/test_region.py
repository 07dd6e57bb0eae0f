import math

import pytest

from lth.errors import UsageError
from lth.verdict import Region, above, below, within


def test_the_constructors_say_superiority_non_inferiority_and_equivalence() -> None:
    assert above(0.0) == Region(0.0, math.inf)
    assert above(-0.02) == Region(low=-0.02)
    assert below(0.4) == Region(-math.inf, 0.4)
    assert within(0.02) == Region(-0.02, 0.02)


def test_edges_are_the_finite_ends() -> None:
    assert above(0.6).edges == (0.6,)
    assert below(0.4).edges == (0.4,)
    assert within(0.02).edges == (-0.02, 0.02)


def test_a_region_is_open() -> None:
    assert 0.02 not in within(0.02)
    assert -0.02 not in within(0.02)
    assert 0.0199 in within(0.02)
    assert 1e300 in above(0)


@pytest.mark.parametrize(("low", "high"), [(0.1, -0.1), (0.1, 0.1), (math.nan, 1.0), (0.0, math.nan)])
def test_a_region_without_a_point_is_an_error(low: float, high: float) -> None:
    with pytest.raises(UsageError, match=r"^region from .* to .*; expected low < high; swap or correct the edges$"):
        Region(low, high)


def test_a_region_without_an_edge_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"^region from -inf to inf; expected a finite edge; say where"):
        Region()


@pytest.mark.parametrize("margin", [0.0, -0.02, math.inf, math.nan])
def test_a_margin_that_is_not_positive_and_finite_is_an_error(margin: float) -> None:
    with pytest.raises(
        UsageError, match=r"expected a positive finite number; give the largest difference that does not matter$"
    ):
        within(margin)
