"""How sparse a treatment gets before it falls behind the full model, at one seed."""

from __future__ import annotations

from dataclasses import dataclass

from lth.spec.expressions import Expression, FineTune


@dataclass(frozen=True, eq=False)
class HighestMatch(Expression):
    """The highest sparsity of `rounds`, one treatment's fine-tunings going up, that matches `full` within `margin`.

    `margin` is the share of the full model's score that a match may lose.
    """

    full: FineTune
    rounds: tuple[FineTune, ...]
    margin: float
    kind = "measurements"
    reads_failures = True

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (self.full, *self.rounds)

    def __str__(self) -> str:
        last = self.rounds[-1]
        return f"highest matching sparsity up to ({last}), margin {self.margin:g}"
