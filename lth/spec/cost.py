"""What one experiment will cost, by arithmetic."""

from __future__ import annotations

import json
from pathlib import Path

from lth import lab
from lth.spec.expressions import Expression, FineTune, Pretrained, Recipe, TaskData
from lth.spec.subnetworks import Latency, Patterns, Pruned, Survivors
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
"""Mean tokens of the lab's training examples."""

UNKNOWN_WEIGHTS = 85_000_000
"""Weights of an encoder whose configuration is not at hand: BERT-base's, without embeddings."""

STEPS = {"structured": 15, "magnitude": 8}
"""Typical number of masks that a search tries."""


def fit_of(experiment: Expression) -> FineTune:
    """The fine-tuning that an experiment is, or is about."""
    while not isinstance(experiment, FineTune):
        assert isinstance(experiment, (Pruned, Survivors, Patterns, Latency))
        experiment = experiment.of
    return experiment


def train_size(task: TaskData, recipe: Recipe) -> int:
    """How many examples a fine-tuning sees in an epoch, by the task's facts."""
    return min(_sizes(task)[0], recipe.train_examples or _sizes(task)[0])


def _sizes(task: TaskData) -> tuple[int, int]:
    made = lab.tasks.TASKS.get(task.name) if task.data == "lab" else None
    return (made.train, made.dev) if made else get_task(task.name).sizes


def estimate(experiment: Expression) -> float:
    """Seconds of one worker by arithmetic; 0 for what costs next to nothing, such as a mask.

    2 operations a weight and token for a forward pass and 4 for a backward one (Kaplan et al. 2020, arXiv 2001.08361,
    section 2.1); 2 for a backward pass to the gates alone.
    """
    if not isinstance(experiment, (FineTune, Pruned, Survivors, Patterns, Latency)):
        return 0.0
    fit = fit_of(experiment)
    task, recipe = get_task(fit.task.name), fit.recipe
    train, dev = train_size(fit.task, recipe), min(_sizes(fit.task)[1], recipe.dev_examples or _sizes(fit.task)[1])
    tokens = LAB_TOKENS[task.name] if fit.task.data == "lab" else TOKENS[task.family]
    forward = 2 * encoder_weights(fit.start.pretrained) * min(tokens, recipe.max_length)
    match experiment:
        case FineTune():
            passes = 3.0 * recipe.epochs * train + dev
        case Survivors(pruning=pruning, examples=count):
            passes = STEPS[pruning] * (count or dev) * (3 if pruning == "structured" else 1)
        case Pruned():
            passes = dev
        case Patterns(examples=count):
            passes = count
        case Latency():
            passes = 600
    return forward * passes / FLOPS


def encoder_weights(model: Pretrained) -> int:
    """Weights of the encoder's matrices by its configuration: layers x (4 hidden² + 2 hidden x intermediate)."""
    folder = lab.CHECKPOINT if model.model == "lab" else Path(model.model)
    try:
        config = json.loads((folder / "config.json").read_text())
        hidden, layers = config["hidden_size"], config["num_hidden_layers"]
        return int(layers * (4 * hidden**2 + 2 * hidden * config["intermediate_size"]))
    except (OSError, KeyError, ValueError):
        return UNKNOWN_WEIGHTS
