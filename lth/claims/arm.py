"""An arm: one treatment over seeds, and which number of its results it is about. Knows no treatment by name."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import FunctionType
from typing import TypeVar

from lth.claims.arm_id import ArmId
from lth.spec.expressions import Expression

SEVERAL = "it takes several tasks; give --task=a,b or --task=all"
"""Why nothing is measured for a claim about several tasks in a run on one."""

_Method = TypeVar("_Method", bound=Callable[..., "Arm"])

_OFFERED: dict[Callable[..., object], dict[str, Iterable[object]]] = {}


@dataclass(frozen=True)
class Arm:
    """One treatment of `task` and its experiment for every seed.

    `quantity` is the name of the number in each result that the arm is about: the task's primary score, or another
    one, which is then taken as it is and not as a share of the full model's score. One experiment may serve all seeds,
    its quantity being a list with a number for each. `missing` says why there is nothing to measure, if so.
    """

    id: ArmId
    task: str
    seeds: tuple[int, ...]
    experiments: tuple[Expression, ...] = field(repr=False)
    quantity: str = "score"
    missing: str = ""

    @property
    def name(self) -> str:
        """The arm's name in tables and files, such as `imp@0.7`."""
        return str(self.id)


def offers_arm(**choices: Iterable[object]) -> Callable[[_Method], _Method]:
    """Mark a method as one that gives an arm; `choices` are the values that each of its arguments is known for."""

    def mark(method: _Method) -> _Method:
        _OFFERED[method] = choices
        return method

    return mark


def offered_arms(factory: object) -> Iterator[Arm]:
    """Every arm that the marked methods of `factory` give, those of a subclass included."""
    for name in dir(type(factory)):
        method = getattr(type(factory), name)
        if isinstance(method, FunctionType) and (choices := _OFFERED.get(method)) is not None:
            for values in itertools.product(*choices.values()):
                yield getattr(factory, name)(**dict(zip(choices, values, strict=True)))
