"""The arms of structured pruning, planned and not run."""

from dataclasses import replace

import pytest

from lth.claims.arms import Arms
from lth.claims.claim import Claim, Declaration
from lth.claims.effects import difference
from lth.claims.subnetwork_arms import BY_CONSTRUCTION, Subnetworks
from lth.spec.protocol import PROTOCOLS
from lth.spec.seeds import STEP, group
from lth.spec.subnetworks import Super
from lth.verdict import above


def groups(arms: Arms) -> list[list[int]]:
    """The seeds of the searches behind each seed's super-survivors."""
    masks = arms.structured.masks("super")
    return [[search.of.seed for search in mask.of] for mask in masks if isinstance(mask, Super)]


def test_every_seed_has_super_survivors_of_its_own_whatever_the_other_seeds_are(arms: Arms) -> None:
    more = replace(arms, seeds=(*arms.seeds, 2, 3, 4))
    assert groups(more) == [list(group(seed, 5)) for seed in range(5)]
    assert more.structured.retrained("super").experiments[:2] == arms.structured.retrained("super").experiments
    assert len(set(more.structured.masks("super"))) == 5


def test_super_survivors_are_those_of_five_seeds_in_the_paper_and_of_two_elsewhere(arms: Arms) -> None:
    assert {name: protocol.search.group for name, protocol in PROTOCOLS.items()} == {"paper": 5, "lab": 2, "short": 2}
    lab = replace(arms, protocol=replace(PROTOCOLS["lab"], schedule="0.7"))
    assert groups(lab) == [[0, STEP], [1, 1 + STEP]]


def test_the_first_search_of_a_group_is_that_of_the_seeds_own_good_subnetwork(arms: Arms) -> None:
    structured = arms.structured
    for good, mask in zip(structured.masks("good"), structured.masks("super"), strict=True):
        assert isinstance(mask, Super)
        assert mask.of[0] == good


def test_super_survivors_of_seeds_that_share_a_companion_are_not_run(arms: Arms) -> None:
    near = replace(arms, seeds=(0, STEP)).structured
    assert near.retrained("super").missing.startswith(f"the groups of the seeds 0 and {STEP} have the seed {STEP} in")
    assert near.pruned("super-bad").missing
    assert not near.retrained("good").missing
    assert not arms.structured.retrained("super").missing


def held_out(arms: Arms) -> Subnetworks:
    return replace(arms, protocol=replace(PROTOCOLS["lab"], schedule="0.7")).structured


def test_good_subnetworks_searched_on_dev_are_not_scored_there_as_pruned(arms: Arms) -> None:
    on_dev = arms.structured
    assert on_dev.pruned("good").missing == arms.magnitude.pruned("good").missing == BY_CONSTRUCTION
    assert not on_dev.pruned("random").missing
    assert not on_dev.retrained("good").missing
    assert not held_out(arms).pruned("good").missing


def test_an_arm_that_is_missing_in_the_effect_is_measured_where_it_is_shown(arms: Arms) -> None:
    structured = arms.structured
    assertion = difference(structured.pruned("good"), arms.full(), share=0.9).lies_in(above(0))
    declared = Declaration(Claim("any", "any", True), "", "", arms.full(), assertion.beside(structured.bars()))
    assert assertion.effect.missing == BY_CONSTRUCTION
    shown = next(arm for arm in declared.arms if arm.name == "s-good pruned")
    assert not shown.missing
    assert len({arm.id for arm in declared.arms}) == len(declared.arms)


@pytest.mark.parametrize("pruning", ["structured", "magnitude"])
def test_pictures_cost_no_super_survivors_with_companions_of_every_seed(arms: Arms, pruning: str) -> None:
    shown = [arm.id for arm in getattr(arms, pruning).bars()]
    assert len(shown) == len(set(shown)) == 6
    assert not any(id.treatment.startswith("super") for id in shown)
