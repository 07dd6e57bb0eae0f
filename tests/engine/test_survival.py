"""What masks of gates and of weights keep of heads, MLPs and layers."""

import pytest
import torch

from lth.engine.gates import layers, open_gates
from lth.engine.prunable import prunable
from lth.engine.survival import kept
from tests.engine.encoders import HEADS, KINDS, LAYERS, classifier


@pytest.mark.parametrize("kind", KINDS)
def test_full_and_empty_masks_of_both_sorts_keep_all_and_nothing(kind: str) -> None:
    model = classifier(kind)
    for share in (0, 1):
        gates = {name: torch.full_like(part, bool(share)) for name, part in open_gates(model).items()}
        weights = {name: torch.full_like(part, bool(share), dtype=torch.bool) for name, part in prunable(model).items()}
        for mask in (gates, weights):
            found = kept(mask, model)
            assert found.heads.shape == (LAYERS, HEADS)
            assert found.mlps.shape == found.weights.shape == (LAYERS,)
            for part in (found.heads, found.mlps, found.weights):
                torch.testing.assert_close(part, torch.full_like(part, share))


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_kept_of_layers_are_those_that_the_mask_counts(kind: str) -> None:
    model = classifier(kind)
    generator = torch.Generator().manual_seed(0)
    mask = {name: torch.rand(part.shape, generator=generator) < 0.3 for name, part in prunable(model).items()}
    found = kept(mask, model)
    whole = sum(int(part.sum()) for part in mask.values()) / sum(part.numel() for part in mask.values())
    assert float(found.weights.mean()) == pytest.approx(whole)


def test_a_gate_mask_keeps_the_weights_of_its_open_gates() -> None:
    model = classifier("bert")  # 16 wide with an MLP of 24: 4 · 16² weights in the heads, 2 · 16 · 24 in the MLP
    gates = open_gates(model)
    gates["heads"][0, 1] = gates["mlps"][2] = False
    found = kept(gates, model)
    of_heads = 4 * 16**2 / (4 * 16**2 + 2 * 16 * 24)
    assert found.weights.tolist() == pytest.approx([1 - of_heads / 2, 1, of_heads])


def test_a_head_has_its_rows_of_the_projections_and_its_columns_of_the_output() -> None:
    model = classifier("bert")
    layer = layers(model)[1]
    names = {id(part): name for name, part in prunable(model).items()}
    mask = {name: torch.zeros_like(part, dtype=torch.bool) for name, part in prunable(model).items()}
    mask[names[id(layer.projections[0].weight)]][: layer.head_size] = True
    mask[names[id(layer.output.weight)]][:, layer.head_size :] = True
    found = kept(mask, model)
    assert found.heads.tolist() == [[0, 0], [0.25, 0.25], [0, 0]]
    assert found.mlps.tolist() == [0, 0, 0]
