"""Expressions from outside the package with the functions that compute them, as a user's file would hold both."""

from __future__ import annotations

import os
from dataclasses import dataclass

from lth.compute.context import Context, Product
from lth.compute.registry import COMPUTE
from lth.spec.expressions import Expression, FineTune


@dataclass(frozen=True, eq=False)
class Distance(Expression):
    """How far apart the scores of two fine-tunings are."""

    one: FineTune
    other: FineTune
    kind = "distances"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (self.one, self.other)

    def __str__(self) -> str:
        return f"distance of ({self.one}) and ({self.other})"


@dataclass(frozen=True, eq=False)
class Death(Expression):
    """Ends the process that computes it."""

    def __str__(self) -> str:
        return "death"


@dataclass(frozen=True, eq=False)
class Unknown(Expression):
    """Nothing computes it."""

    def __str__(self) -> str:
        return "the unknown"


def distance(experiment: Distance, context: Context) -> Product:
    one, other = (context.store.read(part.key) or {} for part in experiment.inputs)
    return {"distance": abs(one["score"] - other["score"])}, {}


def die(experiment: Death, context: Context) -> Product:
    os._exit(1)


COMPUTE[Distance] = distance
COMPUTE[Death] = die
