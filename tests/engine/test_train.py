"""Laws of fine-tuning, on a model so small that a run takes a fraction of a second."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from lth.compute.models import read_model
from lth.engine.batches import Encoded, encode
from lth.engine.masks import magnitude
from lth.engine.models import load_model, load_tokenizer
from lth.engine.objectives import OBJECTIVES
from lth.engine.prunable import prunable
from lth.engine.streams import global_state
from lth.engine.train import Fit, Resume, fine_tune, linear_decay
from lth.errors import EngineError
from lth.spec.expressions import Pretrained, Recipe
from lth.tasks import get_task, load

RECIPE = Recipe(epochs=2, batch=16, lr=5e-3, warmup=0.1, max_length=16)


@pytest.fixture(scope="module")
def model(tiny: Path) -> Pretrained:
    return read_model(str(tiny / "model"))


@pytest.fixture(scope="module")
def data(tiny: Path, model: Pretrained) -> tuple[Encoded, Encoded]:
    splits = load(get_task("sst2"), str(tiny / "data"))
    train, dev = (encode(split, ("sentence",), load_tokenizer(model), 16) for split in (splits.train, splits.dev))
    return train, dev


def half(model: Pretrained) -> dict[str, Tensor]:
    weights = {name: weight.detach() for name, weight in prunable(load_model(model, 2, 0)).items()}
    return magnitude(weights, 0.5, None)


def fit(model: Pretrained, data: tuple[Encoded, Encoded], seed: int = 0, **options: Any) -> Fit:
    outputs = 1 if options.get("objective") == OBJECTIVES["regression"] else 2
    recipe = options.pop("recipe", RECIPE)
    return fine_tune(load_model(model, outputs, seed), *data, recipe, seed, **options)


def test_a_small_model_learns_a_small_task(model: Pretrained, data: tuple[Encoded, Encoded]) -> None:
    result = fit(model, data, recipe=replace(RECIPE, epochs=6))
    assert np.mean(result.predictions == data[1].targets) > 0.9
    assert result.losses[-1] < result.losses[0]
    assert result.failure is None


def test_the_same_seed_gives_the_same_run_and_another_seed_another(
    model: Pretrained, data: tuple[Encoded, Encoded]
) -> None:
    first, again, other = fit(model, data), fit(model, data), fit(model, data, seed=1)
    assert first.losses == again.losses
    assert np.array_equal(first.predictions, again.predictions)
    assert first.losses != other.losses


def test_the_head_depends_on_the_seed_only(model: Pretrained) -> None:
    heads = [load_model(model, 2, seed).get_parameter("classifier.weight") for seed in (0, 0, 1)]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_pruned_weights_are_zero_at_every_snapshot_and_the_others_are_trained(
    model: Pretrained, data: tuple[Encoded, Encoded]
) -> None:
    mask, seen = half(model), dict[float, dict[str, Tensor]]()
    network = load_model(model, 2, 0)
    before = {name: weight.detach().clone() for name, weight in prunable(network).items()}

    def keep(share: float) -> Any:
        return lambda weights: seen.update({share: {name: tensor.clone() for name, tensor in weights.items()}})

    fine_tune(network, *data, RECIPE, 0, mask, snapshots={share: keep(share) for share in (0.1, 1.0)})
    for weights in seen.values():
        for name, kept in mask.items():
            after = weights[f"bert.{name}"]
            assert not after[~kept].any()
            assert not torch.equal(after[kept], before[name][kept])
    assert set(seen) == {0.1, 1.0}


def test_two_snapshots_that_are_due_at_one_step_are_both_taken(
    model: Pretrained, data: tuple[Encoded, Encoded]
) -> None:
    taken: list[float] = []
    network = load_model(model, 2, 0)
    shares = (0.001, 0.002)  # both round to zero steps, so both are taken after the first
    fine_tune(network, *data, RECIPE, 0, snapshots={share: lambda _, at=share: taken.append(at) for share in shares})
    assert taken == [0.001, 0.002]


def test_a_snapshot_is_a_state_of_the_run_itself(model: Pretrained, data: tuple[Encoded, Encoded]) -> None:
    watched = fit(model, data, snapshots={0.5: lambda weights: None})
    assert watched.losses == fit(model, data).losses


Step = tuple[float, list[list[int]], bytes]
"""The learning rate of a step, its tokens, and the state of the dropout stream before it."""


def steps_of(model: Pretrained, data: tuple[Encoded, Encoded], **options: Any) -> tuple[list[Step], Fit]:
    """The steps that a fine-tuning takes."""
    network, seen, rates = load_model(model, 2, 0), list[tuple[list[list[int]], bytes]](), list[float]()

    def look(module: torch.nn.Module, _: Any, inputs: dict[str, Tensor]) -> None:
        if module.training:
            seen.append((inputs["input_ids"].tolist(), torch.get_rng_state().numpy().tobytes()))

    network.register_forward_pre_hook(look, with_kwargs=True)
    with pytest.MonkeyPatch.context() as patch:
        step = torch.optim.AdamW.step

        def watched(optimizer: torch.optim.AdamW) -> Any:
            rates.append(optimizer.param_groups[0]["lr"])
            return step(optimizer)

        patch.setattr(torch.optim.AdamW, "step", watched)
        result = fine_tune(network, *data, RECIPE, 0, **options)
    return [(rate, *each) for rate, each in zip(rates, seen, strict=True)], result


@pytest.mark.parametrize(("at", "done"), [(0.25, 5), (0.5, 10), (0.6, 12)])
def test_a_resumed_run_takes_the_rest_of_the_whole_runs_steps(
    model: Pretrained, data: tuple[Encoded, Encoded], at: float, done: int
) -> None:
    kept: list[dict[str, Tensor]] = []
    cpu = torch.device("cpu")
    whole, first = steps_of(model, data, snapshots={at: lambda _: kept.append(global_state(cpu))})
    rest, again = steps_of(model, data, resume=Resume(at, kept[0]))
    # 160 examples in batches of 16 are 10 steps an epoch. The rate of step i is that of the whole run's step i, and so
    # are its examples and the numbers that dropout draws.
    assert len(whole) == 20
    assert len(rest) == 20 - done
    assert rest == whole[done:]
    assert rest[0][0] == pytest.approx(RECIPE.lr * linear_decay(done, 20, RECIPE.warmup))
    assert (len(first.losses), len(again.losses)) == (2, 2 if done < 10 else 1)


def test_a_dropout_stream_of_another_device_is_refused(model: Pretrained, data: tuple[Encoded, Encoded]) -> None:
    with pytest.raises(EngineError, match=r"^a dropout stream of cuda on cpu; expected the device on which "):
        fit(model, data, resume=Resume(0.5, {"cuda": torch.get_rng_state()}))


def test_a_run_does_not_change_global_random_streams(model: Pretrained, data: tuple[Encoded, Encoded]) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    fit(model, data)
    assert torch.equal(torch.rand(3), expected)


def test_a_loss_that_is_not_finite_stops_training_and_is_reported(
    model: Pretrained, data: tuple[Encoded, Encoded]
) -> None:
    result = fit(model, data, recipe=replace(RECIPE, lr=1e38))
    assert result.failure is not None
    assert result.failure.startswith("the loss was ")
    assert np.isnan(result.predictions).all()


def test_a_regression_is_trained_on_standardised_targets_and_answers_in_the_tasks_unit(
    model: Pretrained, data: tuple[Encoded, Encoded]
) -> None:
    train, dev = (replace(split, targets=split.targets * 2 + 40) for split in data)
    result = fit(model, (train, dev), objective=OBJECTIVES["regression"], recipe=replace(RECIPE, epochs=6))
    assert np.corrcoef(result.predictions, dev.targets)[0, 1] > 0.8
    assert abs(result.predictions.mean() - dev.targets.mean()) < 0.5


def test_a_mask_over_the_papers_set_prunes_the_pooler_too(model: Pretrained, data: tuple[Encoded, Encoded]) -> None:
    network = load_model(model, 2, 0)
    mask = magnitude({name: weight.detach() for name, weight in prunable(network, "paper").items()}, 0.5)
    fine_tune(network, *data, RECIPE, 0, mask)
    pooler = network.get_parameter("bert.pooler.dense.weight")
    assert not pooler[~mask["pooler.dense.weight"]].any()
    assert pooler[mask["pooler.dense.weight"]].all()


def test_a_mask_with_a_matrix_that_the_model_lacks_is_refused(model: Pretrained, data: tuple[Encoded, Encoded]) -> None:
    mask = half(model) | {"encoder.layer.7.output.dense.weight": torch.ones(16, 32, dtype=torch.bool)}
    with pytest.raises(
        EngineError, match=r"'encoder\.layer\.7\.output\.dense\.weight' is in the mask or the weights, but not in both"
    ):
        fit(model, data, mask=mask)


def test_the_learning_rate_rises_during_warm_up_and_falls_to_zero() -> None:
    rates = [linear_decay(step, 20, 0.2) for step in range(20)]
    # 4 of 20 steps rise by fifths; the other 16 fall by sixteenths from the full rate.
    assert rates[:5] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert rates[-1] == pytest.approx(1 / 16)
    assert rates[4:] == sorted(rates[4:], reverse=True)
