from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, isnan, nan
from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Generator, Tensor
from transformers import BertConfig, BertForSequenceClassification

from lth.engine import masks
from lth.engine.batches import Encoded
from lth.engine.gates import gated, layers, open_gates
from lth.engine.importance import Importance, importance
from lth.engine.search import Found, m_prune, s_prune
from lth.errors import EngineError

Mask = dict[str, Tensor]


@dataclass(frozen=True)
class Fixed:
    """Importances that are normalised already."""

    heads: Tensor
    mlps: Tensor

    def normalised(self) -> Fixed:
        return self


@dataclass
class Model:
    """A model whose score is the sum of its open gates' worths; it records the masks it is asked about."""

    heads: Tensor
    mlps: Tensor
    scored: list[Mask] = field(default_factory=list)
    ranked: list[Mask] = field(default_factory=list)

    def measure(self, mask: Mask) -> float:
        self.scored.append(mask)
        return float((self.heads * mask["heads"]).sum() + (self.mlps * mask["mlps"]).sum())

    def importance(self, mask: Mask) -> Fixed:
        self.ranked.append(mask)
        return Fixed(self.heads * mask["heads"], self.mlps * mask["mlps"])

    def search(self, gates: Mask | None = None, share_kept: float = 0.9) -> Found:
        return s_prune(self.measure, self.importance, gates=gates or all_open(self), share_kept=share_kept)


def all_open(model: Model) -> Mask:
    return {"heads": torch.ones_like(model.heads) > 0, "mlps": torch.ones_like(model.mlps) > 0}


def count(mask: Mask) -> tuple[int, int]:
    return int(mask["heads"].sum()), int(mask["mlps"].sum())


def nested(inner: Mask, outer: Mask) -> bool:
    return not any((part & ~outer[name]).any() for name, part in inner.items())


def same(one: Mask, other: Mask) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


@st.composite
def models(draw: st.DrawFn) -> Model:
    layers, heads = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    generator = Generator().manual_seed(draw(st.integers(0, 2**32)))
    steepness = draw(st.sampled_from([0, 1, 8]))  # 0: all are worth the same; 8: a few are worth nearly everything
    return Model(
        torch.rand(layers, heads, generator=generator) ** steepness,
        torch.rand(layers, generator=generator) ** steepness,
    )


def searched_by_count(
    heads: int, mlps: int, shape: tuple[int, int] = (12, 12), alone: Literal["heads", "mlps"] | None = None
) -> Found:
    """A search on a model that keeps its score with at least so many heads and MLPs, no matter which."""
    gates = {"heads": torch.ones(shape) > 0, "mlps": torch.ones(shape[0]) > 0}
    equal = Fixed(torch.zeros(shape), torch.zeros(shape[0]))

    def measure(mask: Mask) -> float:
        return float(count(mask)[0] >= heads and count(mask)[1] >= mlps)

    return s_prune(measure, lambda _: equal, gates=gates, alone=alone)


def path(found: Found) -> list[tuple[str, int, int, bool]]:
    return [(step.phase, step.kept["heads"], step.kept["mlps"], step.passed) for step in found.steps]


def test_steps_are_of_the_published_sizes_and_a_failed_one_is_undone() -> None:
    # BERT-base has 144 heads and 12 MLPs: 10 % of the heads is 14, 5 % is 7 (Prasanna et al. 2020, section 3).
    found = searched_by_count(heads=90, mlps=8)
    assert path(found) == [
        ("both", 130, 11, True),
        ("both", 116, 10, True),
        ("both", 102, 9, True),
        ("both", 88, 8, False),
        ("heads", 95, 9, True),
        ("heads", 88, 9, False),
        ("mlps", 95, 8, True),
        ("mlps", 95, 7, False),
    ]
    assert count(found.mask) == (95, 8)
    assert (found.score, found.full_score, found.reason) == (1.0, 1.0, None)


def test_one_kind_of_gate_alone_is_closed_where_that_is_wanted() -> None:
    heads = searched_by_count(heads=130, mlps=0, alone="heads")
    assert path(heads) == [("heads", 137, 12, True), ("heads", 130, 12, True), ("heads", 123, 12, False)]
    mlps = searched_by_count(heads=0, mlps=0, shape=(2, 2), alone="mlps")
    assert path(mlps) == [("mlps", 4, 1, True), ("mlps", 4, 0, True)]
    assert mlps.reason == "every gate of mlps is closed, nothing is left to prune"


def test_a_small_model_loses_one_head_per_step() -> None:
    assert path(searched_by_count(heads=2, mlps=2, shape=(2, 2))) == [
        ("both", 3, 1, False),
        ("heads", 3, 2, True),
        ("heads", 2, 2, True),
        ("heads", 1, 2, False),
        ("mlps", 2, 1, False),
    ]


def test_a_model_that_needs_no_gate_loses_all_of_them() -> None:
    # As four of the authors' five recorded masks of WNLI did: to predict one class is enough there.
    found = searched_by_count(heads=0, mlps=0)
    assert path(found)[10:] == [("both", 0, 1, True), ("mlps", 0, 0, True)]
    assert count(found.mask) == (0, 0)
    assert found.reason == "every gate is closed, nothing is left to prune"


def test_a_layer_may_lose_everything() -> None:
    heads, mlps = torch.tensor([[5.0, 5.0], [0.0, 0.0]]), torch.tensor([5.0, 0.0])
    found = Model(heads, mlps).search()
    assert found.mask["heads"].tolist() == [[True, True], [False, False]]
    assert found.mask["mlps"].tolist() == [True, False]


def test_equal_gates_are_closed_in_the_order_of_their_position() -> None:
    found = searched_by_count(heads=3, mlps=2, shape=(3, 2))
    assert found.mask["heads"].tolist() == [[False, False], [False, True], [True, True]]
    assert found.mask["mlps"].tolist() == [False, True, True]


@given(models(), st.floats(0.05, 1))
def test_the_mask_kept_is_the_last_that_passed(model: Model, share_kept: float) -> None:
    found = model.search(share_kept=share_kept)
    full, *tried = model.scored
    passed = [mask for mask, step in zip(tried, found.steps, strict=True) if step.passed]
    assert same(found.mask, passed[-1] if passed else full)
    assert found.score == model.measure(found.mask) >= share_kept * found.full_score
    assert found.full_score == model.measure(all_open(model))
    assert [count(mask) for mask in tried] == [(step.kept["heads"], step.kept["mlps"]) for step in found.steps]
    assert all((step.score >= share_kept * found.full_score) == step.passed for step in found.steps)


@given(models(), st.floats(0.05, 1))
def test_each_step_closes_the_least_important_gates_of_the_last_mask_that_passed(
    model: Model, share_kept: float
) -> None:
    steps = model.search(share_kept=share_kept).steps
    base, *tried = model.scored
    for mask, step in zip(tried, steps, strict=True):
        assert nested(mask, base)
        for kind, worth in (("heads", model.heads), ("mlps", model.mlps)):
            closed = base[kind] & ~mask[kind]
            assert bool(closed.any()) == (step.phase in ("both", kind))
            if closed.any() and mask[kind].any():
                assert worth[closed].max() <= worth[mask[kind]].min()
        if step.passed:
            base = mask


@given(models(), st.floats(0.05, 1))
def test_importance_is_computed_once_for_each_mask_that_is_pruned_further_and_never_for_a_failed_one(
    model: Model, share_kept: float
) -> None:
    steps = model.search(share_kept=share_kept).steps
    base, *tried = model.scored
    pruned_further: list[Mask] = []
    for mask, step in zip(tried, steps, strict=True):
        if not pruned_further or pruned_further[-1] is not base:
            pruned_further.append(base)
        base = mask if step.passed else base
    assert [id(mask) for mask in model.ranked] == [id(mask) for mask in pruned_further]


@given(models(), st.floats(0.05, 1))
def test_a_phase_ends_with_a_failed_step_or_when_no_gates_are_left(model: Model, share_kept: float) -> None:
    found = model.search(share_kept=share_kept)
    for phase, kinds in {"both": ("heads", "mlps"), "heads": ("heads",), "mlps": ("mlps",)}.items():
        steps = [step for step in found.steps if step.phase == phase]
        assert all(step.passed for step in steps[:-1])
        if steps and steps[-1].passed:
            assert any(steps[-1].kept[kind] == 0 for kind in kinds)
        if not steps:
            assert any(not found.mask[kind].any() for kind in kinds)


def test_gates_closed_before_stay_closed_and_do_not_count_as_a_step() -> None:
    model = Model(torch.tensor([[0.0, 1.0], [2.0, 3.0]]), torch.tensor([1.0, 2.0]))
    gates = {"heads": torch.tensor([[False, True], [True, True]]), "mlps": torch.tensor([False, True])}
    before = {name: part.clone() for name, part in gates.items()}
    found = model.search(gates, share_kept=0.85)
    assert found.full_score == 8
    assert found.mask["heads"].tolist() == [[False, False], [True, True]]
    assert found.mask["mlps"].tolist() == [False, True]
    assert same(gates, before)


def test_importances_are_compared_after_they_are_normalised() -> None:
    class Raw(Fixed):
        def normalised(self) -> Fixed:
            return Fixed(-self.heads, -self.mlps)

    raw = Raw(torch.tensor([[1.0], [2.0]]), torch.tensor([1.0, 2.0]))
    gates = {"heads": torch.ones(2, 1) > 0, "mlps": torch.ones(2) > 0}
    found = s_prune(lambda mask: float(min(count(mask)) >= 1), lambda _: raw, gates=gates)
    assert (found.mask["heads"].flatten().tolist(), found.mask["mlps"].tolist()) == ([True, False], [True, False])


def test_a_nan_score_does_not_pass() -> None:
    model = Model(torch.ones(2, 2), torch.ones(2))
    scores = iter([1.0, nan, 1.0, nan, nan])
    found = s_prune(lambda _: next(scores), model.importance, gates=all_open(model))
    assert [(step.phase, step.passed) for step in found.steps] == [
        ("both", False),
        ("heads", True),
        ("heads", False),
        ("mlps", False),
    ]
    assert found.score == 1.0


def refuse(_: Mask) -> Fixed:
    raise AssertionError("importance was computed for a model that cannot be pruned")


def prune_gates(score: float) -> Found:
    return s_prune(lambda _: score, refuse, gates={"heads": torch.ones(2, 2) > 0, "mlps": torch.ones(2) > 0})


def prune_weights(score: float) -> Found:
    return m_prune({"a": torch.ones(2, 2)}, lambda _: score)


@pytest.mark.parametrize("search", [prune_gates, prune_weights])
@pytest.mark.parametrize(("score", "shown"), [(0.0, "0"), (-0.0213, "-0.0213"), (nan, "nan"), (inf, "inf")])
def test_a_model_whose_score_is_not_positive_is_not_pruned(
    search: Callable[[float], Found], score: float, shown: str
) -> None:
    found = search(score)
    assert all(part.all() for part in found.mask.values())
    assert found.steps == ()
    assert found.full_score == score or isnan(score)
    assert found.reason == (
        f"the full model scores {shown}, which is no positive number: no share of it can be kept, nothing was pruned"
    )


@pytest.mark.parametrize("strange", [nan, inf])
def test_an_importance_that_is_not_a_number_is_refused(strange: float) -> None:
    given = Importance(torch.tensor([[1.0, strange]]), torch.ones(1))
    with pytest.raises(EngineError) as caught:
        s_prune(lambda _: 1.0, lambda _: given, gates={"heads": torch.ones(1, 2) > 0, "mlps": torch.ones(1) > 0})
    assert str(caught.value) == (
        "an importance of the heads is NaN or infinite; expected numbers; check the loss of the model to prune"
    )


def test_a_search_on_a_network_keeps_the_gates_that_its_loss_depends_on() -> None:
    """In a BERT with random weights, only one head and one MLP have an effect."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=20, hidden_size=8, num_hidden_layers=3, num_attention_heads=2, intermediate_size=16, num_labels=2
        )
        network = BertForSequenceClassification(config).eval()
    with torch.no_grad():
        for at, layer in enumerate(layers(network)):
            layer.output.weight[:, : 4 if at == 1 else 8] = 0  # only the second head of the second layer is left
            if at != 2:
                layer.contraction.weight.zero_()
                layer.contraction.bias.zero_()
        layers(network)[1].output.weight.mul_(50)
        layers(network)[2].contraction.weight.mul_(50)
    rows = torch.randint(20, (12, 5), generator=Generator().manual_seed(1))
    examples = Encoded([{"input_ids": row} for row in rows.tolist()], np.tile(np.float32([0, 1]), 6), pad=0)

    def logits(mask: Mask) -> Tensor:
        with torch.no_grad(), gated(network, mask["heads"], mask["mlps"]):
            return network(input_ids=rows).logits

    full = logits(open_gates(network))
    found = s_prune(
        lambda mask: 1 - float((logits(mask) - full).abs().max() / full.abs().max()),
        lambda mask: importance(network, examples, gates=mask),
        gates=open_gates(network),
        share_kept=0.9999,
    )
    assert found.mask["heads"].tolist() == [[False, False], [False, True], [False, False]]
    assert found.mask["mlps"].tolist() == [False, False, True]


@pytest.mark.parametrize("share", [0.0, 1.1, -0.5, nan])
def test_a_share_of_the_score_outside_0_to_1_is_refused(share: float) -> None:
    text = f"share of the score to keep: {share}; expected more than 0 and at most 1; give 0.9 for 90 %"
    model = Model(torch.ones(1, 1), torch.ones(1))
    with pytest.raises(EngineError) as caught:
        model.search(share_kept=share)
    assert str(caught.value) == text
    with pytest.raises(EngineError) as caught:
        m_prune({"a": torch.ones(2, 2)}, lambda _: 1.0, share_kept=share)
    assert str(caught.value) == text


def kept(mask: Mask) -> int:
    return sum(int(part.sum()) for part in mask.values())


def test_each_step_removes_a_tenth_of_the_remaining_weights() -> None:
    # 10 % of 100 is 10, of 90 is 9, of 81 is 8.1, of 73 is 7.3, of 66 is 6.6, which rounds to 7.
    weights = {"a": torch.arange(60.0).view(6, 10), "b": -torch.arange(60.0, 100.0).view(4, 10)}
    found = m_prune(weights, lambda mask: float(kept(mask) >= 60))
    assert [(step.phase, step.kept["weights"], step.passed) for step in found.steps] == [
        ("weights", 90, True),
        ("weights", 81, True),
        ("weights", 73, True),
        ("weights", 66, True),
        ("weights", 59, False),
    ]
    assert kept(found.mask) == 66
    assert found.mask["a"].flatten().tolist() == [place >= 34 for place in range(60)]
    assert found.mask["b"].all()
    assert found.reason is None


@given(st.integers(0, 2**32), st.floats(0.05, 1))
def test_the_weights_kept_are_the_largest_of_the_last_mask_that_passed(seed: int, share_kept: float) -> None:
    generator = Generator().manual_seed(seed)
    weights = {name: torch.randn(5, 7, generator=generator) for name in "ab"}
    scored: list[Mask] = []

    def measure(mask: Mask) -> float:
        scored.append(mask)
        return float(sum((weights[name].abs() * part).sum() for name, part in mask.items()))

    found = m_prune(weights, measure, share_kept=share_kept)
    full, *tried = scored
    assert kept(full) == 70
    assert all(nested(later, earlier) and kept(later) < kept(earlier) for earlier, later in pairwise(scored))
    passed = [mask for mask, step in zip(tried, found.steps, strict=True) if step.passed]
    assert same(found.mask, passed[-1] if passed else full)
    assert same(found.mask, masks.magnitude(weights, 1 - kept(found.mask) / 70))
    assert found.score == measure(found.mask) >= share_kept * found.full_score
    assert all(step.passed for step in found.steps[:-1])
    assert (found.reason is None) == bool(found.steps and not found.steps[-1].passed)


def test_a_search_of_weights_removes_at_most_99_percent() -> None:
    found = m_prune({"a": torch.arange(1000.0).view(10, 100)}, lambda _: 1.0)
    assert kept(found.mask) == found.steps[-1].kept["weights"] == 10
    assert found.reason == "the next mask would remove more than 0.99 of all weights"


def test_a_nan_score_ends_a_search_of_weights() -> None:
    scores = iter([1.0, 1.0, nan])
    found = m_prune({"a": torch.arange(100.0).view(10, 10)}, lambda _: next(scores))
    assert [step.passed for step in found.steps] == [True, False]
    assert kept(found.mask) == 90


@pytest.mark.parametrize(("step", "shares"), [(0.1, [0.9, 0.81, 0.729]), (0.05, [0.95, 0.9025, 0.857375])])
def test_each_step_of_m_pruning_keeps_the_same_share_of_what_is_left(step: float, shares: list[float]) -> None:
    weights = {"a": torch.randn(200, 200, generator=Generator().manual_seed(0))}
    found = m_prune(weights, lambda kept: float(kept["a"].float().mean() > 0.7), step=step)
    assert [each.kept["weights"] / 40_000 for each in found.steps[:3]] == pytest.approx(shares, abs=1e-4)
