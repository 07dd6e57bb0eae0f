"""An arm: one treatment over seeds, and the number in its results that it is about. Knows no treatment by name."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from types import FunctionType
from typing import TypeVar

from lth.claims.arm_id import ArmId
from lth.spec.expressions import Expression

SEVERAL = "it takes several tasks; give --task=a,b or --task=all"
"""The reason for NOT RUN of a claim about several tasks in a run on one task."""

_Method = TypeVar("_Method", bound=Callable[..., "Arm"])

_OFFERED: dict[Callable[..., object], dict[str, Iterable[object]]] = {}


@dataclass(frozen=True)
class Arm:
    """One treatment on `task`, with its experiment for each seed.

    `quantity` names the number in each result that the arm is about. It is the task's primary score by default; another
    number is used as it is, not as a share of the full model's score. One experiment may serve all seeds: its quantity
    is then a list with one number per seed. Over several pre-trained `models`, the experiments are those of each model,
    one block after the other. `missing` is the reason if there is nothing to measure.
    """

    id: ArmId
    task: str
    seeds: tuple[int, ...]
    experiments: tuple[Expression, ...] = field(repr=False)
    quantity: str = "score"
    missing: str = ""
    models: int = 1

    @property
    def by_model(self) -> tuple[tuple[Expression, ...], ...]:
        """The experiments of each pre-trained model."""
        size = len(self.experiments) // self.models
        return tuple(self.experiments[at * size : (at + 1) * size] for at in range(self.models))

    def lacking(self, why: str) -> Arm:
        """The same arm, missing because of `why` unless it is already."""
        return replace(self, missing=self.missing or why)

    @property
    def name(self) -> str:
        """The arm's name in tables and files, such as `imp@0.7`."""
        return str(self.id)


def offers_arm(**choices: Iterable[object]) -> Callable[[_Method], _Method]:
    """Mark a method that returns an arm; `choices` are the known values of each of its arguments."""

    def mark(method: _Method) -> _Method:
        _OFFERED[method] = choices
        return method

    return mark


def offered_arms(factory: object) -> Iterator[tuple[Arm, str]]:
    """All arms of the marked methods of `factory`, including methods of a subclass, each with its method's sentence."""
    for name in dir(type(factory)):
        method = getattr(type(factory), name)
        if isinstance(method, FunctionType) and (choices := _OFFERED.get(method)) is not None:
            sentence = (inspect.getdoc(method) or "").partition("\n\n")[0].replace("\n", " ")
            for values in itertools.product(*choices.values()):
                yield getattr(factory, name)(**dict(zip(choices, values, strict=True))), sentence
