"""Evidence and declarations of tests: scores by task and arm that a test chooses."""

from collections.abc import Mapping, Sequence
from typing import Any

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.claim import Claim, Declaration
from lth.claims.effects import Assertion, difference
from lth.spec.expressions import Expression
from lth.verdict import above
from lth.verdict.samples import Sample, Scores

SEEDS = (0, 1, 2, 3, 4)


class MadeUp:
    """Evidence with the scores of arms by `task arm`, one a seed; `by_example` has their dev examples, if known."""

    def __init__(
        self,
        scores: Mapping[str, Sequence[float]],
        majority: float = 0.5,
        by_example: Mapping[str, Sequence[Sequence[float]]] | None = None,
    ) -> None:
        self.scores, self.majority, self.by_example = scores, majority, by_example or {}

    def sample(self, arm: Arm) -> Scores:
        name = f"{arm.task} {arm.name}"
        scores = tuple(self.scores[name])
        return Sample(tuple(range(len(scores))), scores, self.by_example.get(name))

    def baseline(self, arm: Arm) -> float:
        return self.majority

    def cost(self, arms: tuple[Arm, ...]) -> Mapping[str, float]:
        return {"seconds": float(len(arms))}

    def kept_parameters(self, arm: Arm) -> float | None:
        return None

    def details(self, experiment: Expression) -> Mapping[str, Any]:
        return {}

    def densities(self, arm: Arm) -> Mapping[str, float]:
        return {}


def arm(name: str, task: str = "sst2") -> Arm:
    return Arm(ArmId(name), task, SEEDS, ())


def declare(
    task: str = "sst2",
    says: bool | None = True,
    rule: str | None = None,
    assertion: Assertion | None = None,
    id: str = "chen-1",
) -> Declaration:
    """A claim on the arms `imp` and `full`, that tickets match within 2 %, unless another assertion is given."""
    match = difference(arm("imp", task), arm("full", task)).lies_in(above(-0.02))
    return Declaration(Claim(id, "chen2020", says, rule), "tickets win", "", arm("full", task), assertion or match)
