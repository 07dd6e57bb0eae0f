"""The lines of a CSV file that a person wrote: cells by column, checked one by one.

Every fault is told with file, line and column. Knows tasks by name, and not what a table is about.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lth.claims.arm_id import ArmId
from lth.errors import EvidenceError, UsageError, did_you_mean, shown
from lth.evidence.whole import DIGITS, LARGEST, read_whole
from lth.tasks import named_in_file

RETRY = "correct the file"
MOST_COLUMNS = 10_000
MOST_HINTS = 100
"""Among so many columns a name that is close to the expected one is looked for."""
SHARE = "a share of 1, such as 0.921 for 92.1 %"
"""What is expected of a score."""


class Line(NamedTuple):
    """One line of a table: its cells by column, and its file and number for messages."""

    file: Path
    number: int
    cells: dict[str, str]

    @property
    def place(self) -> str:
        """Where the line is, as in `scores.csv:3`."""
        return f"{self.file}:{self.number}"

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

    def bit(self, column: str) -> int:
        """0 or 1. Raises EvidenceError for anything else."""
        if self.cells[column] not in ("0", "1"):
            raise self.error(column, shown(self.cells[column]), "1 for kept or 0 for pruned")
        return int(self.cells[column])

    def task(self) -> str:
        """A known task, which may be one of your own. Raises EvidenceError for another."""
        try:
            return named_in_file(self.cells["task"]).name
        except UsageError as error:
            raise EvidenceError(f"{self.place}, column task: {error}") from error

    def score(self, column: str) -> float:
        """A number that can be a score. Raises EvidenceError for one that is no share of 1."""
        value = self.real(column)
        if abs(value) > 1 and ArmId.parse(self.cells["arm"]).measure == "score":
            raise self.error(column, self.cells[column], SHARE)
        return value


def require(file: Path, columns: Sequence[str], form: Sequence[str]) -> None:
    """Raises EvidenceError for the first column of `form` that the file does not have."""
    for column in form:
        if column not in columns:
            hint = (
                did_you_mean(column, [name for name in columns if name not in form][:MOST_HINTS])
                .replace("did you mean", "is it")
                .removesuffix(".")
            )
            raise EvidenceError(f"{file}:1: no column {column}{hint or ';'} expected {','.join(form)}; {RETRY}")


def read_table(file: Path) -> tuple[list[str], Iterator[Line]]:
    """The columns and the lines of a CSV file in UTF-8, with or without a byte-order mark."""
    content = read_whole(file, "expected a CSV file; see the form in lth.evidence.own")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise EvidenceError(f"{file}:{line}: not UTF-8; expected a CSV file in UTF-8; save it as such") from error
    table = _rows(file, io.StringIO(text, newline=""))
    number, columns = next(table, (1, []))
    if not any(columns):
        raise EvidenceError(f"{file}: empty; expected a header and lines; see the form in lth.evidence.own")
    if len(columns) > MOST_COLUMNS:
        raise EvidenceError(f"{file}:1: {len(columns)} columns; expected at most {MOST_COLUMNS}; {RETRY}")
    name, times = Counter(columns).most_common(1)[0]
    if times > 1:
        raise EvidenceError(f"{file}:{number}, column {name}: it stands twice; expected each column once; {RETRY}")
    return columns, _lines(file, table, columns)


def _rows(file: Path, text: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """The stripped cells of each line with the number of the line in the file."""
    reader = csv.reader(text, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise EvidenceError(
            f"{file}:{max(1, reader.line_num)}: {error}; expected a CSV file; quote cells that hold commas"
        ) from error


def _lines(file: Path, table: Iterator[tuple[int, list[str]]], columns: list[str]) -> Iterator[Line]:
    for number, cells in table:
        if not any(cells):
            continue
        if len(cells) != len(columns):
            raise EvidenceError(
                f"{file}:{number}: {len(cells)} cells; expected {len(columns)}, as many as columns; {RETRY}"
            )
        yield Line(file, number, dict(zip(columns, cells, strict=True)))
