"""Fine-tunings and weight masks, computed: from what an expression asks for to what the store keeps.

For worker processes; the engine, and with it torch, is imported when a function is called.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from lth.compute.materials import (
    MASK,
    PREDICTIONS,
    TEXTS,
    WEIGHTS,
    Product,
    baseline,
    examples,
    mask,
    network,
    objective,
    trained,
)
from lth.compute.store import Store
from lth.spec.expressions import FineTune, Magnitude, Rewound, Uniform
from lth.tasks import get_task, scores

if TYPE_CHECKING:
    from torch import Tensor


def fine_tuned(experiment: FineTune, snapshots: tuple[Rewound, ...], store: Store, device: str) -> Product:
    """Train, write the snapshots that others need to the store, and score dev.

    Under a gate mask the closed heads and MLPs are cut out before training, which gives the same results sooner; only
    the dropout of attention, where a model has any, is then drawn for the heads that are left.
    """
    from safetensors.numpy import save
    from safetensors.torch import save_file

    from lth.engine import masks
    from lth.engine.models import fresh_head, mask_for
    from lth.engine.prunable import prunable
    from lth.engine.shrink import shrink_
    from lth.engine.sizes import parameters
    from lth.engine.subnetworks import is_gates
    from lth.engine.train import fine_tune

    task, recipe, aim = get_task(experiment.task.name), experiment.recipe, objective(experiment.task)
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

    def save_snapshot(snapshot: Rewound) -> Callable[[dict[str, Tensor]], None]:
        def write(weights: dict[str, Tensor]) -> None:
            path = scratch / f"{snapshot.key}.safetensors"
            save_file({name: tensor.detach().cpu().clone() for name, tensor in weights.items()}, path)

        return write

    fit = fine_tune(
        model,
        train,
        dev,
        recipe,
        experiment.seed,
        None if gates else kept,
        objective=aim,
        device=device,
        snapshots={snapshot.at: save_snapshot(snapshot) for snapshot in snapshots},
    )
    for snapshot in snapshots:
        about = {"experiment": str(snapshot), "failure": fit.failure}
        path = scratch / f"{snapshot.key}.safetensors"
        store.write(snapshot.key, about, {} if fit.failure else {WEIGHTS: path})
    results = scores(task, None if fit.failure else fit.predictions, aim.answers(dev)) | dict(fit.scores)
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
    if task.kind == "mlm":
        value |= {"fresh_head": fresh_head(experiment.start.pretrained, aim.auto)}
    if isinstance(fit.predictions, list):
        return value, {TEXTS: json.dumps(fit.predictions, ensure_ascii=False).encode()}
    return value, {PREDICTIONS: save({"predictions": fit.predictions})}


def weight_mask(experiment: Magnitude | Uniform, store: Store) -> Product:
    """Select the weights to keep, nested in the mask of the run whose weights they are.

    A pooler that this mask does not know, because it comes from a head without one, counts as kept whole.
    """
    from lth.engine import masks
    from lth.engine.models import load_model, mask_over
    from lth.engine.prunable import prunable
    from lth.engine.streams import generator

    if isinstance(experiment, Uniform):
        made = masks.uniform(mask(experiment.like, store), generator(experiment.seed, "mask"))
    else:
        origin = experiment.of
        if isinstance(origin, FineTune):
            model = trained(origin, store)
            within = mask(origin.mask, store) if origin.mask else None
        else:
            model, within = load_model(origin, 1, 0), None
        weights = {name: weight.detach() for name, weight in prunable(model, experiment.prunable).items()}
        made = masks.magnitude(weights, experiment.sparsity, mask_over(weights, within) if within else None)
    return {"sparsity": masks.sparsity(made), "densities": masks.densities(made)}, {MASK: masks.to_bytes(made)}
