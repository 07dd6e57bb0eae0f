"""Computes weight masks: by magnitude or another criterion from trained weights, or at random."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Generator, Tensor, nn

from lth.compute.context import MASK, Context, Product
from lth.compute.materials import examples, mask, objective, trained
from lth.engine import criteria, masks
from lth.engine.batches import batches, evaluation_order
from lth.engine.models import load_model, mask_over, precision
from lth.engine.prunable import prunable
from lth.engine.streams import generator
from lth.errors import EngineError
from lth.spec.criterion import GRADIENT_EXAMPLES
from lth.spec.expressions import FineTune, Magnitude, Pretrained, Uniform


def pruned_mask(experiment: Magnitude, context: Context) -> Product:
    """Select the weights to keep, nested in the mask of the run that trained them.

    If that mask has no pooler, because the run's head had none, the pooler counts as kept.
    """
    origin = experiment.of
    if isinstance(origin, FineTune):
        model = trained(origin, context.store)
        within = mask(origin.mask, context.store) if origin.mask else None
    else:
        model, within = load_model(origin, 1, 0), None
    matrices = prunable(model, experiment.prunable)
    within = mask_over(matrices, within) if within else None
    if experiment.criterion is None:
        weights = {name: matrix.detach() for name, matrix in matrices.items()}
        return _stored(masks.magnitude(weights, experiment.sparsity, within))
    device = torch.device(context.device)
    losses = partial(_losses, origin, model.to(device).eval(), device)
    candidate = criteria.Candidate(model, prunable(model, experiment.prunable), _stream(origin), losses)
    return _stored(criteria.prune(experiment.criterion, candidate, experiment.sparsity, within))


def uniform_mask(experiment: Uniform, context: Context) -> Product:
    """Draw the weights to keep at random."""
    return _stored(masks.uniform(mask(experiment.like, context.store), generator(experiment.seed, "mask")))


def _stored(made: masks.WeightMask) -> Product:
    return {"sparsity": masks.sparsity(made), "densities": masks.densities(made)}, {MASK: masks.to_bytes(made)}


def _stream(origin: FineTune | Pretrained) -> Generator:
    """One stream for all rounds and starts of a seed, but not for two tasks, because tasks' masks are compared."""
    seed, of = (origin.seed, origin.task.name) if isinstance(origin, FineTune) else (0, "pretrained")
    return generator(seed, f"criterion {of}")


def _losses(origin: FineTune | Pretrained, model: nn.Module, device: torch.device) -> Iterator[Tensor]:
    """The losses of a candidate on examples that it was trained on."""
    if isinstance(origin, Pretrained):
        raise EngineError(
            "a criterion asks for the loss of the pre-trained weights, which were not trained on a task; expected a "
            "criterion that uses only weights; leave out the one-shot arm"
        )
    recipe, task = origin.recipe, origin.task
    encode = partial(examples, task, origin.start.pretrained, recipe.max_length, "train")
    aim = objective(task).fitted(encode(recipe.train_examples))
    some = encode(min(GRADIENT_EXAMPLES, recipe.train_examples or GRADIENT_EXAMPLES))
    seen = aim.epoch(some, generator(origin.seed, "criterion masking"))
    for inputs, targets in batches(seen, evaluation_order(seen.lengths, recipe.batch), device):
        with precision(recipe, device):
            loss = aim.loss(model, inputs, targets)
        yield loss * (len(targets) / len(seen))
