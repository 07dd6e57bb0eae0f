"""Maps each type of expression to the function that computes it. Imports torch, so only workers import it."""

from __future__ import annotations

from collections.abc import Callable

import torch

from lth.compute.context import Context, InputMissing, Product
from lth.compute.fitting import broken, fine_tuned
from lth.compute.matching import highest_match
from lth.compute.overlap import overlap
from lth.compute.structure import agreement, counterpart, latency, patterns, pruned, survival, survivors
from lth.compute.weight_masks import pruned_mask, uniform_mask
from lth.errors import ExecutionError
from lth.spec.expressions import Expression, FineTune, Magnitude, Uniform
from lth.spec.matching import HighestMatch
from lth.spec.overlap import Overlap
from lth.spec.subnetworks import (
    Agreement,
    Bad,
    Latency,
    Patterns,
    Pruned,
    Random,
    Smallest,
    Super,
    Survival,
    Survivors,
)

COMPUTE: dict[type[Expression], Callable[..., Product]] = {
    FineTune: fine_tuned,
    Magnitude: pruned_mask,
    Uniform: uniform_mask,
    Survivors: survivors,
    Random: counterpart,
    Bad: counterpart,
    Smallest: counterpart,
    Super: counterpart,
    Pruned: pruned,
    Patterns: patterns,
    Latency: latency,
    Agreement: agreement,
    Survival: survival,
    Overlap: overlap,
    HighestMatch: highest_match,
}
"""Each function takes the expression and a Context. Other code can add its own: `COMPUTE[MyExpression] = mine`."""


def compute(experiment: Expression, context: Context) -> Product:
    """The result of the experiment; if one of its inputs failed, the result of a failed run.

    Raises InputMissing if an input is not in the store, and ExecutionError if no function computes the expression.
    """
    failure = _inherited_failure(experiment, context)
    if failure:
        value, files = broken(experiment, context, failure)
    elif (function := COMPUTE.get(type(experiment))) is None:
        raise ExecutionError(
            f"no function computes {type(experiment).__name__} ({experiment}); expected one of "
            f"{', '.join(kind.__name__ for kind in COMPUTE)}; add one with COMPUTE[{type(experiment).__name__}] = …"
        )
    else:
        value, files = function(experiment, context)
    environment = {"device": context.device, "torch": torch.__version__, "threads": torch.get_num_threads()}
    return value | {"environment": environment}, files


def limit_threads(count: int) -> None:
    """Let this process compute with `count` threads."""
    torch.set_num_threads(count)


def _inherited_failure(experiment: Expression, context: Context) -> str | None:
    for part in experiment.inputs:
        value = context.store.read(part.key)
        if value is None:
            raise InputMissing
        if value.get("failure") and not experiment.reads_failures:
            return str(value["failure"])
    return None
