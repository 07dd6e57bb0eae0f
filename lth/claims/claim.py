"""What a claim is: who says what, and one row of the verdict table. A pytest test declares it and runs nothing.

    @claim("chen-1", paper="chen2020", says=True)
    def test_imp_finds_winning_tickets(arms):
        \"\"\"IMP finds winning tickets at non-trivial sparsity.\"\"\"
        return difference(arms.imp(), arms.full()).lies_in(above(-arms.margin))

With `claim` for an argument, see Terms, and `pytest.mark.claim` for a marker, it needs no import of this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.effects import Assertion

BETWEEN_TASKS = "all tasks"
"""The name that replaces a task's where a claim is about several of them."""


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
class Declaration:
    """One row of the verdict table: a claim on one task; `row` keeps several of its rows apart.

    `full` is the task's full model, None for a claim that is about several tasks.
    """

    claim: Claim
    statement: str
    row: str
    full: Arm | None
    assertion: Assertion

    @property
    def task(self) -> str:
        """The task, or BETWEEN_TASKS."""
        return self.full.task if self.full else BETWEEN_TASKS

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Every arm that must be measured, each once; the full model is always among them, as the unit."""
        arms: dict[ArmId, Arm] = {}
        for arm in (*self.assertion.effect.arms, *((self.full,) if self.full else ()), *self.assertion.shown):
            arms.setdefault(arm.id, arm)  # one that is only shown may have fewer seeds
        return tuple(arms.values())


def claim(
    id: str, *, paper: str, says: bool | None, rule: str | None = None, diverges: Mapping[str, str] | None = None
) -> pytest.MarkDecorator:
    """Mark a test as a claim; see Claim for the arguments."""
    return pytest.mark.claim(Claim(id, paper, says, rule, diverges or {}))
