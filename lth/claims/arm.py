"""An arm: one treatment over seeds, and which number of its results it is about. Knows no treatment by name."""

from __future__ import annotations

from dataclasses import dataclass, field

from lth.spec.expressions import Expression

SEVERAL = "it takes several tasks; give --task=a,b or --task=all"
"""Why nothing is measured for a claim about several tasks in a run on one."""


@dataclass(frozen=True)
class Arm:
    """One treatment: a name such as `imp@0.7` and its experiment for every seed.

    `quantity` names the number in each result that the arm stands for: the task's primary score, or another, which is
    then taken as it is and not as a share of the full model's score. One experiment may stand for all seeds, its
    quantity being a list with a number for each. `sparsity` is None where it is not known beforehand. `missing` says
    why there is nothing to measure, if so.
    """

    name: str
    treatment: str
    task: str
    sparsity: float | None
    seeds: tuple[int, ...]
    experiments: tuple[Expression, ...] = field(repr=False)
    quantity: str = "score"
    missing: str = ""
