import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSequenceClassification

from lth.engine.prunable import prunable
from lth.engine.starts import permutation, reinitialise_, shuffle_
from lth.errors import EngineError
from tests.engine.encoders import KINDS, TINY, classifier


def network(kind: str = "bert") -> nn.Module:
    """A network with random parameters: biases and LayerNorms also differ between layers."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = classifier(kind)
        for parameter in model.parameters():
            nn.init.normal_(parameter)
    return model


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("kind", KINDS)
def test_reinitialised_weights_come_from_the_models_own_initialisation_and_spare_the_head(kind: str) -> None:
    model = network(kind)
    before = state(model)
    reinitialise_(model, seed=1)
    after = state(model)
    base = f"{model.base_model_prefix}."
    assert all(torch.equal(before[name], after[name]) for name in before if not name.startswith(base))
    norms = {f"{name}.weight" for name, part in model.named_modules() if isinstance(part, nn.LayerNorm)}
    for name, tensor in after.items():
        if not name.startswith(base) or not tensor.is_floating_point():
            continue
        if name in norms:
            assert torch.equal(tensor, torch.ones_like(tensor)), name
        elif name.endswith("bias"):
            assert not tensor.any(), name
        elif not name.endswith("conv.weight"):  # which has torch's own initialisation
            # initializer_range is 0.02, in ModernBERT's outputs 0.02 / 6^0.5 with 3 layers; the weights before had 1.0
            assert (0.006 if name.endswith("Wo.weight") else 0.01) < tensor.std() < 0.03, name


def test_reinitialised_weights_depend_on_their_seed_and_not_on_earlier_weights() -> None:
    one, again, other = network(), network(), network()
    nn.init.zeros_(next(again.parameters()))
    global_state = torch.random.get_rng_state()
    for model, seed in ((one, 1), (again, 1), (other, 2)):
        reinitialise_(model, seed)
    assert torch.equal(torch.random.get_rng_state(), global_state)
    assert same(state(one), state(again))
    assert not same(state(one), state(other))


@pytest.mark.parametrize("kind", KINDS)
def test_shuffling_moves_whole_layers_of_prunable_matrices_and_touches_nothing_else(kind: str) -> None:
    model = network(kind)
    matrices = {name: weight.detach().clone() for name, weight in prunable(model).items()}
    others = {id(parameter): parameter.detach().clone() for parameter in model.parameters()}
    shuffle_(model, seed=3)
    order = permutation(3, seed=3)
    for name, weight in prunable(model).items():
        others.pop(id(weight))
        layer = next(part for part in name.split(".") if part.isdigit())
        source = name.replace(f".{layer}.", f".{order[int(layer)]}.", 1)
        assert torch.equal(weight, matrices[source]), name
    for parameter in model.parameters():
        if id(parameter) in others:
            assert torch.equal(parameter, others[id(parameter)])


@given(st.integers(2, 24), st.integers(0, 2**63 - 1))
def test_the_permutation_is_one_of_all_layers_but_never_the_identity(layers: int, seed: int) -> None:
    order = permutation(layers, seed)
    assert sorted(order) == list(range(layers))
    assert order != list(range(layers))
    assert order == permutation(layers, seed)


def test_shuffling_leaves_the_global_random_stream_alone() -> None:
    model, before = network(), torch.random.get_rng_state()
    shuffle_(model, seed=0)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_network_of_one_layer_cannot_be_shuffled() -> None:
    config = AutoConfig.for_model("bert", **TINY | {"num_hidden_layers": 1})
    with pytest.raises(EngineError) as caught:
        shuffle_(AutoModelForSequenceClassification.from_config(config), seed=0)
    assert str(caught.value) == (
        "cannot shuffle matrices in [1] layers; expected two or more layers with matrices of the same shapes; leave "
        "out the shuffled control for this model"
    )


def test_layers_of_unequal_shapes_cannot_be_shuffled() -> None:
    model = network()
    model.get_submodule("bert.encoder.layer.1.intermediate").dense = nn.Linear(16, 20)
    with pytest.raises(EngineError, match=r"cannot shuffle layers of unequal shapes \(encoder.layer.*intermediate"):
        shuffle_(model, seed=0)
