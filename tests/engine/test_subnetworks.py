from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Generator, Tensor

from lth.engine import subnetworks
from lth.errors import EngineError

Mask = dict[str, Tensor]
SEEDS = st.integers(0, 2**32)


def drawn_mask(draw: st.DrawFn, shapes: dict[str, tuple[int, ...]]) -> Mask:
    generator = Generator().manual_seed(draw(SEEDS))
    density = draw(st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]))
    return {name: torch.rand(shape, generator=generator) < density for name, shape in shapes.items()}


@st.composite
def shapes(draw: st.DrawFn) -> dict[str, tuple[int, ...]]:
    if draw(st.booleans()):
        layers, heads = draw(st.integers(1, 6)), draw(st.integers(1, 6))
        return {"heads": (layers, heads), "mlps": (layers,)}
    sizes = draw(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=4))
    return {f"layer.{i}.weight": size for i, size in enumerate(sizes)}


@st.composite
def some_masks(draw: st.DrawFn) -> Mask:
    return drawn_mask(draw, draw(shapes()))


@st.composite
def masks_of_one_shape(draw: st.DrawFn) -> list[Mask]:
    shape = draw(shapes())
    return [drawn_mask(draw, shape) for _ in range(draw(st.integers(1, 4)))]


def sizes(mask: Mask) -> list[int]:
    """How many elements each group keeps: heads and MLPs separately, matrices together."""
    counts = [int(part.sum()) for part in mask.values()]
    return counts if "heads" in mask else [sum(counts)]


def equal(one: Mask, other: Mask) -> bool:
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


def nested(inner: Tensor, outer: Tensor) -> bool:
    return not (inner & ~outer).any()


@pytest.mark.parametrize("draw", [subnetworks.random_like, subnetworks.bad])
@given(mask=some_masks(), seed=SEEDS)
def test_random_and_bad_subnetworks_have_exactly_the_same_size_and_depend_on_their_seed_only(
    draw: Callable[[Mask, Generator], Mask], mask: Mask, seed: int
) -> None:
    before, state = {name: part.clone() for name, part in mask.items()}, torch.random.get_rng_state()
    once, again = (draw(mask, Generator().manual_seed(seed)) for _ in range(2))
    assert sizes(once) == sizes(mask)
    assert {name: part.shape for name, part in once.items()} == {name: part.shape for name, part in mask.items()}
    assert equal(once, again)
    assert equal(mask, before)
    assert torch.equal(torch.random.get_rng_state(), state)


@given(some_masks(), SEEDS)
def test_a_bad_subnetwork_takes_a_survivor_only_when_all_pruned_elements_are_in_it(mask: Mask, seed: int) -> None:
    found = subnetworks.bad(mask, Generator().manual_seed(seed))
    groups = [["heads"], ["mlps"]] if "heads" in mask else [list(mask)]
    for names in groups:
        good, bad = (torch.cat([parts[name].flatten() for name in names]) for parts in (mask, found))
        assert nested(bad, ~good) or nested(~good, bad)


@given(some_masks(), SEEDS)
def test_the_bad_subnetwork_of_half_the_elements_is_the_other_half(mask: Mask, seed: int) -> None:
    both = {name: torch.stack([part, ~part]) for name, part in mask.items()}  # keeps half of each matrix
    found = subnetworks.bad(both, Generator().manual_seed(seed))
    assert all(torch.equal(found[name], ~both[name]) for name in both)


@pytest.mark.parametrize(
    ("kept", "choices"),
    [([0, 1, 2], 3), ([0], 4)],
    ids=["a survivor is added to two pruned ones", "one of four pruned ones is chosen"],
)
def test_every_bad_subnetwork_is_equally_likely(kept: list[int], choices: int) -> None:
    # Five weights in two matrices. 3,000 draws among 3 or 4 possible masks: chi-squared with at most 3 degrees of
    # freedom exceeds 16.3 once in 1,000 times, and the seed is fixed.
    flat = torch.zeros(5, dtype=torch.bool)
    flat[kept] = True
    mask = {"a": flat[:2].view(1, 2), "b": flat[2:].view(1, 3)}
    generator = Generator().manual_seed(0)
    counts: dict[tuple[bool, ...], int] = {}
    for _ in range(3000):
        drawn = subnetworks.bad(mask, generator)
        key = tuple(torch.cat([part.flatten() for part in drawn.values()]).tolist())
        counts[key] = counts.get(key, 0) + 1
    assert len(counts) == choices
    assert sum((count - 3000 / choices) ** 2 / (3000 / choices) for count in counts.values()) < 16.3


def test_heads_and_mlps_are_never_exchanged_for_each_other() -> None:
    mask = {"heads": torch.ones(4, 3, dtype=torch.bool), "mlps": torch.zeros(4, dtype=torch.bool)}
    for draw in (subnetworks.random_like, subnetworks.bad):
        assert equal(draw(mask, Generator().manual_seed(1)), mask)


@given(masks_of_one_shape())
def test_a_super_survivor_survives_in_every_mask_and_every_such_element_is_one(masks: list[Mask]) -> None:
    found = subnetworks.super_survivors(masks)
    for name, part in found.items():
        votes = torch.stack([mask[name] for mask in masks]).sum(0)
        assert torch.equal(part, votes == len(masks))
    assert equal(found, subnetworks.super_survivors([*masks[::-1], found]))


def test_super_survivors_of_one_mask_are_a_copy_of_it() -> None:
    mask = {"a": torch.tensor([[True, False]])}
    found = subnetworks.super_survivors([mask])
    found["a"].fill_(False)
    assert mask["a"].tolist() == [[True, False]]


def test_super_survivors_of_zero_masks_are_refused() -> None:
    with pytest.raises(EngineError) as caught:
        subnetworks.super_survivors([])
    assert str(caught.value) == ("super-survivors of 0 masks; expected at least one; give the masks of a task's seeds")


@pytest.mark.parametrize("other", [{"a": (2, 3)}, {"a": (2, 2), "b": (1,)}, {}])
def test_super_survivors_of_masks_of_different_models_are_refused(other: dict[str, tuple[int, ...]]) -> None:
    one = {"a": torch.ones(2, 2, dtype=torch.bool)}
    with pytest.raises(EngineError) as caught:
        subnetworks.super_survivors([one, one, {name: torch.ones(shape) > 0 for name, shape in other.items()}])
    name = "b" if "b" in other else "a"
    assert str(caught.value) == (
        f"masks 1 and 3 differ in {name!r}: it is missing or has another shape; expected masks of the same elements; "
        f"use masks made for one architecture and prunable set"
    )


def test_gate_masks_are_distinguished_from_weight_masks_by_their_names() -> None:
    heads, mlps = torch.ones(2, 2) > 0, torch.ones(2) > 0
    assert subnetworks.is_gates({"heads": heads, "mlps": mlps})
    assert subnetworks.is_gates({"mlps": mlps, "heads": heads})
    assert not subnetworks.is_gates({"heads": heads})
    assert not subnetworks.is_gates({"encoder.layer.0.output.dense.weight": heads})


def test_parts_come_back_in_the_order_they_were_given_in() -> None:
    mask = {"mlps": torch.tensor([True, False]), "heads": torch.tensor([[True, False], [False, True]])}
    generator = Generator().manual_seed(0)
    assert list(subnetworks.random_like(mask, generator)) == ["mlps", "heads"]
    assert list(subnetworks.bad(mask, generator)) == ["mlps", "heads"]


@given(SEEDS, st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]))
def test_the_smallest_weights_are_as_many_as_kept_and_no_weight_outside_is_smaller(seed: int, density: float) -> None:
    generator = Generator().manual_seed(seed)
    weights = {name: torch.randn(4, 5, generator=generator) for name in ("a", "b")}
    good = {name: torch.rand(4, 5, generator=generator) < density for name in weights}
    found = subnetworks.smallest(weights, good)
    kept = torch.cat([weights[name][found[name]] for name in weights]).abs()
    left = torch.cat([weights[name][~found[name]] for name in weights]).abs()
    assert len(kept) == sum(int(part.sum()) for part in good.values())
    assert not len(kept) or not len(left) or kept.max() <= left.min()
