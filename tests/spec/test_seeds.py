"""Groups of seeds: a seed and its companions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth.spec.seeds import LARGEST_SEED, STEP, group, shared

SEEDS = st.integers(0, LARGEST_SEED)


@given(SEEDS, st.integers(1, 8))
def test_a_group_begins_with_its_seed_and_has_as_many_seeds_as_asked_for(seed: int, size: int) -> None:
    found = group(seed, size)
    assert found[0] == seed
    assert len(set(found)) == size
    assert all(0 <= member <= LARGEST_SEED for member in found)


@given(st.integers(0, LARGEST_SEED - STEP), st.sets(st.integers(0, STEP - 1), min_size=2, max_size=40))
def test_seeds_that_are_near_each_other_share_no_companion(first: int, offsets: set[int]) -> None:
    seeds = [first + offset for offset in offsets]
    members = [member for seed in seeds for member in group(seed, 5)]
    assert len(set(members)) == len(members)
    assert not shared(seeds, 5)


@pytest.mark.parametrize(("seeds", "common"), [((3, 3 + STEP), 3 + STEP), ((LARGEST_SEED, STEP - 1), STEP - 1)])
def test_seeds_of_one_group_are_named(seeds: tuple[int, int], common: int) -> None:
    assert shared(seeds, 2) == (
        f"the groups of the seeds {seeds[0]} and {seeds[1]} have the seed {common} in common, so their masks are not "
        "independent; give seeds less than 1,000,003 apart"
    )


def test_the_papers_seeds_have_groups_of_their_own() -> None:
    assert not shared((1337, 42, 86, 71, 166), 5)  # Prasanna et al. 2020, section 3
