"""A claim, and one row of the verdict table. A pytest test declares a claim and runs nothing.

    @claim("chen-1", paper="chen2020", where="section 3.1, table 2", says=True)
    def test_imp_finds_winning_tickets(arms):
        \"\"\"IMP finds winning tickets at non-trivial sparsity.\"\"\"
        return difference(arms.imp(), arms.full()).lies_in(above(-arms.margin))

A test with the argument `claim` (see Terms) and the marker `pytest.mark.claim` needs no imports from this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.effects import Assertion

BETWEEN_TASKS = "all tasks"
"""Takes the place of the task's name if a claim is about several tasks."""

Says = bool | None | Mapping[str, bool | None]
"""A paper's answer, or its answers by row or task."""


@dataclass(frozen=True)
class Claim:
    """A statement of a paper; `says` is the paper's answer (None: it depends on the task).

    A mapping has the answer for each row or each task, by name; it depends where neither has one. `where` is the place
    in the paper: section, table or figure.

    `rule` names the paper's own rule in `lth.verdict.PAPER_RULES`. `diverges` maps `model/task` to the reason why this
    model is known to contradict the paper; its test must then fail.
    """

    id: str
    paper: str
    says: Says
    rule: str | None = None
    diverges: Mapping[str, str] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True)
class Declaration:
    """One row of the verdict table: a claim on one task; `row` distinguishes several rows of one claim.

    `full` is the task's full model; None for a claim about several tasks.
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
    def says(self) -> bool | None:
        """The paper's answer for this row."""
        says = self.claim.says
        if isinstance(says, Mapping):
            return says.get(self.row, says.get(self.task))
        return says

    def beside(self, shown: tuple[Arm, ...]) -> Declaration:
        """The same declaration with these arms to be shown, instead of its own."""
        return replace(self, assertion=self.assertion.beside(shown))

    @property
    def arms(self) -> tuple[Arm, ...]:
        """All arms to measure, each once. They include the full model, which is the unit.

        An arm can be missing in the effect and measured to be shown.
        """
        arms: dict[ArmId, Arm] = {}
        for arm in (*self.assertion.effect.arms, *((self.full,) if self.full else ()), *self.assertion.shown):
            if arm.id not in arms or arms[arm.id].missing:  # an arm that is only shown may have fewer seeds
                arms[arm.id] = arm
        return tuple(arms.values())


def claim(
    id: str,
    *,
    paper: str,
    says: Says,
    where: str = "",
    rule: str | None = None,
    diverges: Mapping[str, str] | None = None,
) -> pytest.MarkDecorator:
    """Mark a test as a claim; see Claim for the arguments."""
    return pytest.mark.claim(Claim(id, paper, says, rule, diverges or {}, where))
