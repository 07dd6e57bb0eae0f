"""Which changes fail a run: `[GLOB=](verdict|effect:FLOAT|effect:FLOAT%|pvalue:FLOAT)`. Knows changes, not files."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from lth.errors import EvidenceError, UsageError
from lth.history.changes import Change
from lth.history.table import change_line

_FORM = re.compile(r"(?:(?P<glob>[^=]+)=)?(?P<kind>verdict|effect|pvalue)(?::(?P<number>[^:%]+)(?P<percent>%?))?")


@dataclass(frozen=True)
class Condition:
    """A change that fails a run, in a claim whose id matches the shell pattern `glob`.

    - verdict: the verdict changed, in any direction.
    - effect:X: the effect moved away from the claimed region by more than X and beyond noise. X is in the effect's unit
      (0.02 is 2 % of the full score); with %, X is a percentage of the old effect.
    - pvalue:P: the p-value of "it did not move away" is below P.
    """

    text: str
    glob: str
    kind: str
    number: float = 0.0
    percent: bool = False

    def covers(self, change: Change) -> bool:
        """Whether both runs have the claim and its id matches."""
        return change.in_both and fnmatchcase(change.claim.id, self.glob)

    def fails(self, change: Change) -> bool:
        """Whether the change is one that fails the run."""
        if not self.covers(change):
            return False
        if self.kind == "verdict":
            return change.verdict_differs
        if self.kind == "pvalue":
            return change.p_worse < self.number
        allowed = self.number / 100 * abs(change.old_effect) if self.percent else self.number
        return change.worsening is not None and change.worse and change.worsening.estimate > allowed


def parse(text: str) -> Condition:
    """The condition that `text` describes.

    >>> parse("chen-2*=effect:5%")
    Condition(text='chen-2*=effect:5%', glob='chen-2*', kind='effect', number=5.0, percent=True)

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
    return Condition(text.strip(), match["glob"] or "*", kind, number or 0.0, percent)


def failures(changes: Sequence[Change], conditions: Sequence[Condition]) -> list[str]:
    """One line for each claim that fails: its name, both verdicts and intervals, and the conditions that it fails."""
    lines = []
    for change in changes:
        failed = [condition.text for condition in conditions if condition.fails(change)]
        if failed:
            lines.append(f"{change_line(change)}; fails {', '.join(failed)}")
    return lines


def check_common(changes: Sequence[Change], conditions: Sequence[Condition]) -> None:
    """Raise EvidenceError if the conditions could never fail, because the two runs have no claim in common."""
    if conditions and not any(change.in_both for change in changes):
        sides = [sum(change.old is not None for change in changes), sum(change.new is not None for change in changes)]
        raise EvidenceError(
            f"no claim in common: the old run has {sides[0]} and the new run {sides[1]}, so nothing can fail; expected "
            f"runs of the same claims, tasks, model and evidence; compare such runs"
        )


def unmatched(changes: Sequence[Change], conditions: Sequence[Condition]) -> list[str]:
    """A warning for each condition that covers no claim and so can never fail."""
    return [
        f"{condition.text} covers no claim that both runs have; check its pattern"
        for condition in conditions
        if not any(map(condition.covers, changes))
    ]


def _number(text: str) -> float:
    try:
        return float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return math.nan
