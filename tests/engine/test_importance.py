"""Compares importances from one backward pass per batch with the gradients of one example at a time."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lth.engine.batches import Encoded
from lth.engine.gates import GateMask, gated, open_gates
from lth.engine.importance import Importance, importance
from lth.engine.objectives import Labels
from tests.engine.encoders import HEADS, KINDS, LAYERS, classifier

OUTPUTS = {False: 3, True: 1}


def examples(regression: bool = False) -> Encoded:
    rng = np.random.default_rng(0)
    rows = [{"input_ids": rng.integers(3, 40, rng.integers(3, 9)).tolist()} for _ in range(10)]
    targets = rng.normal(3, 2, 10) if regression else rng.integers(0, 3, 10)
    return Encoded(rows, targets.astype(np.float32), pad=0 if regression else 1)


def some_closed() -> GateMask:
    heads = torch.ones(LAYERS, HEADS, dtype=torch.bool)
    heads[0, 1] = False
    heads[2] = False
    return {"heads": heads, "mlps": torch.tensor([True, False, True])}


def gradients(network: nn.Module, data: Encoded, gates: GateMask, regression: bool) -> list[tuple[Tensor, Tensor]]:
    """The gates' gradients of each example's own loss, without padding."""
    targets = torch.from_numpy(data.targets)
    if regression:
        targets = (targets - targets.mean()) / targets.std(correction=0)
    found = []
    for row, target in zip(data.features, targets, strict=True):
        own = [gates[kind].float().requires_grad_() for kind in ("heads", "mlps")]
        with gated(network, *own):
            logits = network(input_ids=torch.tensor([row["input_ids"]])).logits[0]
        loss = (logits[0] - target) ** 2 if regression else -logits.log_softmax(0)[int(target)]
        heads, mlps = torch.autograd.grad(loss, own)
        found.append((heads, mlps))
    return found


def assert_close(found: Importance, heads: Tensor, mlps: Tensor) -> None:
    torch.testing.assert_close(found.heads, heads, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(found.mlps, mlps, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("regression", [False, True], ids=["classes", "regression"])
@pytest.mark.parametrize("gates", [None, some_closed()], ids=["all open", "some closed"])
@pytest.mark.parametrize("kind", KINDS)
def test_importance_is_the_mean_over_examples_of_the_gradients_magnitude(
    kind: str, gates: GateMask | None, regression: bool
) -> None:
    network: Any = classifier(kind, OUTPUTS[regression])
    network.set_attn_implementation("eager")
    data = examples(regression)
    found = importance(network, data, gates=gates, objective=Labels(regression), batch=4)
    each = gradients(network, data, gates or open_gates(network), regression)
    assert_close(found, *(torch.stack(part).abs().mean(0) for part in zip(*each, strict=True)))


def test_a_closed_head_has_a_part_in_its_layers_norm_unless_only_open_ones_are_asked_for() -> None:
    gates = some_closed()
    found = importance(classifier(), examples(), gates=gates)
    assert (found.heads[0] > 0).all()
    of_open = found.of_open(gates)
    assert torch.equal(of_open.heads > 0, gates["heads"])
    assert torch.equal(of_open.mlps > 0, gates["mlps"])
    # Norms 5 and 1: the only open head of the second layer scores .1 of its layer beside a closed one, and 1 alone.
    raw = Importance(torch.tensor([[3.0, 4.0], [0.1, 0.995]]), torch.ones(2))
    one_closed: GateMask = {"heads": torch.tensor([[True, True], [True, False]]), "mlps": torch.ones(2) > 0}
    assert raw.normalised().heads[1, 0] == 0
    assert raw.of_open(one_closed).normalised().heads[1, 0] == 1


def test_parameters_are_left_as_they_were() -> None:
    network = classifier().train()
    network.get_parameter("classifier.bias").requires_grad_(False)
    before = {name: (part.clone(), part.requires_grad) for name, part in network.named_parameters()}
    with torch.no_grad():
        importance(network, examples())
    for name, part in network.named_parameters():
        assert part.grad is None
        assert part.requires_grad == before[name][1]
        assert torch.equal(part, before[name][0])
    assert network.training


def test_importances_are_normalised_by_layer_and_then_scaled_over_all() -> None:
    # Norms 5 and 10: .6 .8, .6 .8, and a layer of zeros; the least is 0, the largest .8.
    found = Importance(torch.tensor([[3.0, 4.0], [6.0, 8.0], [0.0, 0.0]]), torch.tensor([2.0, 4.0, 3.0])).normalised()
    torch.testing.assert_close(found.heads, torch.tensor([[0.75, 1.0], [0.75, 1.0], [0.0, 0.0]]))
    torch.testing.assert_close(found.mlps, torch.tensor([0.0, 1.0, 0.5]))


def test_equal_importances_become_zeros() -> None:
    found = Importance(torch.zeros(2, 2), torch.ones(2)).normalised()
    assert not found.heads.any()
    assert not found.mlps.any()
