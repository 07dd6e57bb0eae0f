"""What a claim is: an effect between arms and the region it is said to lie in, declared by a pytest test.

A claim test takes `arms`, returns what it asserts, and runs nothing:

    @claim("chen-1", paper="chen2020", says=True)
    def test_imp_finds_winning_tickets(arms):
        \"\"\"IMP finds winning tickets at non-trivial sparsity.\"\"\"
        return difference(arms.imp(), arms.full()).lies_in(above(-arms.margin))

With `claim` for an argument, see Terms, and `pytest.mark.claim` for a marker, it needs no import of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from lth.claims.arm import Arm
from lth.verdict import Region, estimators
from lth.verdict.estimate import Estimate
from lth.verdict.samples import Scores, scaled

if TYPE_CHECKING:
    from lth.claims.between import Across

BETWEEN_TASKS = "all tasks"
"""What stands for the task of a claim that is about several of them."""


@dataclass(frozen=True)
class Claim:
    """Who says what: `says` is the paper's answer (None: it depends on the task).

    `rule` names the paper's own rule in `lth.verdict.PAPER_RULES`. `diverges` maps `model/task` to the reason why
    this model is known to contradict the paper: its test is then expected to fail, strictly.
    """

    id: str
    paper: str
    says: bool | None
    rule: str | None = None
    diverges: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Effect:
    """What a claim is about: the difference of means `arm` − `share` x `control`, or the mean of `arm` alone.

    Differences of scores are in units of the full model's mean score; every other quantity is taken as it is.
    """

    arm: Arm
    control: Arm | None = None
    share: float = 1.0

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The arms that the effect rests on."""
        return (self.arm,) if self.control is None else (self.arm, self.control)

    @property
    def relative(self) -> bool:
        """Whether the effect is a share of the full model's mean score."""
        return self.arm.quantity == "score"

    @property
    def label(self) -> str:
        if self.control is None:
            return self.arm.name
        return f"{self.arm.name} − {'' if self.share == 1 else f'{self.share:g} × '}{self.control.name}"

    def estimate(self, scores: Mapping[str, Scores], full_mean: float, method: str) -> Estimate:
        """The effect from the arms' scores by name. Raises EvidenceError for scores that cannot be judged."""
        scale, arm = full_mean if self.relative else 1.0, scores[self.arm.name]
        if self.control is None:
            return estimators.level(arm, scale=scale)
        return estimators.difference(arm, scaled(scores[self.control.name], self.share), scale=scale, method=method)

    def lies_in(self, region: Region) -> Assertion:
        """The assertion that the effect lies in `region`."""
        return Assertion(self, region)


@dataclass(frozen=True)
class Assertion:
    """What a claim test returns: an effect, its region, and arms shown beside them in pictures."""

    effect: Effect | Across
    region: Region
    shown: tuple[Arm, ...] = ()

    def beside(self, shown: tuple[Arm, ...]) -> Assertion:
        """The same assertion with arms that are measured for the pictures only."""
        return replace(self, shown=shown)


@dataclass(frozen=True)
class Declaration:
    """One row of the verdict table: a claim on one task, `row` telling several of its rows apart.

    `full` is the task's full model, None for a claim that is about several tasks.
    """

    claim: Claim
    statement: str
    row: str
    full: Arm | None
    assertion: Assertion

    @property
    def task(self) -> str:
        return self.full.task if self.full else BETWEEN_TASKS

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Every arm that must be measured, each once; the full model is always among them, as the unit."""
        arms: dict[str, Arm] = {}
        for arm in (*self.assertion.effect.arms, *((self.full,) if self.full else ()), *self.assertion.shown):
            arms.setdefault(arm.name, arm)  # one that is only shown may have fewer seeds
        return tuple(arms.values())


def difference(arm: Arm, control: Arm, share: float = 1.0) -> Effect:
    """The effect of one arm against another, or against a `share` of it."""
    return Effect(arm, control, share)


def mean(arm: Arm) -> Effect:
    """The mean of what an arm measures."""
    return Effect(arm)


def claim(
    id: str, *, paper: str, says: bool | None, rule: str | None = None, diverges: Mapping[str, str] | None = None
) -> pytest.MarkDecorator:
    """Mark a test as a claim; see Claim for the arguments."""
    return pytest.mark.claim(Claim(id, paper, says, rule, diverges or {}))
