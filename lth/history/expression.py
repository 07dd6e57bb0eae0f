"""Which changes fail a run: `[GLOB=](verdict|effect:FLOAT|effect:FLOAT%|pvalue:FLOAT)`. Knows changes, not files."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from lth.errors import UsageError
from lth.history.changes import Change
from lth.history.table import sentence

_FORM = re.compile(r"(?:(?P<glob>[^=]+)=)?(?P<kind>verdict|effect|pvalue)(?::(?P<number>[^:%]+)(?P<percent>%?))?")


@dataclass(frozen=True)
class Expression:
    """One condition on the claims whose id matches the shell pattern `glob`.

    - verdict: the verdict is another one, in whatever direction.
    - effect:X: the effect moved away from the region claimed, by more than X in its own unit (.02 is two points of a
      hundred of the full score) and beyond noise. With %, X is that part of a hundred of the old effect.
    - pvalue:P: the p-value of "it did not move away" is below P.
    """

    text: str
    glob: str
    kind: str
    number: float = 0.0
    percent: bool = False

    def covers(self, change: Change) -> bool:
        return fnmatchcase(change.id, self.glob)

    def fails(self, change: Change) -> bool:
        """Whether the change is one that this expression forbids; a claim that only one run has is none."""
        if not change.old or not change.new or not self.covers(change):
            return False
        if self.kind == "verdict":
            return change.verdict_differs
        if self.kind == "pvalue":
            return change.p_worse < self.number
        allowed = (
            self.number / 100 * abs(change.old["effect"]["estimate"])
            if self.percent and change.interval
            else self.number
        )
        return change.worse and change.worsening > allowed


def parse(text: str) -> Expression:
    """The expression that `text` spells.

    >>> parse("chen-2*=effect:5%")
    Expression(text='chen-2*=effect:5%', glob='chen-2*', kind='effect', number=5.0, percent=True)

    Raises UsageError for anything else.
    """
    match = _FORM.fullmatch(text.strip())
    number = _number(match["number"]) if match and match["number"] else None
    kind, percent = (match["kind"], bool(match["percent"])) if match else ("", False)
    limits = {"verdict": number is None, "effect": number is not None and 0 <= number < math.inf}
    limits["pvalue"] = number is not None and 0 < number < 1 and not percent
    if match is None or not limits[kind]:
        raise UsageError(
            f"cannot read {text!r} as a condition to fail on; expected [GLOB=] and then verdict, effect:NUMBER, "
            "effect:NUMBER% or pvalue:NUMBER (between 0 and 1); give one such as chen-2*=effect:0.02"
        )
    return Expression(text.strip(), match["glob"] or "*", kind, number or 0.0, percent)


def failures(changes: Sequence[Change], expressions: Sequence[str]) -> list[str]:
    """One line for each claim that fails any of the expressions: its name, old and new verdict and interval, and which.

    Raises UsageError for an expression that is none.
    """
    conditions = [parse(text) for text in expressions]
    lines = []
    for change in changes:
        failed = [condition.text for condition in conditions if condition.fails(change)]
        if failed:
            lines.append(f"{sentence(change)}; fails {', '.join(failed)}")
    return lines


def unmatched(changes: Sequence[Change], expressions: Sequence[str]) -> list[str]:
    """The expressions that cover no claim which both runs have, and so can never fail."""
    both = [change for change in changes if change.old and change.new]
    conditions = (parse(text) for text in expressions)
    return [condition.text for condition in conditions if not any(map(condition.covers, both))]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
