"""The lines of a CSV file that a person wrote: cells by column, checked one by one.

Every fault is told with file, line and column. Knows tasks by name, and not what a table is about.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lth.claims.arm_id import ArmId
from lth.errors import EvidenceError, UsageError, did_you_mean
from lth.tasks import named_in_file

RETRY = "correct the file"
SHARE = "a share of 1, such as 0.921 for 92.1 %"
"""What is expected of a score."""


@dataclass(frozen=True)
class Line:
    """One line of a table: its cells by column, and where it stands for messages."""

    place: str
    cells: dict[str, str]

    def error(self, column: str, given: str, expected: str) -> EvidenceError:
        """What is wrong with a cell."""
        return EvidenceError(f"{self.place}, column {column}: {given}; expected {expected}; {RETRY}")

    def number(self, column: str) -> float:
        """A finite number. Raises EvidenceError for anything else."""
        text = self.cells[column]
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.error(column, repr(text), "a finite number")
        return value

    def whole(self, column: str, least: int = 0) -> int:
        """A whole number of at least `least`. Raises EvidenceError for anything else."""
        text = self.cells[column]
        if not text.isdecimal() or int(text) < least:
            raise self.error(column, repr(text), f"a whole number, at least {least}")
        return int(text)

    def bit(self, column: str) -> int:
        """0 or 1. Raises EvidenceError for anything else."""
        if self.cells[column] not in ("0", "1"):
            raise self.error(column, repr(self.cells[column]), "1 for kept or 0 for pruned")
        return int(self.cells[column])

    def task(self) -> str:
        """A known task, which may be one of your own. Raises EvidenceError for another."""
        try:
            return named_in_file(self.cells["task"]).name
        except UsageError as error:
            raise EvidenceError(f"{self.place}, column task: {error}") from error

    def score(self, column: str) -> float:
        """A number that can be a score. Raises EvidenceError for one that is no share of 1."""
        value = self.number(column)
        if abs(value) > 1 and ArmId.parse(self.cells["arm"]).measure == "score":
            raise self.error(column, self.cells[column], SHARE)
        return value


def require(file: Path, columns: Sequence[str], form: Sequence[str]) -> None:
    """Raises EvidenceError for the first column of `form` that the file does not have."""
    for column in form:
        if column not in columns:
            hint = did_you_mean(column, set(columns) - set(form)).replace("did you mean", "is it").removesuffix(".")
            raise EvidenceError(f"{file}:1: no column {column}{hint or ';'} expected {','.join(form)}; {RETRY}")


def read_table(file: Path) -> tuple[list[str], Iterator[Line]]:
    """The columns and the lines of a CSV file in UTF-8, with or without a byte-order mark."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EvidenceError(
            f"{file}: {error.strerror}; expected a CSV file; see the form in lth.evidence.own"
        ) from error
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise EvidenceError(f"{file}:{line}: not UTF-8; expected a CSV file in UTF-8; save it as such") from error
    reader = csv.reader(text.splitlines(), strict=True)
    columns = [name.strip() for name in next(reader, [])]
    if not columns:
        raise EvidenceError(f"{file}: empty; expected a header and lines; see the form in lth.evidence.own")
    if twice := next((name for name in columns if columns.count(name) > 1), None):
        raise EvidenceError(f"{file}:1, column {twice}: it stands twice; expected each column once; {RETRY}")
    return columns, _lines(file, reader, columns)


def _lines(file: Path, reader: Iterator[list[str]], columns: list[str]) -> Iterator[Line]:
    try:
        for number, cells in enumerate(reader, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                raise EvidenceError(
                    f"{file}:{number}: {len(cells)} cells; expected {len(columns)}, as many as columns; {RETRY}"
                )
            yield Line(f"{file}:{number}", {name: cell.strip() for name, cell in zip(columns, cells, strict=True)})
    except csv.Error as error:
        raise EvidenceError(f"{file}: {error}; expected a CSV file; quote cells that hold commas") from error
