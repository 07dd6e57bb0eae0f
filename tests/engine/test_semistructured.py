from itertools import permutations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Generator, Tensor, nn

from lth.engine import masks, semistructured
from lth.errors import EngineError


@st.composite
def weights(draw: st.DrawFn) -> dict[str, Tensor]:
    shapes = draw(st.lists(st.tuples(st.integers(1, 5), st.sampled_from([4, 8, 12])), min_size=1, max_size=3))
    generator = Generator().manual_seed(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from([torch.float32, torch.float16, torch.bfloat16]))
    coarse = draw(st.booleans())  # few different values, so that magnitudes are often equal
    found = [torch.randn(shape, generator=generator).to(kind) for shape in shapes]
    return {f"layer.{i}.weight": weight.round() if coarse else weight for i, weight in enumerate(found)}


@given(weights())
def test_every_four_consecutive_inputs_keep_two(given_weights: dict[str, Tensor]) -> None:
    mask = semistructured.two_of_four(given_weights)
    assert {name: part.shape for name, part in mask.items()} == {n: w.shape for n, w in given_weights.items()}
    for part in mask.values():
        for row in part:
            assert [int(four.sum()) for four in row.split(4)] == [2] * (len(row) // 4)
    assert masks.sparsity(mask) == 0.5


@given(weights())
def test_no_removed_weight_is_larger_than_a_kept_one_of_its_four(given_weights: dict[str, Tensor]) -> None:
    mask = semistructured.two_of_four(given_weights)
    for name, weight in given_weights.items():
        magnitudes, keeps = weight.abs().reshape(-1, 4), mask[name].reshape(-1, 4)
        least = magnitudes.masked_fill(~keeps, torch.inf).amin(1)
        largest_removed = magnitudes.masked_fill(keeps, 0).amax(1)
        assert (largest_removed <= least).all()


@given(weights(), st.integers(-3, 3))
def test_neither_signs_nor_a_common_factor_change_the_mask(given_weights: dict[str, Tensor], power: int) -> None:
    scaled = {name: -weight.float() * 2.0**power for name, weight in given_weights.items()}
    one, other = semistructured.two_of_four(given_weights), semistructured.two_of_four(scaled)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_each_order_of_four_magnitudes_keeps_the_two_largest() -> None:
    orders = torch.tensor(list(permutations([0.0, 1.0, 2.0, 3.0])))
    assert torch.equal(semistructured.two_of_four({"a": orders})["a"], orders >= 2)


def test_of_equal_magnitudes_the_later_are_kept_as_by_global_magnitude() -> None:
    weight = {"a": torch.tensor([[1.0, -1.0, 1.0, 1.0]])}
    assert semistructured.two_of_four(weight)["a"].tolist() == [[False, False, True, True]]
    assert masks.magnitude(weight, 0.5)["a"].tolist() == [[False, False, True, True]]


@pytest.mark.parametrize("shape", [(2, 6), (8,)])
def test_inputs_that_do_not_divide_by_four_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(EngineError) as caught:
        semistructured.two_of_four({"pooler.dense.weight": torch.ones(shape)})
    assert str(caught.value) == (
        f"weight 'pooler.dense.weight' is {shape}; expected [out, in] with a multiple of 4 inputs; leave this matrix "
        f"dense"
    )


def test_a_nan_weight_has_no_rank_among_its_four() -> None:
    with pytest.raises(EngineError) as caught:
        semistructured.two_of_four({"a": torch.tensor([[1.0, float("nan"), 0.0, 2.0]])})
    assert str(caught.value) == (
        "weight 'a' has a NaN; expected numbers; look at why the training that gave it diverged"
    )


def network() -> nn.Module:
    model = nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 4))
    with torch.no_grad():
        model[0].weight.copy_(torch.arange(32.0).view(4, 8))
    return model


def first_mask(model: nn.Module) -> masks.Mask:
    return semistructured.two_of_four({"0.weight": dict(model.named_parameters())["0.weight"]})


def with_gpu(monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int]) -> None:
    monkeypatch.setattr("torch.version.cuda", "13.0")
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda: capability)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "Tesla T4")


def test_without_cuda_nothing_is_accelerated_and_one_line_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    model = network()
    with pytest.raises(EngineError) as caught:
        semistructured.accelerate_(model, first_mask(model))
    assert str(caught.value) == (
        "no CUDA device is available; expected an NVIDIA GPU of compute capability 8.0 or more for 2:4 kernels; run "
        "the masked model dense"
    )


@pytest.mark.parametrize(
    ("capability", "reason"),
    [((7, 5), "Tesla T4 has compute capability 7.5"), ((8, 0), None), ((8, 9), None), ((12, 0), None)],
)
def test_kernels_are_supported_from_ampere_on(
    capability: tuple[int, int], reason: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_gpu(monkeypatch, capability)
    assert semistructured.supported() == reason


def test_exactly_the_masked_weights_are_compressed_without_what_the_mask_removes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_gpu(monkeypatch, (9, 0))
    compressed: list[Tensor] = []
    monkeypatch.setattr("torch.sparse.to_sparse_semi_structured", lambda dense: compressed.append(dense) or dense)
    model = network()
    before, other = model[0].weight.detach().clone(), model[1].weight
    mask = first_mask(model)
    semistructured.accelerate_(model, mask)
    assert len(compressed) == 1
    assert torch.equal(compressed[0], before * mask["0.weight"])
    assert torch.equal(model[0].weight, compressed[0])
    assert not model[0].weight.requires_grad
    assert model[1].weight is other


def test_names_are_those_of_the_base_model(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpu(monkeypatch, (9, 0))
    monkeypatch.setattr("torch.sparse.to_sparse_semi_structured", lambda dense: dense)
    model = nn.Module()
    model.base_model = base = network()
    mask = first_mask(base)
    semistructured.accelerate_(model, mask)
    assert int(torch.count_nonzero(base[0].weight)) == 16


def test_a_weight_that_torch_does_not_compress_leaves_the_model_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpu(monkeypatch, (9, 0))

    def refuse(dense: Tensor) -> Tensor:
        if dense.shape[0] == dense.shape[1]:
            raise RuntimeError("shape (4, 4) is not supported\nmore lines")
        return dense

    monkeypatch.setattr("torch.sparse.to_sparse_semi_structured", refuse)
    model = network()
    weight = model[0].weight
    mask = semistructured.two_of_four({"0.weight": weight, "1.weight": model[1].weight})
    with pytest.raises(EngineError) as caught:
        semistructured.accelerate_(model, mask)
    assert str(caught.value) == (
        "torch does not compress '1.weight' (shape (4, 4) is not supported); expected a type, a shape and a device "
        "that it does; leave this matrix out of the mask"
    )
    assert model[0].weight is weight


def test_a_mask_of_another_pattern_is_not_accelerated(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpu(monkeypatch, (9, 0))
    mask = {"0.weight": torch.tensor([[True, True, True, False] * 2] * 4)}
    with pytest.raises(EngineError) as caught:
        semistructured.accelerate_(network(), mask)
    assert str(caught.value) == (
        "mask of '0.weight' keeps more than 2 of 4 consecutive inputs; expected the 2:4 pattern; make the mask with "
        "two_of_four"
    )


@pytest.mark.parametrize(("name", "shape"), [("2.weight", (4, 8)), ("0.weight", (4, 4))])
def test_a_mask_for_another_model_is_not_accelerated(
    name: str, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_gpu(monkeypatch, (9, 0))
    with pytest.raises(EngineError) as caught:
        semistructured.accelerate_(network(), {name: torch.zeros(shape, dtype=torch.bool)})
    assert str(caught.value) == (
        f"the mask names {name!r} of {shape}, a weight this model does not have; expected the names and shapes of its "
        f"own; use a mask made for this architecture"
    )
