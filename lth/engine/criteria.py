"""Criteria rank the weights of a model for pruning: by magnitude, at random, by the loss, or by a user's function.

A criterion is a function from a `Candidate` to a score for each weight. Weights with higher scores are kept.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

from lth.engine import masks
from lth.errors import ExecutionError, LthError
from lth.spec.criterion import Criterion
from lth.tasks.own_code import source_of


@dataclass(frozen=True)
class Candidate:
    """A trained model whose weights a criterion ranks.

    `model` is the network in evaluation mode, without dropout. `parameters` are its prunable matrices by name,
    [out, in]. Weights that earlier rounds removed are zero and stay removed, whatever their score. `generator` is a
    random stream on the CPU, fixed by the task and the seed. `losses()` yields the loss of each batch of training
    examples, a scalar with its gradient, weighted so that they add up to the mean loss of all examples. It raises
    EngineError if the model was not trained on a task.
    """

    model: nn.Module
    parameters: Mapping[str, nn.Parameter]
    generator: Generator
    losses: Callable[[], Iterator[Tensor]]

    @property
    def weights(self) -> dict[str, Tensor]:
        """The prunable matrices, [out, in], without gradient."""
        return {name: parameter.detach() for name, parameter in self.parameters.items()}

    @cached_property
    def gradients(self) -> dict[str, Tensor]:
        """The gradient of the mean loss with respect to each weight, [out, in]; computed on first use."""
        found = {name: torch.zeros_like(weight) for name, weight in self.weights.items()}
        for loss in self.losses():
            parts = torch.autograd.grad(loss, list(self.parameters.values()), materialize_grads=True)
            for total, part in zip(found.values(), parts, strict=True):
                total += part
        return found


Score = Callable[[Candidate], Mapping[str, Tensor]]
"""A criterion returns one tensor for each name in `Candidate.weights`, of that weight's shape."""


def magnitude(candidate: Candidate) -> dict[str, Tensor]:
    """The absolute value of each weight. Without a criterion, the same is computed without copying the weights."""
    return {name: weight.abs() for name, weight in candidate.weights.items()}


def random(candidate: Candidate) -> dict[str, Tensor]:
    """A number from 0 to 1 for each weight. It is the same in every round: all rounds follow one random order."""
    return {name: torch.rand(weight.shape, generator=candidate.generator) for name, weight in candidate.weights.items()}


def first_order(candidate: Candidate) -> dict[str, Tensor]:
    """|w · ∂L/∂w|: to first order, how much the loss changes when the weight becomes zero.

    Molchanov et al. 2019 (arXiv 1906.10771), section 3; their importance is its square, which ranks weights the same.
    L is the mean loss over at most `lth.spec.criterion.GRADIENT_EXAMPLES` training examples.
    """
    return {name: (weight * candidate.gradients[name]).abs() for name, weight in candidate.weights.items()}


CRITERIA: dict[str, Score] = {"magnitude": magnitude, "random": random, "first-order": first_order}


def prune(
    criterion: Criterion, candidate: Candidate, sparsity: float, within: Mapping[str, Tensor] | None = None
) -> masks.WeightMask:
    """Remove the weights with the lowest scores; counts, nesting and errors are those of `masks.magnitude`.

    Scores are compared as float32. Raises ExecutionError if a user's function fails, has changed since the run was
    planned, or does not return one number for each weight.
    """
    scores = _scores(criterion, candidate)
    if any((part < 0).any() for part in scores.values()):
        scores = {name: _from_zero(part) for name, part in scores.items()}
    return masks.magnitude(scores, sparsity, within)


def _scores(criterion: Criterion, candidate: Candidate) -> dict[str, Tensor]:
    try:
        given = dict((CRITERIA.get(criterion.name) or _own(criterion))(candidate))
    except LthError:
        raise
    except Exception as cause:
        raise ExecutionError(
            f"criterion {criterion} failed ({type(cause).__name__}: {cause}); expected a score for each weight; "
            f"correct the function"
        ) from cause
    wanted = {name: tuple(weight.shape) for name, weight in candidate.weights.items()}
    strange = sorted(wanted.items() ^ {name: tuple(part.shape) for name, part in given.items()}.items())
    if strange:
        raise ExecutionError(
            f"criterion {criterion} does not fit the model: {strange[0][0]!r} is missing, unknown or of another shape "
            f"({len(strange)} such differences); expected one score for each weight; return a tensor of each weight's "
            f"shape by its name"
        )
    scores = {name: given[name].detach().float().cpu() for name in wanted}
    for name, part in scores.items():
        if part.isnan().any():
            raise ExecutionError(
                f"criterion {criterion} returned NaN for {name!r}; expected numbers; correct the function, or check "
                f"the training that produced the weights"
            )
    return scores


@lru_cache(maxsize=8)
def _own(criterion: Criterion) -> Score:
    """The user's function, from its file as it is now."""
    name, _, function = criterion.name.partition(":")
    loaded = sys.modules.get(name)
    module = importlib.reload(loaded) if loaded else importlib.import_module(name)  # loaded may be an older version
    if source_of(Path(str(module.__file__))) != criterion.source:
        raise ExecutionError(
            f"criterion {criterion}: {module.__file__} has changed since the run was planned; expected the same file "
            f"in every process; start the run again"
        )
    found: Score = getattr(module, function)
    return found


def _from_zero(scores: Tensor) -> Tensor:
    """Non-negative float64 numbers that are ordered like the float32 `scores`, which may be negative.

    Without the sign bit, the bits of a float, read as an integer, are ordered like its magnitude; a float64 holds every
    32-bit integer exactly.
    """
    bits = scores.view(torch.int32).long()
    return (torch.where(bits < 0, -(bits & 0x7FFFFFFF), bits) + 2**31).double()
