"""A fine-tuning of the lab's model on sst2 under a mask of 70 %, compared with the Hugging Face Trainer's.

Both see the same tokenised examples for the same epochs, in batches of the same size padded to their longest example,
on one thread, and predict dev at the end. The Trainer has its default AdamW (fused), attention and random order. The
mask is `torch.nn.utils.prune`'s. One row pads to `max_length`, as transformers' example script for GLUE does. If a
contender is the reference itself, the ratio's distance from 1 is the machine's noise.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch.nn.utils import prune
from transformers import AutoModelForSequenceClassification, DataCollatorWithPadding, Trainer, TrainingArguments

from benchmarks.conftest import Beside
from lth import lab
from lth.compute.models import read_model
from lth.engine.batches import Encoded, encode
from lth.engine.masks import magnitude
from lth.engine.models import load_model, load_tokenizer
from lth.engine.prunable import prunable
from lth.engine.train import fine_tune
from lth.spec.expressions import TaskData
from lth.spec.protocol import PROTOCOLS
from lth.tasks import fingerprint, get_task, load

TASK, START = get_task("sst2"), read_model("lab")
RECIPE = PROTOCOLS["lab"].recipe_for(TaskData("sst2", fingerprint(TASK, "lab"), "lab"))
LEARNT = 0.8
"""Both must reach this accuracy on dev, so that they can be compared."""


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def splits() -> tuple[Encoded, Encoded]:
    data, tokenizer = load(TASK, "lab"), load_tokenizer(START)
    train, dev = (encode(part, TASK.inputs, tokenizer, RECIPE.max_length) for part in (data.train, data.dev))
    return train, dev


@pytest.fixture(scope="module")
def mask() -> dict[str, torch.Tensor]:
    return magnitude({name: weight.detach() for name, weight in prunable(load_model(START, 2, 0)).items()}, 0.7)


def by_lth(splits: tuple[Encoded, Encoded], mask: dict[str, torch.Tensor]) -> None:
    fit = fine_tune(load_model(START, 2, 0), *splits, RECIPE, 0, mask)
    assert np.mean(fit.predictions == splits[1].targets) > LEARNT


def by_trainer(
    splits: tuple[Encoded, Encoded], mask: dict[str, torch.Tensor], length: int | None, folder: Path
) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(lab.CHECKPOINT, num_labels=2)
    for name, part in mask.items():
        prune.custom_from_mask(model.base_model.get_submodule(name.removesuffix(".weight")), "weight", part)
    train, dev = (
        [row | {"labels": int(label)} for row, label in zip(each.features, each.targets.tolist(), strict=True)]
        for each in splits
    )
    options = TrainingArguments(
        str(folder),
        num_train_epochs=RECIPE.epochs,
        per_device_train_batch_size=RECIPE.batch,
        per_device_eval_batch_size=64,
        learning_rate=RECIPE.lr,
        warmup_steps=round(RECIPE.warmup * RECIPE.epochs * len(train) / RECIPE.batch),
        max_grad_norm=RECIPE.clip,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
    )
    padding = "max_length" if length else "longest"
    collate = DataCollatorWithPadding(load_tokenizer(START), padding=padding, max_length=length)
    trainer = Trainer(model, options, train_dataset=train, data_collator=collate)
    trainer.train()
    found = trainer.predict(dev).predictions
    assert np.mean(found.argmax(-1) == splits[1].targets) > LEARNT


@pytest.mark.benchmark(group="fine-tuning")
@pytest.mark.parametrize("contender", ["Trainer", "Trainer, padded to max_length", "lth"])
def test_the_trainer_against_a_fine_tuning_by_lth(
    contender: str,
    splits: tuple[Encoded, Encoded],
    mask: dict[str, torch.Tensor],
    benchmark: BenchmarkFixture,
    beside: Beside,
    tmp_path: Path,
) -> None:
    contenders: dict[str, Callable[[], None]] = {
        "Trainer": lambda: by_trainer(splits, mask, None, tmp_path),
        "Trainer, padded to max_length": lambda: by_trainer(splits, mask, RECIPE.max_length, tmp_path),
        "lth": lambda: by_lth(splits, mask),
    }
    beside(contender, contenders[contender], "lth", contenders["lth"], 3)
