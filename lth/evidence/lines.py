"""The lines of a table that a person wrote: cells by column, checked one by one.

Every fault is reported with file, line and column. Knows arms by name, and not what a table is about.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lth.claims.arm_id import ArmId
from lth.errors import EvidenceError, shown
from lth.evidence.whole import DIGITS, LARGEST

RETRY = "correct the file"
FORMS = "see the form in lth.evidence.own"
PARQUET = ".parquet"
MOST_COLUMNS = 10_000
SHARE = "a share of 1, such as 0.921 for 92.1 %"
"""What is expected of a score."""


class Line(NamedTuple):
    """One line of a table: its cells by column, and its file and number for messages."""

    file: Path
    number: int
    cells: dict[str, str]

    @property
    def place(self) -> str:
        """Where the line is, as in `scores.csv:3` or `scores.parquet, row 3`."""
        return f"{self.file}{', row ' if self.file.suffix == PARQUET else ':'}{self.number}"

    def error(self, column: str, given: str, expected: str) -> EvidenceError:
        """What is wrong with a cell."""
        return EvidenceError(f"{self.place}, column {column}: {given}; expected {expected}; {RETRY}")

    def real(self, column: str) -> float:
        """A number of no more than LARGEST. Raises EvidenceError for anything else."""
        text = self.cells[column]
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.error(column, shown(text), "a finite number")
        if abs(value) > LARGEST:
            raise self.error(column, shown(text), f"a number of at most {LARGEST:g}")
        return value

    def whole(self, column: str, least: int = 0) -> int:
        """A whole number of at least `least`. Raises EvidenceError for anything else."""
        text = self.cells[column]
        if len(text) > DIGITS:
            raise self.error(column, shown(text), f"a whole number of at most {DIGITS} digits")
        if not text.isdecimal() or int(text) < least:
            raise self.error(column, shown(text), f"a whole number, at least {least}")
        return int(text)

    def bit(self, column: str, expected: str = "1 for kept or 0 for pruned") -> int:
        """0 or 1. Raises EvidenceError for anything else."""
        if self.cells[column] not in ("0", "1"):
            raise self.error(column, shown(self.cells[column]), expected)
        return int(self.cells[column])

    def score(self, column: str) -> float:
        """A number that can be a score. Raises EvidenceError for one that is no share of 1."""
        value = self.real(column)
        if abs(value) > 1 and ArmId.parse(self.cells["arm"]).measure == "score":
            raise self.error(column, self.cells[column], SHARE)
        return value


def check_columns(file: Path, header: str, columns: Sequence[str]) -> None:
    """Raises EvidenceError for a file without columns or with too many, and for a column that is there twice."""
    if not any(columns):
        raise EvidenceError(f"{file}: empty; expected a header and lines; {FORMS}")
    if len(columns) > MOST_COLUMNS:
        raise EvidenceError(f"{header}: {len(columns)} columns; expected at most {MOST_COLUMNS}; {RETRY}")
    name, times = Counter(columns).most_common(1)[0]
    if times > 1:
        raise EvidenceError(f"{header}, column {name}: it stands twice; expected each column once; {RETRY}")
