"""What one experiment will cost, by arithmetic."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean

from lth import lab
from lth.spec.expressions import Expression, Pretrained, Recipe, TaskData
from lth.tasks import get_task

FLOPS = 2.3e10
"""Useful floating-point operations a second of one worker with one thread, measured on the lab's fine-tunings with two
workers at work: 1.7 to 2.8e10, by task."""

TOKENS = {"single sentence": 22, "similarity": 45, "inference": 45, "reading": 170, "language model": 25}
"""Typical tokens of an example by family of tasks."""

LAB_TOKENS = {
    "cola": 11,
    "sst2": 15,
    "mrpc": 19,
    "stsb": 19,
    "qqp": 20,
    "mnli": 20,
    "qnli": 19,
    "rte": 20,
    "wnli": 19,
    "squad": 29,
    "mlm": 21,
}
"""Mean tokens of the lab's training examples; a task of your own is taken to have the mean of these."""

UNKNOWN_WEIGHTS = 85_000_000
"""Weights of an encoder whose configuration is not at hand: BERT-base's, without embeddings."""


def train_size(task: TaskData, recipe: Recipe) -> int:
    """How many examples a fine-tuning sees in an epoch, by the task's facts."""
    return recipe.sizes(task)[0]


def estimate(experiment: Expression) -> float:
    """Seconds of one worker by arithmetic; 0 for what costs next to nothing, such as a mask.

    2 operations a weight and token for a forward pass and 4 for a backward one (Kaplan et al. 2020, arXiv 2001.08361,
    section 2.1); 2 for a backward pass to the gates alone.
    """
    fit = experiment.fit
    if fit is None:
        return 0.0
    if fit.task.data == "lab":
        tokens = LAB_TOKENS.get(fit.task.name, fmean(LAB_TOKENS.values()))
    else:
        tokens = TOKENS[get_task(fit.task.name).family]
    forward = 2 * encoder_weights(fit.start.pretrained) * min(tokens, fit.recipe.max_length)
    return forward * experiment.passes / FLOPS


def encoder_weights(model: Pretrained) -> int:
    """Weights of the encoder's matrices by its configuration: layers x (4 hidden² + 2 hidden x intermediate)."""
    folder = lab.checkpoints().get(model.model, Path(model.model))
    try:
        config = json.loads((folder / "config.json").read_text())
        hidden, layers = config["hidden_size"], config["num_hidden_layers"]
        return int(layers * (4 * hidden**2 + 2 * hidden * config["intermediate_size"]))
    except (OSError, KeyError, ValueError):
        return UNKNOWN_WEIGHTS
