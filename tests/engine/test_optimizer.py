from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, Tensor, nn
from torch.nn.utils import prune

from lth.engine.optimizer import Projection
from lth.errors import EngineError

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adamw": torch.optim.AdamW,
    "fused adamw": lambda parameters, **options: torch.optim.AdamW(parameters, fused=True, **options),
    "sgd with momentum": lambda parameters, **options: torch.optim.SGD(parameters, momentum=0.9, **options),
}


def setting(seed: int, density: float) -> tuple[nn.Sequential, dict[str, nn.Parameter], dict[str, Tensor], Generator]:
    generator = Generator().manual_seed(seed)
    network = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 1))
    for parameter in network.parameters():
        nn.init.normal_(parameter, generator=generator)
    parameters = {name: p for name, p in network.named_parameters() if p.dim() == 2}
    mask = {name: torch.rand(p.shape, generator=generator) < density for name, p in parameters.items()}
    return network, parameters, mask, generator


def train(
    network: nn.Module, optimizer: torch.optim.Optimizer, projection: Projection, generator: Generator, steps: int
) -> None:
    for _ in range(steps):
        network(torch.randn(8, 6, generator=generator)).square().mean().backward()
        projection.project_gradients_()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 0.1)
        optimizer.step()
        optimizer.zero_grad()


@pytest.mark.parametrize("kind", OPTIMIZERS)
@given(st.integers(0, 2**32), st.floats(0, 1), st.sampled_from([0.0, 0.1]))
@settings(max_examples=20, deadline=None)
def test_removed_weights_and_their_optimizer_state_stay_exactly_zero(
    kind: str, seed: int, density: float, decay: float
) -> None:
    network, parameters, mask, generator = setting(seed, density)
    optimizer = OPTIMIZERS[kind](network.parameters(), lr=0.1, weight_decay=decay)
    train(network, optimizer, Projection(parameters, mask), generator, steps=6)
    for name, parameter in parameters.items():
        assert not parameter[~mask[name]].any()
        state = [value for value in optimizer.state[parameter].values() if torch.is_tensor(value) and value.dim()]
        assert state
        assert all(not value[~mask[name]].any() for value in state)
        assert (parameter[mask[name]] != 0).all()


def test_masked_training_equals_training_a_network_that_multiplies_by_its_mask() -> None:
    network, parameters, mask, generator = setting(seed=1, density=0.5)
    twin = setting(seed=1, density=0.5)[0]
    for name in ("0", "2"):
        prune.custom_from_mask(twin.get_submodule(name), "weight", mask[f"{name}.weight"].float())
    theirs = {name: p for name, p in twin.named_parameters() if p.dim() == 2}
    data = torch.randn(6, 8, 6, generator=generator)
    projection = Projection(parameters, mask)
    for model in (network, twin):
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.0)
        for batch in data:
            model(batch).square().mean().backward()
            if model is network:
                projection.project_gradients_()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            optimizer.step()
            optimizer.zero_grad()
    for name, parameter in parameters.items():
        torch.testing.assert_close(parameter, theirs[f"{name}_orig"] * mask[name])


def test_parameters_beyond_the_mask_and_without_gradient_are_left_alone() -> None:
    network, parameters, mask, _ = setting(seed=1, density=0.5)
    before = parameters["2.weight"].detach().clone()
    projection = Projection(parameters, {"0.weight": mask["0.weight"]})
    projection.project_gradients_()
    assert parameters["0.weight"].grad is None
    assert torch.equal(parameters["2.weight"], before)
    network(torch.ones(1, 6)).sum().backward()
    full = parameters["2.weight"].grad
    assert full is not None
    expected = full.clone()
    projection.project_gradients_()
    assert torch.equal(full, expected)


def test_a_mask_for_a_matrix_the_network_lacks_is_refused() -> None:
    _, parameters, mask, _ = setting(seed=1, density=0.5)
    with pytest.raises(EngineError) as caught:
        Projection(parameters, mask | {"pooler.dense.weight": torch.ones(2, 2, dtype=torch.bool)})
    assert str(caught.value) == (
        "'pooler.dense.weight' is in the mask or the weights, but not in both (1 such names); expected the same "
        "matrices; use a mask made for this architecture and prunable set"
    )
