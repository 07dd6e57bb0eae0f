"""What moderated t does, simulated; `python -m tests.verdict.simulated_moderated` prints the table of docs/rule.md.

A run has three claims on eight tasks, 24 rows of paired scores, decided with and without the variances of other rows.
Errors are counted with the true effects on the edge of the region, power with effects inside it, after Holm.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tabulate import tabulate

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.claim import Claim, Declaration
from lth.claims.effects import difference
from lth.evidence.decide import decide_all
from lth.verdict import Verdict, above
from lth.verdict.rule import Rule
from lth.verdict.samples import Scores
from tests.verdict.simulated import ALPHA, EDGE, FULL, Drawn, Floats, Generator, sample

CLAIMS, TASKS = ("chen-1", "chen-2", "chen-4"), tuple(f"task {at}" for at in range(8))
TYPICAL = 0.02
"""The typical spread of a difference over seeds, in scores."""
INSIDE = 3 * TYPICAL
"""How far inside the region the effects lie where power is counted."""
NOISIEST = 3
"""The rows of the largest true variance whose errors are also counted alone."""


@dataclass(frozen=True)
class Found:
    """Shares of rows, before (error, noisiest) and after Holm's correction (power)."""

    spreads: str
    n: int
    moderated: bool
    error: float
    noisiest: float
    power: float


def declared(claim: str, task: str) -> Declaration:
    """The claim that this claim's ticket loses less than 2 % of the full score."""
    ticket, full = Arm(ArmId(claim), task, (), ()), Arm(ArmId("full"), task, (), ())
    return Declaration(Claim(claim, "chen2020", True), "", "", full, difference(ticket, full).lies_in(above(EDGE)))


ROWS = [declared(claim, task) for claim in CLAIMS for task in TASKS]


def spreads(rng: Generator, df: float) -> Floats:
    """The true spread of each row: its variance is TYPICAL² df / χ²(df), the distribution that moderated t assumes."""
    scale = np.ones(len(ROWS)) if math.isinf(df) else df / rng.chisquare(df, len(ROWS))
    return TYPICAL * np.sqrt(scale)


def verdicts(rng: Generator, n: int, of_rows: Floats, inside: float, moderated: bool) -> list[tuple[Verdict, Verdict]]:
    """The verdicts on all rows, before and after correction. The claims of a task share the full model's runs."""
    scores: dict[tuple[str, str], Scores] = {}
    for task in TASKS:
        scores[task, "full"] = sample(FULL + rng.normal(0, 0.003, n))
    for row, spread in zip(ROWS, of_rows, strict=True):
        task, claim = row.task, row.claim.id
        scores[task, claim] = sample(FULL * (1 + EDGE) + inside + rng.normal(0, spread, n))
    decisions = decide_all(ROWS, Drawn(scores), Rule(ALPHA, shrink_variance=moderated))
    return [(decision.verdict, decision.adjusted) for decision in decisions]


def found(name: str, df: float, n: int, repetitions: int, moderated: bool) -> Found:
    """Errors and power over `repetitions` runs."""
    rng = np.random.default_rng([n, 0 if math.isinf(df) else int(df)])
    wrong = wrong_noisiest = decided = 0
    for _ in range(repetitions):
        of_rows = spreads(rng, df)
        noisiest = set(np.argsort(of_rows)[-NOISIEST:].tolist())
        for at, (verdict, _) in enumerate(verdicts(rng, n, of_rows, 0.0, moderated)):
            wrong += verdict is Verdict.SUPPORTED
            wrong_noisiest += verdict is Verdict.SUPPORTED and at in noisiest
        decided += sum(after is Verdict.SUPPORTED for _, after in verdicts(rng, n, of_rows, INSIDE, moderated))
    rows = repetitions * len(ROWS)
    return Found(name, n, moderated, wrong / rows, wrong_noisiest / (repetitions * NOISIEST), decided / rows)


def table(repetitions: int, sizes: tuple[int, ...] = (3, 5)) -> Iterator[Found]:
    """Equal spreads, and spreads that differ as moderated t assumes, at each size, without and with it."""
    for name, df in (("equal in all rows", math.inf), ("different (d₀ = 4)", 4.0)):
        for n in sizes:
            for moderated in (False, True):
                yield found(name, df, n, repetitions, moderated)


def main() -> None:
    """Print the table."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    rows = [
        [
            each.spreads,
            each.n,
            "moderated t" if each.moderated else "t",
            *(f"{100 * share:.1f}" for share in (each.error, each.noisiest, each.power)),
        ]
        for each in table(repetitions)
    ]
    header = ["spreads", "n", "method", "wrong SUPPORTED, %", "in the noisiest 3 rows of 24, %", "power after Holm, %"]
    print(tabulate(rows, headers=header, tablefmt="github", disable_numparse=True))


if __name__ == "__main__":
    main()
