"""Expressions from outside the package, in a module that worker processes import."""

from __future__ import annotations

import os
from dataclasses import dataclass

from lth.compute.context import Context, Product
from lth.compute.registry import COMPUTE
from lth.spec.expressions import Expression


@dataclass(frozen=True, eq=False)
class Death(Expression):
    """Ends the process that computes it."""

    def __str__(self) -> str:
        return "death"


@dataclass(frozen=True, eq=False)
class Nothing(Expression):
    """Takes no time."""

    number: int = 0

    def __str__(self) -> str:
        return "nothing"


@dataclass(frozen=True, eq=False)
class Unknown(Expression):
    """Nothing computes it."""

    def __str__(self) -> str:
        return "the unknown"


def die(experiment: Death, context: Context) -> Product:
    os._exit(1)


COMPUTE[Death] = die
COMPUTE[Nothing] = lambda experiment, context: ({}, {})
