"""The callback in real runs of the Hugging Face Trainer: a model without dropout, batches in order."""

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import DataCollatorWithPadding, Trainer, TrainerCallback, TrainerControl, TrainerState
from transformers import TrainingArguments as Arguments

from lth.compute.models import read_model
from lth.engine.batches import Encoded, batches, encode, training_order
from lth.engine.callback import TicketCallback
from lth.engine.first_position import first_position
from lth.engine.masks import WeightMask, magnitude, save
from lth.engine.models import SPAN_FINDER, load_model, load_tokenizer
from lth.engine.prunable import prunable
from lth.engine.streams import generator
from lth.engine.train import fine_tune
from lth.errors import DataError, EngineError
from lth.spec.expressions import Pretrained, Recipe
from lth.tasks import get_task, load

BATCH, LR = 16, 5e-3


class Watcher(TrainerCallback):
    """Records after each step how many removed weights are not zero."""

    def __init__(self, mask: WeightMask) -> None:
        self.mask = mask
        self.alive: list[int] = []

    def on_step_end(self, *_: Any, model: nn.Module, **__: Any) -> None:
        self.alive.append(alive(model, self.mask))


class BreaksOff(TrainerCallback):
    """Interrupts training after the first step."""

    def on_step_end(self, *_: Any, **__: Any) -> None:
        raise KeyboardInterrupt


@pytest.fixture(scope="module")
def start(tiny: Path) -> Pretrained:
    return read_model(str(tiny / "model"))


@pytest.fixture(scope="module")
def data(tiny: Path, start: Pretrained) -> tuple[Encoded, Encoded]:
    splits = load(get_task("sst2"), str(tiny / "data"))
    train, dev = (encode(split, ("sentence",), load_tokenizer(start), 16) for split in (splits.train, splits.dev))
    return train, dev


def network(start: Pretrained) -> nn.Module:
    """The tiny model without dropout and with weights × 10; otherwise nearly all of the gradient is the head's."""
    model = load_model(start, 2, 0)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(10)
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    return model


def ticket(model: nn.Module, sparsity: float = 0.5, which: str = "encoder") -> WeightMask:
    return magnitude({name: weight.detach() for name, weight in prunable(model, which).items()}, sparsity)


def matrices(model: nn.Module) -> dict[str, Tensor]:
    """Copies of all prunable matrices."""
    return {name: weight.detach().clone() for name, weight in prunable(model, "paper").items()}


def alive(model: nn.Module, mask: WeightMask) -> int:
    weights = prunable(model, "paper")
    return sum(int(weights[name][~kept].count_nonzero()) for name, kept in mask.items())


def rows(encoded: Encoded) -> list[dict[str, Any]]:
    return [row | {"labels": int(label)} for row, label in zip(encoded.features, encoded.targets.tolist(), strict=True)]


def trainer(
    start: Pretrained, model: nn.Module, train: Encoded, at: Path, *callbacks: TrainerCallback, **options: Any
) -> Trainer:
    """A Trainer that sees `train` in order, with `options` of TrainingArguments and of Trainer itself."""
    own = {name: options.pop(name) for name in ("eval_dataset", "compute_metrics") if name in options}
    settings = {
        "per_device_train_batch_size": BATCH,
        "num_train_epochs": 1,
        "learning_rate": LR,
        "train_sampling_strategy": "sequential",
        "save_strategy": "no",
        "logging_steps": 1,
        "report_to": "none",
        "use_cpu": True,
        "disable_tqdm": True,
    }
    return Trainer(
        model,
        Arguments(str(at), **(settings | options)),
        train_dataset=rows(train),
        data_collator=DataCollatorWithPadding(load_tokenizer(start)),
        callbacks=list(callbacks),
        **own,
    )


# ---- what is kept ----


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"gradient_accumulation_steps": 4, "per_device_train_batch_size": 4},
        {"weight_decay": 0.1},
        {"gradient_accumulation_steps": 3, "weight_decay": 0.1, "max_grad_norm": 0.1},
        {"max_grad_norm": 0.0},
        {"optim": "adafactor"},
        {"optim": "sgd", "optim_args": "momentum=0.9", "learning_rate": 0.5, "weight_decay": 0.1},
    ],
    ids=lambda options: ", ".join(f"{name}={value}" for name, value in options.items()) or "defaults",
)
def test_removed_weights_are_exactly_zero_after_every_step_and_the_others_are_trained(
    start: Pretrained, data: tuple[Encoded, Encoded], tmp_path: Path, options: dict[str, Any]
) -> None:
    model = network(start)
    mask, before = ticket(model), matrices(model)
    watcher = Watcher(mask)
    run = trainer(start, model, data[0], tmp_path, watcher, TicketCallback(mask), **options)
    run.train()
    assert watcher.alive == [0] * run.state.max_steps
    assert run.state.max_steps > 3
    after = matrices(model)
    for name, kept in mask.items():
        assert torch.equal(after[name] != 0, kept)
        assert (after[name] != before[name])[kept].any()


def test_a_model_is_masked_before_its_first_step_and_so_before_it_is_evaluated(
    start: Pretrained, data: tuple[Encoded, Encoded], tmp_path: Path
) -> None:
    class Evaluated(TrainerCallback):
        alive: int | None = None

        def on_evaluate(self, *_: Any, model: nn.Module, **__: Any) -> None:
            self.alive = alive(model, mask) if self.alive is None else self.alive

    model, seen = network(start), Evaluated()
    mask = ticket(model)
    dev = rows(data[1])
    trainer(start, model, data[0], tmp_path, seen, TicketCallback(mask), eval_dataset=dev, eval_on_start=True).train()
    assert seen.alive == 0


def test_a_matrix_that_is_not_trained_keeps_its_mask_and_its_weights(
    start: Pretrained, data: tuple[Encoded, Encoded], tmp_path: Path
) -> None:
    model = network(start)
    mask, frozen = ticket(model), "encoder.layer.0.output.dense.weight"
    before = matrices(model)[frozen]
    prunable(model)[frozen].requires_grad_(False)
    watcher = Watcher(mask)
    trainer(start, model, data[0], tmp_path, TicketCallback(mask), watcher).train()
    assert not any(watcher.alive)
    assert torch.equal(matrices(model)[frozen], before * mask[frozen])


def test_a_mask_can_be_given_as_a_file(start: Pretrained, data: tuple[Encoded, Encoded], tmp_path: Path) -> None:
    mask, file, trained = ticket(network(start)), tmp_path / "mask.safetensors", []
    save(mask, file)
    for given in (mask, file, str(file)):
        model = network(start)
        trainer(start, model, data[0], tmp_path, TicketCallback(given), max_steps=2).train()
        trained.append(matrices(model))
    for name in trained[0]:
        assert torch.equal(trained[0][name], trained[1][name])
        assert torch.equal(trained[0][name], trained[2][name])
    assert torch.equal(
        trained[0]["encoder.layer.0.output.dense.weight"] != 0, mask["encoder.layer.0.output.dense.weight"]
    )


def test_a_poolers_mask_is_applied_if_the_model_has_a_pooler_and_ignored_otherwise(
    start: Pretrained, tmp_path: Path
) -> None:
    classifier, finder = load_model(start, 2, 0), load_model(start, 2, 0, SPAN_FINDER)
    mask = ticket(classifier, which="paper")
    for model in (classifier, finder):
        event: Any = (Arguments(str(tmp_path), report_to="none", use_cpu=True), TrainerState(), TrainerControl())
        TicketCallback(mask).on_train_begin(*event, model=model)
        for name, weight in prunable(model, "paper").items():
            assert torch.equal(weight != 0, mask[name])
    assert "pooler.dense.weight" in prunable(classifier, "paper")
    assert "pooler.dense.weight" not in prunable(finder, "paper")


# ---- as in our own loop ----


@pytest.mark.parametrize("clip", [1.0, 0.1])
def test_a_run_of_the_trainer_gives_the_weights_that_our_own_loop_gives(
    start: Pretrained, data: tuple[Encoded, Encoded], tmp_path: Path, clip: float
) -> None:
    """Compares two epochs of our loop with one epoch of the Trainer over the same batches, listed in their order."""
    train, _ = data
    assert len(train) % BATCH == 0  # every batch is full, so the listed order gives the same batches
    recipe = Recipe(epochs=2, batch=BATCH, lr=LR, clip=clip, max_length=16)
    ours, theirs = network(start), network(start)
    mask = ticket(ours)
    fine_tune(ours, *data, recipe, 0, mask)
    stream = generator(0, "order")
    order = [at for _ in range(recipe.epochs) for batch in training_order(train.lengths, BATCH, stream) for at in batch]
    shown = Encoded([train.features[at] for at in order], train.targets[order], train.pad)
    options = {"adam_epsilon": recipe.eps, "weight_decay": 0.0, "max_grad_norm": clip, "lr_scheduler_type": "linear"}
    run = trainer(start, theirs, shown, tmp_path, TicketCallback(mask), **options)
    with first_position(theirs):  # AdamW makes large steps of a gradient that is only rounding, so this must be equal
        run.train()
    assert run.state.max_steps == 20
    clipped = [line["grad_norm"] > clip for line in run.state.log_history if "grad_norm" in line]
    assert sum(clipped) > 5
    for model in (ours, theirs):
        for name, kept in mask.items():
            assert torch.equal(matrices(model)[name] != 0, kept)
    expected = ours.state_dict()
    for name, weight in theirs.state_dict().items():
        torch.testing.assert_close(weight, expected[name], rtol=1e-5, atol=1e-6)


def test_the_norm_that_is_clipped_is_that_of_the_tickets_gradients(
    start: Pretrained, data: tuple[Encoded, Encoded], tmp_path: Path
) -> None:
    model, twin = network(start), network(start)
    mask = ticket(model)
    run = trainer(start, model, data[0], tmp_path, TicketCallback(mask), max_steps=1)
    run.train()
    weights = prunable(twin)
    with torch.no_grad():
        for name, kept in mask.items():
            weights[name].mul_(kept)
    inputs, targets = next(batches(data[0], [list(range(BATCH))], torch.device("cpu")))
    twin.train()
    nn.functional.cross_entropy(twin(**inputs).logits, targets.long()).backward()
    gradients = {id(weight): weight.grad for weight in twin.parameters() if weight.grad is not None}
    whole = torch.stack([part.norm() for part in gradients.values()]).norm().item()
    gradients |= {id(weights[name]): gradients[id(weights[name])] * kept for name, kept in mask.items()}
    own = torch.stack([part.norm() for part in gradients.values()]).norm().item()
    assert own < whole * 0.99
    assert run.state.log_history[0]["grad_norm"] == pytest.approx(own, rel=1e-4)


# ---- runs that continue others ----


def test_a_resumed_run_ends_as_the_run_that_was_not_interrupted(
    start: Pretrained, data: tuple[Encoded, Encoded], tmp_path: Path
) -> None:
    whole, resumed = network(start), network(start)
    mask = ticket(whole)
    keep = {"save_strategy": "steps", "save_steps": 5}
    trainer(start, whole, data[0], tmp_path, TicketCallback(mask), **keep).train()
    watcher = Watcher(mask)
    run = trainer(start, resumed, data[0], tmp_path, TicketCallback(mask), watcher, **keep)
    run.train(resume_from_checkpoint=str(tmp_path / "checkpoint-5"))
    assert watcher.alive == [0] * 5
    for name, weight in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], weight)


def test_optimizer_state_from_a_dense_run_does_not_move_removed_weights(
    start: Pretrained, data: tuple[Encoded, Encoded], tmp_path: Path
) -> None:
    model = network(start)
    mask, watcher = ticket(model), Watcher(ticket(model))
    trainer(start, network(start), data[0], tmp_path, save_strategy="steps", save_steps=5).train()
    run = trainer(start, model, data[0], tmp_path, watcher, TicketCallback(mask), weight_decay=0.1)
    run.train(resume_from_checkpoint=str(tmp_path / "checkpoint-5"))
    assert watcher.alive == [0] * 5
    weight = prunable(model)["encoder.layer.0.output.dense.weight"]
    assert run.optimizer is not None
    assert run.optimizer.state[weight]["exp_avg"][~mask["encoder.layer.0.output.dense.weight"]].any()


def test_the_best_model_that_is_loaded_at_the_end_is_masked_too(
    start: Pretrained, data: tuple[Encoded, Encoded], tmp_path: Path
) -> None:
    scores: Iterator[float] = itertools.count(1.0, -0.1)
    options: dict[str, Any] = {
        "eval_dataset": rows(data[1]),
        "compute_metrics": lambda _: {"score": next(scores)},
        "metric_for_best_model": "score",
        "greater_is_better": True,
        "load_best_model_at_end": True,
        **dict.fromkeys(("eval_strategy", "save_strategy"), "steps"),
        **dict.fromkeys(("eval_steps", "save_steps"), 5),
    }
    model = network(start)
    mask = ticket(model)
    trainer(start, network(start), data[0], tmp_path, max_steps=5, **options).train()
    run = trainer(start, model, data[0], tmp_path, TicketCallback(mask), max_steps=10, **options)
    run.train(resume_from_checkpoint=str(tmp_path / "checkpoint-5"))
    assert run.state.best_model_checkpoint == str(tmp_path / "checkpoint-5")  # the dense run's
    assert alive(model, mask) == 0


def test_gradients_are_not_masked_after_training_even_if_an_earlier_run_was_interrupted(
    start: Pretrained, data: tuple[Encoded, Encoded], tmp_path: Path
) -> None:
    model = network(start)
    mask = ticket(model)
    callback = TicketCallback(mask)
    with pytest.raises(KeyboardInterrupt):
        trainer(start, model, data[0], tmp_path, callback, BreaksOff()).train()
    trainer(start, model, data[0], tmp_path, callback, max_steps=1).train()
    inputs, _ = next(batches(data[0], [[0, 1]], torch.device("cpu")))
    model(**inputs).logits.sum().backward()
    gradient = prunable(model)["encoder.layer.0.output.dense.weight"].grad
    assert gradient is not None
    assert gradient[~mask["encoder.layer.0.output.dense.weight"]].any()


# ---- what is refused ----


def test_a_mask_for_another_model_is_refused_before_the_first_step(
    start: Pretrained, data: tuple[Encoded, Encoded], tmp_path: Path
) -> None:
    model = network(start)
    mask, before = ticket(model), matrices(model)
    beyond = {"encoder.layer.7.output.dense.weight": torch.ones(16, 32, dtype=torch.bool)}
    flat = {"encoder.layer.1.output.dense.weight": torch.ones(16, 16, dtype=torch.bool)}
    for wrong, message in (
        (
            mask | beyond,
            "'encoder.layer.7.output.dense.weight' is in the mask or the weights, but not in both (1 such names); "
            "expected the same matrices; use a mask made for this architecture and prunable set",
        ),
        (
            mask | flat,
            "the mask of 'encoder.layer.1.output.dense.weight' is (16, 16), its weight is (16, 32); expected the same "
            "shape; use a mask made for this architecture",
        ),
    ):
        watcher = Watcher(mask)
        with pytest.raises(EngineError) as caught:
            trainer(start, model, data[0], tmp_path, TicketCallback(wrong), watcher).train()
        assert str(caught.value) == message
        assert watcher.alive == []
    for name, weight in matrices(model).items():
        assert torch.equal(weight, before[name])


def test_a_file_without_a_mask_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.safetensors cannot be read"):
        TicketCallback(tmp_path / "nothing.safetensors")


def test_the_callback_is_imported_without_accelerate_and_the_trainer_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['accelerate'] = None\n"
        "from lth.engine.callback import TicketCallback\n"
        "TicketCallback({})\n"
        "from transformers import TrainingArguments\n"
        "TrainingArguments('out', report_to='none', use_cpu=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "ImportError: Using the `Trainer` with `PyTorch` requires `accelerate"
    )
