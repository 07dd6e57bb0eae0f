"""What ranks the weights of a model before it is pruned: magnitude, chance, the loss, or a function of one's own.

A criterion is a function from a `Candidate` to a score for each weight: the higher, the rather it is kept.
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
    """A trained model whose weights are to be ranked.

    `model` is the network in evaluation mode, without its dropout. `parameters` are its prunable matrices by name,
    [out, in]; what earlier rounds removed is zero there and stays removed, whatever its score. `generator` is a random
    stream on the CPU that the task and the seed fix. `losses()` gives the loss of one batch of training examples after
    the other, a scalar with its gradient, weighted so that they add up to the mean loss of all; it raises EngineError
    where a model was trained on no task.
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
        """The gradient of the mean loss by each weight, [out, in]; computed when it is first asked for."""
        found = {name: torch.zeros_like(weight) for name, weight in self.weights.items()}
        for loss in self.losses():
            parts = torch.autograd.grad(loss, list(self.parameters.values()), materialize_grads=True)
            for total, part in zip(found.values(), parts, strict=True):
                total += part
        return found


Score = Callable[[Candidate], Mapping[str, Tensor]]
"""A criterion: for each name of `Candidate.weights` a tensor of that weight's shape."""


def magnitude(candidate: Candidate) -> dict[str, Tensor]:
    """The size of each weight. Where no criterion is named, the same is computed without copying the weights."""
    return {name: weight.abs() for name, weight in candidate.weights.items()}


def random(candidate: Candidate) -> dict[str, Tensor]:
    """A number from 0 to 1 for each weight, the same in every round, so that rounds of pruning are one random order."""
    return {name: torch.rand(weight.shape, generator=candidate.generator) for name, weight in candidate.weights.items()}


def first_order(candidate: Candidate) -> dict[str, Tensor]:
    """|w · ∂L/∂w|: to first order, how much the loss changes when the weight becomes zero.

    Molchanov et al. 2019 (arXiv 1906.10771), section 3, whose importance is the square of it, which ranks alike. The
    gradient is that of the mean loss over training examples, `lth.spec.criterion.GRADIENT_EXAMPLES` at most.
    """
    return {name: (weight * candidate.gradients[name]).abs() for name, weight in candidate.weights.items()}


CRITERIA: dict[str, Score] = {"magnitude": magnitude, "random": random, "first-order": first_order}


def prune(
    criterion: Criterion, candidate: Candidate, sparsity: float, within: Mapping[str, Tensor] | None = None
) -> masks.WeightMask:
    """Remove the weights of the lowest scores, with the counts, the nesting and the errors of `masks.magnitude`.

    Scores are compared as float32. Raises ExecutionError for a function of one's own that fails, that has changed since
    the run was planned, or that does not give one number for each weight.
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
            f"criterion {criterion} and the model do not share {strange[0][0]!r} of one shape ({len(strange)} such "
            f"differences); expected one score for each weight; return a tensor of each weight's shape by its name"
        )
    scores = {name: given[name].detach().float().cpu() for name in wanted}
    for name, part in scores.items():
        if part.isnan().any():
            raise ExecutionError(
                f"criterion {criterion} gives NaN for {name!r}; expected numbers; correct the function, or look at the "
                f"training that gave the weights"
            )
    return scores


@lru_cache(maxsize=8)
def _own(criterion: Criterion) -> Score:
    """The function of one's own, as its file is now."""
    name, _, function = criterion.name.partition(":")
    loaded = sys.modules.get(name)
    module = importlib.reload(loaded) if loaded else importlib.import_module(name)  # loaded may be an older version
    if source_of(Path(str(module.__file__))) != criterion.source:
        raise ExecutionError(
            f"criterion {criterion}: {module.__file__} is not what it was when the run was planned; expected the same "
            f"file in every process; run the same again"
        )
    found: Score = getattr(module, function)
    return found


def _from_zero(scores: Tensor) -> Tensor:
    """Numbers from zero on, float64, in the order of the float32 `scores`, negative ones among them.

    A float's bits without its sign order like its magnitude; so does an integer of 32 bits in a float64.
    """
    bits = scores.view(torch.int32).long()
    return (torch.where(bits < 0, -(bits & 0x7FFFFFFF), bits) + 2**31).double()
