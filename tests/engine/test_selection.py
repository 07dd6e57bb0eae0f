from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor

from lth.engine import selection
from lth.engine.selection import smallest
from lth.errors import EngineError

FLOATS = st.one_of(
    st.floats(width=32, allow_nan=False),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 1e-40, float("inf"), -float("inf")]),
)
TENSORS = st.lists(
    arrays.arrays(np.float32, arrays.array_shapes(max_dims=2, max_side=9, min_side=0), elements=FLOATS),
    min_size=1,
    max_size=4,
)


def by_stable_sort(weights: Sequence[Tensor], k: int, among: Sequence[Tensor] | None = None) -> np.ndarray:
    """The definition, in float64: all positions in a row, sorted stably by magnitude, the first k."""
    flat = np.concatenate([np.abs(weight.numpy().astype(np.float64).ravel()) for weight in weights])
    allowed = np.ones(len(flat), bool) if among is None else np.concatenate([part.numpy().ravel() for part in among])
    order = np.flatnonzero(allowed)[np.argsort(flat[allowed], kind="stable")]
    chosen = np.zeros(len(flat), bool)
    chosen[order[:k]] = True
    return chosen


def together(chosen: Sequence[Tensor]) -> np.ndarray:
    return np.concatenate([part.numpy().ravel() for part in chosen])


@pytest.fixture(params=["in one go", "by brackets"])
def _regime(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second regime sends tiny tensors through sampling, several chunks, missed brackets and halving."""
    if request.param == "by brackets":
        monkeypatch.setattr(selection, "SAMPLE", 4)
        monkeypatch.setattr(selection, "_CHUNK", 7)
        monkeypatch.setattr(selection, "DEVIATIONS", 0.5)


@pytest.mark.usefixtures("_regime")
class TestTheKSmallest:
    """Each law holds for a choice by one sort and for one by brackets."""

    @given(TENSORS, st.data())
    @settings(deadline=None)
    def test_are_those_of_a_stable_sort(self, given_arrays: list[np.ndarray], data: st.DataObject) -> None:
        weights = [torch.from_numpy(array) for array in given_arrays]
        k = data.draw(st.integers(0, sum(weight.numel() for weight in weights)))
        chosen = smallest(weights, k)
        assert [part.shape for part in chosen] == [weight.shape for weight in weights]
        assert together(chosen).sum() == k
        np.testing.assert_array_equal(together(chosen), by_stable_sort(weights, k))

    @given(TENSORS, st.data())
    @settings(deadline=None)
    def test_are_those_of_a_stable_sort_of_the_allowed(
        self, given_arrays: list[np.ndarray], data: st.DataObject
    ) -> None:
        weights = [torch.from_numpy(array) for array in given_arrays]
        among = [torch.from_numpy(data.draw(arrays.arrays(np.bool_, array.shape))) for array in given_arrays]
        k = data.draw(st.integers(0, sum(int(part.sum()) for part in among)))
        np.testing.assert_array_equal(together(smallest(weights, k, among)), by_stable_sort(weights, k, among))

    @given(arrays.arrays(np.float32, 24, elements=FLOATS), st.integers(0, 24), st.sampled_from([1, 2, 3, 8, 12]))
    @settings(deadline=None)
    def test_do_not_depend_on_how_the_numbers_are_split(self, array: np.ndarray, k: int, parts: int) -> None:
        whole = torch.from_numpy(array)
        np.testing.assert_array_equal(together(smallest(whole.chunk(parts), k)), together(smallest([whole], k)))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_floats_of_other_widths_are_ordered_alike(dtype: torch.dtype) -> None:
    weights = [torch.randn(40, 50, generator=torch.Generator().manual_seed(1)).to(dtype) for _ in range(3)]
    wide = [weight.double() for weight in weights]
    np.testing.assert_array_equal(together(smallest(weights, 4000)), by_stable_sort(wide, 4000))


@pytest.mark.parametrize("flush", [False, True])
def test_denormals_are_distinguished_even_if_arithmetic_flushes_them(flush: bool) -> None:
    denormals = torch.tensor([3e-45, 0.0, -1e-45, 6e-45])
    torch.set_flush_denormal(flush)
    try:
        assert smallest([denormals], 2)[0].tolist() == [False, True, True, False]
    finally:
        torch.set_flush_denormal(False)


ADVERSARIES = {
    "normal": lambda n, g: torch.randn(n, generator=g),
    "all equal": lambda n, g: torch.full((n,), 0.5),
    "mostly zeros": lambda n, g: torch.randn(n, generator=g) * (torch.rand(n, generator=g) < 0.4),
    "two values": lambda n, g: 1.0 + torch.randint(2, (n,), generator=g),
    "one huge step": lambda n, g: torch.cat([torch.full((n // 2,), 1e-30), torch.rand(n - n // 2, generator=g)]),
    "a sorted ramp": lambda n, g: torch.arange(n, dtype=torch.float32),
}


@pytest.mark.parametrize("share", [0.001, 0.5, 0.7, 0.999])
@pytest.mark.parametrize("kind", ADVERSARIES)
def test_large_tensors_of_any_distribution_give_the_stable_sorts_choice(kind: str, share: float) -> None:
    numbers = ADVERSARIES[kind](700_000, torch.Generator().manual_seed(0))  # more than a sample, so brackets are used
    k = round(share * len(numbers))
    weights = numbers.split([100_001, 99_999, 500_000])
    np.testing.assert_array_equal(together(smallest(weights, k)), by_stable_sort([numbers], k))


def test_the_global_random_stream_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    smallest([torch.ones(selection.SAMPLE + 1)], 5)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_weights_that_need_gradients_or_are_not_contiguous_are_fine() -> None:
    weight = torch.nn.Parameter(torch.tensor([[1.0, 4.0], [-3.0, 2.0]]))
    assert smallest([weight.T], 2)[0].tolist() == [[True, False], [False, True]]


def test_a_nan_weight_is_refused() -> None:
    with pytest.raises(EngineError) as caught:
        smallest([torch.tensor([1.0, float("nan")])], 1)
    assert str(caught.value) == ("a weight is NaN; expected numbers; check why the training that produced it diverged")


def test_more_than_there_are_cannot_be_chosen() -> None:
    with pytest.raises(EngineError) as caught:
        smallest([torch.ones(3)], 3, [torch.tensor([True, False, True])])
    assert str(caught.value) == "3 of 2 weights requested; expected 0 to 2; request fewer"


def test_weights_of_two_dtypes_are_refused() -> None:
    with pytest.raises(EngineError) as caught:
        smallest([torch.ones(3), torch.ones(3).half()], 3)
    assert str(caught.value) == (
        "weights are torch.float16, torch.float32; expected floats of one dtype; convert them first"
    )


def test_positions_of_other_sizes_are_refused() -> None:
    with pytest.raises(EngineError, match="positions to choose among do not fit the weights; expected the same shapes"):
        smallest([torch.ones(3)], 1, [torch.ones(2, dtype=torch.bool)])
