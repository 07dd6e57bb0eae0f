"""What a plan will cost: from results of the same kind where the store holds any, from arithmetic otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from lth import lab
from lth.experiment.expressions import FineTune, Pretrained, TaskData, pretrained
from lth.experiment.plan import Plan
from lth.tasks import get_task

FLOPS = 3.5e10
"""Useful floating-point operations a second of one worker with one thread, measured on the lab's fine-tunings."""

TOKENS = {1: 22, 2: 45}
"""Typical tokens of an example with one and with two texts."""

UNKNOWN_WEIGHTS = 85_000_000
"""Weights of an encoder whose configuration is not at hand: BERT-base's, without embeddings."""


def predict(plan: Plan, known: Mapping[FineTune, Mapping[str, Any]]) -> float:
    """Seconds of one worker that the plan's fine-tunings take; masks cost next to nothing beside them.

    `known` are stored results, by which those of the same task, model and recipe are judged.
    """
    seen: dict[tuple[TaskData, Pretrained, str], list[float]] = {}
    for fit, value in known.items():
        if value.get("seconds"):
            seen.setdefault(_kind(fit), []).append(value["seconds"])
    fits = [job.experiment for job in plan.jobs if isinstance(job.experiment, FineTune)]
    return sum(median(seen[_kind(fit)]) if _kind(fit) in seen else _estimate(fit) for fit in fits)


def _kind(fit: FineTune) -> tuple[TaskData, Pretrained, str]:
    return fit.task, pretrained(fit.start), fit.recipe.key


def _estimate(fit: FineTune) -> float:
    """6 operations a weight and token for training (forward 2, backward 4: Kaplan et al. 2020, arXiv 2001.08361,
    section 2.1), 2 for evaluation.
    """
    task, recipe = get_task(fit.task.name), fit.recipe
    made = lab.tasks.TASKS.get(task.name) if fit.task.data == "lab" else None
    sizes = (made.train, made.dev) if made else task.sizes
    train = min(sizes[0], recipe.train_examples or sizes[0])
    dev = min(sizes[1], recipe.dev_examples or sizes[1])
    tokens = min(TOKENS[min(2, len(task.inputs))], recipe.max_length)
    return encoder_weights(pretrained(fit.start)) * tokens * (6 * recipe.epochs * train + 2 * dev) / FLOPS


def encoder_weights(model: Pretrained) -> int:
    """Weights of the encoder's matrices by its configuration: layers x (4 hidden² + 2 hidden x intermediate)."""
    folder = lab.CHECKPOINT if model.model == "lab" else Path(model.model)
    try:
        config = json.loads((folder / "config.json").read_text())
        hidden, layers = config["hidden_size"], config["num_hidden_layers"]
        return int(layers * (4 * hidden**2 + 2 * hidden * config["intermediate_size"]))
    except (OSError, KeyError, ValueError):
        return UNKNOWN_WEIGHTS
