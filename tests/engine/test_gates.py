import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from transformers import AutoConfig, AutoModelForSequenceClassification

from lth.engine.gates import GateMask, gated, layers, open_gates
from lth.engine.prunable import prunable
from lth.errors import EngineError, ModelError
from tests.engine.encoders import HEADS, IDS, INPUTS, KINDS, LAYERS, TINY, classifier, gate_masks, logits

NETWORKS = {kind: classifier(kind) for kind in KINDS}


def zeroed(network: nn.Module, gates: GateMask) -> nn.Module:
    """A copy whose weights are zero wherever gates are closed."""
    network = copy.deepcopy(network)
    with torch.no_grad():
        for layer, heads, mlp in zip(layers(network), gates["heads"], gates["mlps"], strict=True):
            for head in range(HEADS):
                if not heads[head]:
                    layer.output.weight[:, head * layer.head_size : (head + 1) * layer.head_size] = 0
            if not heads.any() and layer.output.bias is not None:
                nn.init.zeros_(layer.output.bias)
            if not mlp:
                for parameter in layer.contraction.parameters():
                    nn.init.zeros_(parameter)
    return network


@pytest.mark.parametrize("kind", KINDS)
@given(gate_masks)
def test_a_gated_forward_pass_equals_one_with_zeroed_weights(kind: str, gates: GateMask) -> None:
    network = NETWORKS[kind]
    with gated(network, gates["heads"], gates["mlps"]):
        found = logits(network)
    torch.testing.assert_close(found, logits(zeroed(network, gates)), rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_each_gate_matters_and_open_gates_change_nothing(kind: str) -> None:
    network = NETWORKS[kind]
    full = logits(network)
    gates = open_gates(network)
    with gated(network, gates["heads"], gates["mlps"]):
        assert torch.equal(logits(network), full)
    for part in gates.values():
        for at in range(part.numel()):
            part.view(-1)[at] = False
            with gated(network, gates["heads"], gates["mlps"]):
                assert (logits(network) - full).abs().max() > 1e-3
            part.view(-1)[at] = True
    assert torch.equal(logits(network), full)


@given(st.lists(gate_masks, min_size=4, max_size=4))
def test_every_example_of_a_batch_may_have_gates_of_its_own(each: list[GateMask]) -> None:
    network = NETWORKS["bert"]
    together = {kind: torch.stack([gates[kind] for gates in each]) for kind in ("heads", "mlps")}
    with gated(network, together["heads"], together["mlps"]):
        found = logits(network)
    for at, gates in enumerate(each):
        with gated(network, gates["heads"], gates["mlps"]):
            torch.testing.assert_close(found[at], logits(network)[at], rtol=0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gates_are_differentiable(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # ModernBERT turns queries and keys in float32, too coarse for a difference quotient.
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    network = NETWORKS[kind].double()
    inputs = tuple(torch.rand(shape, dtype=torch.float64, requires_grad=True) for shape in ((LAYERS, HEADS), (LAYERS,)))

    def through(heads: torch.Tensor, mlps: torch.Tensor) -> torch.Tensor:
        with gated(network, heads, mlps):
            found = network(**INPUTS).logits
        assert isinstance(found, torch.Tensor)
        return found

    assert torch.autograd.gradcheck(through, inputs)
    network.float()


def test_gates_are_removed_after_an_error() -> None:
    network = NETWORKS["bert"]
    full = logits(network)
    closed = torch.zeros(LAYERS, HEADS)
    with pytest.raises(KeyError), gated(network, closed, torch.zeros(LAYERS)):
        raise KeyError
    assert torch.equal(logits(network), full)


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_is_read_by_its_structure(kind: str) -> None:
    network = NETWORKS[kind]
    matrices = [*prunable(network).values()]
    seen = []
    for layer in layers(network):
        assert layer.output.weight.shape == (16, 16)
        assert layer.intermediate.weight.shape == (24 * layer.branches, 16)
        assert layer.contraction.weight.shape == (16, 24)
        assert (layer.heads, layer.head_size) == (HEADS, 8)
        seen += [*layer.projections, layer.output, layer.intermediate, layer.contraction]
    assert [id(part.weight) for part in seen] == [id(weight) for weight in matrices]  # each once, in order of use


PROJECTIONS = {
    "bert": ["query", "key", "value"],
    "distilbert": ["q_lin", "k_lin", "v_lin"],
    "deberta-v2": ["query_proj", "key_proj", "value_proj", "pos_key_proj", "pos_query_proj"],
    "deberta-v2, positions share projections": ["query_proj", "key_proj", "value_proj"],
    "deberta-v2, with a convolution": ["query_proj", "key_proj", "value_proj", "pos_query_proj"],
    "modernbert": ["Wqkv"],
}


@pytest.mark.parametrize("kind", PROJECTIONS)
def test_attentions_projections_are_all_those_before_its_output(kind: str) -> None:
    names = {part: name.rpartition(".")[2] for name, part in NETWORKS[kind].named_modules()}
    for layer in layers(NETWORKS[kind]):
        assert [names[part] for part in layer.projections] == PROJECTIONS[kind]
        assert layer.branches == (2 if kind == "modernbert" else 1)


def test_a_mask_of_open_gates_has_one_gate_per_head_and_per_mlp() -> None:
    gates = open_gates(NETWORKS["bert"])
    assert gates["heads"].tolist() == [[True] * HEADS] * LAYERS
    assert gates["mlps"].tolist() == [True] * LAYERS


def test_gates_of_another_shape_are_refused() -> None:
    with (
        pytest.raises(EngineError) as caught,
        gated(NETWORKS["bert"], torch.ones(LAYERS, HEADS + 1), torch.ones(LAYERS)),
    ):
        pass
    assert str(caught.value) == (
        "gates of heads are (3, 3) and of MLPs (3,); expected (3, 2) and (3,), or one more dimension first for a "
        "batch; use gates made for this architecture"
    )


def test_layers_of_another_structure_are_refused_and_described() -> None:
    model = AutoModelForSequenceClassification.from_config(
        AutoConfig.for_model("eurobert", **TINY | dict.fromkeys(IDS, 0) | {"mask_token_id": 0})
    )
    with pytest.raises(ModelError) as caught:
        layers(model)
    assert str(caught.value) == (
        "cannot put gates on EuroBertModel: layers.0 maps 16 -> 16, 16 -> 16, 16 -> 16, 16 -> 16, 16 -> 24, 16 -> 24, "
        "24 -> 16; expected layers of query, key and value, attention output and a two-layer MLP, each a "
        "torch.nn.Linear; use for example bert, roberta, distilbert, electra, deberta-v2 or modernbert"
    )


def test_an_mlp_of_three_square_maps_is_not_taken_for_attention() -> None:
    shape = TINY | dict.fromkeys(IDS, 0) | {"mask_token_id": 0, "intermediate_size": 16}
    model = AutoModelForSequenceClassification.from_config(AutoConfig.for_model("eurobert", **shape))
    with pytest.raises(ModelError, match=r"cannot put gates on EuroBertModel: layers\.0 maps 16 -> 16, 16 -> 16"):
        layers(model)


def test_projections_of_other_names_are_refused() -> None:
    model = classifier()
    attention = model.get_submodule("bert.encoder.layer.1.attention.self")
    attention.first, attention.query = attention.query, nn.Identity()
    with pytest.raises(
        ModelError, match=r"layer\.1 does not begin with query, key and value but attention\.self\.key, "
    ):
        layers(model)


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    model = classifier()
    model.base_model.config.num_attention_heads = 3  # type: ignore[union-attr]  # transformers' models have both
    with pytest.raises(
        ModelError, match="cannot put gates on BertModel: 3 heads do not divide a width of 16; expected"
    ):
        layers(model)


def test_a_model_that_is_not_an_encoder_is_refused() -> None:
    with pytest.raises(ModelError, match="it is not a transformers model"):
        layers(nn.Linear(2, 2))
