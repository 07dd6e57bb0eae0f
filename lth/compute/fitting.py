"""Computes fine-tunings: from the expression to the entry in the store."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.numpy import save
from safetensors.torch import save_file
from torch import Tensor

from lth.compute.context import DROPOUT, WEIGHTS, Context, Product
from lth.compute.materials import (
    PREDICTIONS,
    TEXTS,
    baseline,
    examples,
    mask,
    network,
    objective,
    resume,
)
from lth.engine import masks
from lth.engine.models import fresh_head, mask_for
from lth.engine.prunable import prunable
from lth.engine.shrink import shrink_
from lth.engine.sizes import parameters
from lth.engine.streams import global_state
from lth.engine.subnetworks import is_gates
from lth.engine.train import fine_tune
from lth.errors import StoreError
from lth.spec.expressions import Expression, FineTune, Resumed, Rewound
from lth.spec.subnetworks import Pruned
from lth.tasks import get_task, scores
from lth.tasks.contributions import contributions


def fine_tuned(experiment: FineTune, context: Context) -> Product:
    """Train, write the snapshots that other experiments need, and score dev.

    Under a gate mask, the closed heads and MLPs are cut out before training. The results are the same, and come sooner;
    only the dropout of attention, if there is any, is drawn for the remaining heads only.
    """
    task, recipe, aim = get_task(experiment.task.name), experiment.recipe, objective(experiment.task)
    store = context.store
    encode = partial(examples, experiment.task, experiment.start.pretrained, recipe.max_length)
    train, dev = encode("train", recipe.train_examples), encode("dev", recipe.dev_examples)
    model = network(experiment, store)
    kept = mask(experiment.mask, store) if experiment.mask else None
    gates = kept is not None and is_gates(kept)
    whole = left = parameters(model)
    if kept is not None and gates:
        shrink_(model, kept)
        left = parameters(model)
    elif kept is not None:
        kept = mask_for(prunable(model, "paper"), kept)
        left -= sum(int((~part).sum()) for part in kept.values())
    scratch = store.scratch()

    def files_of(snapshot: Rewound) -> dict[str, Path]:
        names = (WEIGHTS, DROPOUT) if isinstance(snapshot, Resumed) else (WEIGHTS,)
        return {name: scratch / f"{snapshot.key}.{name}" for name in names}

    def save_snapshots(at: float) -> Callable[[dict[str, Tensor]], None]:
        def write(weights: dict[str, Tensor]) -> None:
            for snapshot in (each for each in context.snapshots if each.at == at):
                tensors = {WEIGHTS: weights, DROPOUT: global_state(torch.device(context.device))}
                try:
                    for name, path in files_of(snapshot).items():
                        save_file({key: part.detach().cpu().clone() for key, part in tensors[name].items()}, path)
                except (SafetensorError, OSError) as error:
                    raise StoreError(
                        f"cannot write the {snapshot} to {scratch}: {error}; expected room for them; make "
                        f"room and start the run again, finished results are stored"
                    ) from error

        return write

    fit = fine_tune(
        model,
        train,
        dev,
        recipe,
        experiment.seed,
        None if gates else kept,
        objective=aim,
        device=context.device,
        snapshots={snapshot.at: save_snapshots(snapshot.at) for snapshot in context.snapshots},
        resume=resume(experiment, store),
    )
    for snapshot in context.snapshots:
        about = {"experiment": str(snapshot), "failure": fit.failure}
        store.write(snapshot.key, about, {} if fit.failure else files_of(snapshot))
    predictions, answers = None if fit.failure else fit.predictions, aim.answers(dev)
    results = scores(task, predictions, answers) | dict(fit.scores)
    value: dict[str, Any] = {
        "score": results[task.metric],
        "scores": results,
        "majority": baseline(experiment),
        "examples": {"train": len(train), "dev": len(dev)},
        "losses": fit.losses,
        "failure": fit.failure,
        "sparsity": masks.sparsity(kept) if kept else 0.0,
        "densities": masks.densities(kept) if kept else {},
        "kept_parameters": left / whole,
    }
    if (by_example := contributions(task, predictions, answers)) is not None:
        value |= {"by_example": by_example}
    if task.kind == "mlm":
        value |= {"fresh_head": fresh_head(experiment.start.pretrained, aim.auto)}
    if isinstance(fit.predictions, list):
        return value, {TEXTS: json.dumps(fit.predictions, ensure_ascii=False).encode()}
    return value, {PREDICTIONS: save({"predictions": fit.predictions})}


def broken(experiment: Expression, context: Context, failure: str) -> Product:
    """The result of an experiment whose input failed: no time, and a score of NaN, which counts as a collapsed run."""
    for snapshot in context.snapshots:
        context.store.write(snapshot.key, {"experiment": str(snapshot), "failure": failure})
    value: dict[str, Any] = {"failure": failure, "seconds": 0.0}
    if isinstance(experiment, (FineTune, Pruned)):
        fit = experiment.fit
        value |= {"score": math.nan, "scores": dict.fromkeys(get_task(fit.task.name).metrics, math.nan)}
        value |= {"majority": baseline(fit)}
    return value, {}
