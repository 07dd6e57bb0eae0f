import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save as save_tensors
from torch import Generator, Tensor

from lth.engine import masks
from lth.errors import DataError, EngineError

SHARES = st.floats(0, 1, exclude_max=True)


@st.composite
def weights(draw: st.DrawFn) -> dict[str, Tensor]:
    shapes = draw(st.lists(st.tuples(st.integers(1, 7), st.integers(1, 7)), min_size=1, max_size=4))
    generator = Generator().manual_seed(draw(st.integers(0, 2**32)))
    coarse = draw(st.booleans())  # few different values, so that magnitudes are often equal
    found = {f"layer.{i}.weight": torch.randn(shape, generator=generator) for i, shape in enumerate(shapes)}
    return {name: weight.round() for name, weight in found.items()} if coarse else found


@st.composite
def some_masks(draw: st.DrawFn) -> dict[str, Tensor]:
    generator = Generator().manual_seed(draw(st.integers(0, 2**32)))
    density = draw(st.floats(0, 1))
    return {name: torch.rand(part.shape, generator=generator) < density for name, part in draw(weights()).items()}


def size(parts: dict[str, Tensor]) -> int:
    return sum(part.numel() for part in parts.values())


def kept(mask: dict[str, Tensor]) -> int:
    return sum(int(part.sum()) for part in mask.values())


@given(weights(), SHARES)
def test_a_mask_removes_exactly_the_rounded_share(given_weights: dict[str, Tensor], sparsity: float) -> None:
    mask = masks.magnitude(given_weights, sparsity)
    assert size(mask) - kept(mask) == round(sparsity * size(given_weights))


@given(weights(), SHARES)
def test_nothing_removed_is_larger_than_anything_kept(given_weights: dict[str, Tensor], sparsity: float) -> None:
    mask = masks.magnitude(given_weights, sparsity)
    magnitudes = torch.cat([weight.abs().flatten() for weight in given_weights.values()])
    keeps = torch.cat([part.flatten() for part in mask.values()])
    if keeps.any() and not keeps.all():
        assert magnitudes[~keeps].max() <= magnitudes[keeps].min()


@given(weights(), SHARES, SHARES, st.integers(0, 2**32))
def test_a_mask_is_nested_in_the_mask_it_was_pruned_from(
    given_weights: dict[str, Tensor], one: float, other: float, seed: int
) -> None:
    first = masks.magnitude(given_weights, min(one, other))
    generator = Generator().manual_seed(seed)
    trained = {name: torch.randn(weight.shape, generator=generator) for name, weight in given_weights.items()}
    second = masks.magnitude(trained, max(one, other), within=first)
    assert all(not (second[name] & ~first[name]).any() for name in first)
    assert size(second) - kept(second) == round(max(one, other) * size(second))


def test_equal_magnitudes_are_removed_in_the_order_of_the_matrices() -> None:
    ones = {"b": torch.ones(2, 2), "a": -torch.ones(2, 2)}
    mask = masks.magnitude(ones, 5 / 8)
    assert mask["b"].tolist() == [[False, False], [False, False]]
    assert mask["a"].tolist() == [[False, True], [True, True]]


@pytest.mark.parametrize("sparsity", [1.2, 1.0, -0.1, float("nan")])
def test_a_sparsity_that_is_not_a_share_is_refused(sparsity: float) -> None:
    with pytest.raises(EngineError) as caught:
        masks.magnitude({"a": torch.ones(2, 2)}, sparsity)
    assert str(caught.value) == (f"sparsity {sparsity}; expected a share from 0 to below 1; give 0.7 to remove 70 %")


def test_removed_weights_do_not_come_back() -> None:
    half = {"a": torch.tensor([[True, False], [True, False]])}
    with pytest.raises(EngineError) as caught:
        masks.magnitude({"a": torch.ones(2, 2)}, 0.25, within=half)
    assert str(caught.value) == (
        "sparsity 0.25 is below 0.5, the sparsity of the mask to prune further; expected a higher one, because removed "
        "weights do not come back; start from a denser mask"
    )


def test_a_mask_of_other_matrices_is_refused() -> None:
    with pytest.raises(EngineError) as caught:
        masks.magnitude({"a": torch.ones(2, 2)}, 0.5, within={"b": torch.ones(2, 2, dtype=torch.bool)})
    assert str(caught.value) == (
        "'a' is in the mask or the weights, but not in both (2 such names); expected the same matrices; use a mask "
        "made for this architecture and prunable set"
    )


@given(some_masks(), st.integers(0, 2**32))
def test_a_uniform_mask_has_exactly_the_same_size_and_depends_on_its_seed_only(
    like: dict[str, Tensor], seed: int
) -> None:
    before = torch.random.get_rng_state()
    once, again = (masks.uniform(like, Generator().manual_seed(seed)) for _ in range(2))
    assert kept(once) == kept(like)
    assert {name: part.shape for name, part in once.items()} == {name: part.shape for name, part in like.items()}
    assert all(torch.equal(once[name], again[name]) for name in like)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_every_uniform_mask_is_equally_likely() -> None:
    # 2 of 5 positions over two matrices: 10 masks. 3,000 draws give each 300 on average; with 9 degrees of freedom
    # chi-squared exceeds 27.9 once in 1,000 times, and the seed is fixed.
    like = {"a": torch.tensor([[True, True]]), "b": torch.tensor([[False, False, False]])}
    generator = Generator().manual_seed(0)
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(3000):
        drawn = torch.cat([part.flatten() for part in masks.uniform(like, generator).values()])
        pair = tuple(drawn.nonzero().flatten().tolist())
        counts[pair] = counts.get(pair, 0) + 1
    assert len(counts) == 10
    assert sum((count - 300) ** 2 / 300 for count in counts.values()) < 27.9


def test_sparsity_is_counted_from_the_mask_bits() -> None:
    mask = {"a": torch.tensor([[True, False], [True, True]]), "b": torch.tensor([[False, True, True, True]])}
    assert masks.sparsity(mask) == 0.25
    assert masks.densities(mask) == {"a": 0.75, "b": 0.75}
    assert masks.sparsity(masks.magnitude({"a": torch.zeros(4, 4)}, 0.5)) == 0.5


@given(some_masks())
def test_a_packed_mask_comes_back_with_its_shapes_and_order(mask: dict[str, Tensor]) -> None:
    back = masks.from_bytes(masks.to_bytes(mask))
    assert list(back) == list(mask)
    assert all(torch.equal(back[name], mask[name]) for name in mask)
    assert masks.to_bytes(back) == masks.to_bytes(mask)


def test_a_mask_on_disk_takes_one_bit_per_weight(tmp_path: Path) -> None:
    mask = {"a": torch.rand(512, 512, generator=Generator().manual_seed(0)) < 0.3}
    masks.save(mask, tmp_path / "mask.safetensors")
    assert torch.equal(masks.load(tmp_path / "mask.safetensors")["a"], mask["a"])
    assert (tmp_path / "mask.safetensors").stat().st_size < 512 * 512 / 8 + 300


def packed_as(shape: object, dtype: torch.dtype = torch.uint8) -> bytes:
    return save_tensors({"a": torch.zeros(2, dtype=dtype)}, {"shapes": json.dumps({"a": shape})})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no safetensors at all",
        masks.to_bytes({"a": torch.ones(9, 9, dtype=torch.bool)})[:-1],
        save_tensors({"a": torch.zeros(2, dtype=torch.uint8)}),
        save_tensors({"a": torch.zeros(2, dtype=torch.uint8)}, {"shapes": "{}"}),
        save_tensors({"a": torch.zeros(2, dtype=torch.uint8)}, {"shapes": "[]"}),
        packed_as([3, 3], torch.float32),
        packed_as([4, 5]),
        packed_as("9"),
    ],
    ids=["empty", "text", "cut", "no metadata", "no shape", "a list", "floats", "too short", "a word"],
)
def test_a_file_that_is_not_a_mask_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mask.safetensors"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        masks.load(path)
    assert str(caught.value).startswith(f"{path} holds no weight mask (")
    assert str(caught.value).endswith(
        "; expected a safetensors file of packed bits with their shapes; delete it and compute it again"
    )


def test_a_missing_mask_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        masks.load(tmp_path / "gone")
    assert str(caught.value) == (
        f"mask {tmp_path / 'gone'} cannot be read (No such file or directory); expected a file; check the path"
    )


def test_projection_zeroes_what_is_removed_and_leaves_the_rest() -> None:
    parameters = {"a": torch.tensor([[1.0, float("nan")], [3.0, 4.0]]), "other": torch.ones(2)}
    masks.apply_(parameters, {"a": torch.tensor([[True, False], [False, True]])})
    np.testing.assert_array_equal(parameters["a"].numpy(), [[1, 0], [0, 4]])
    np.testing.assert_array_equal(parameters["other"].numpy(), [1, 1])


def test_a_mask_of_another_shape_is_not_projected() -> None:
    with pytest.raises(EngineError) as caught:
        masks.apply_({"a": torch.ones(2, 3)}, {"a": torch.ones(3, 2, dtype=torch.bool)})
    assert str(caught.value) == (
        "the mask of 'a' is (3, 2), its weight is (2, 3); expected the same shape; use a mask made for this "
        "architecture"
    )
