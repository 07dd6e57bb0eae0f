"""Tables that a person wrote, as CSV or as Parquet: where they are, their columns, and their lines.

Knows no column by name.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lth.errors import EvidenceError, did_you_mean
from lth.evidence.lines import FORMS, PARQUET, RETRY, Line, check_columns
from lth.evidence.whole import read_whole

CSV = ".csv"
MOST_HINTS = 100
"""Among so many columns a name that is close to the expected one is looked for."""


class Table(NamedTuple):
    """The columns and the lines of a file."""

    file: Path
    columns: list[str]
    lines: Iterator[Line]

    @property
    def header(self) -> str:
        """Where the names of the columns are."""
        return f"{self.file}" if self.file.suffix == PARQUET else f"{self.file}:1"

    def require(self, form: Sequence[str]) -> None:
        """Raises EvidenceError for the first column of `form` that the table does not have."""
        for column in form:
            if column not in self.columns:
                hint = (
                    did_you_mean(column, [name for name in self.columns if name not in form][:MOST_HINTS])
                    .replace("did you mean", "is it")
                    .removesuffix(".")
                )
                raise EvidenceError(
                    f"{self.header}: no column {column}{hint or ';'} expected {','.join(form)}; {RETRY}"
                )


def find_table(folder: Path, name: str) -> Path | None:
    """The file `name` in the folder, as CSV or as Parquet; None if there is neither. Raises EvidenceError for both."""
    found = [file for form in (CSV, PARQUET) if os.path.lexists(file := folder / f"{name}{form}")]
    if len(found) > 1:
        raise EvidenceError(f"{folder}: {name}{CSV} and {name}{PARQUET}; expected one of them; remove the other")
    return found[0] if found else None


def read_table(file: Path) -> Table:
    """The table in a CSV file in UTF-8, with or without a byte-order mark, or in a Parquet file."""
    kind = "Parquet" if file.suffix == PARQUET else "CSV"
    content = read_whole(file, f"expected a {kind} file; {FORMS}")
    if file.suffix == PARQUET:
        from lth.evidence.parquet import read_parquet  # pyarrow, for such files alone

        columns, rows = read_parquet(file, content)
        return Table(file, columns, (Line(file, number, cells) for number, cells in enumerate(rows, 1)))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise EvidenceError(f"{file}:{line}: not UTF-8; expected a CSV file in UTF-8; save it as such") from error
    table = _rows(file, io.StringIO(text, newline=""))
    number, columns = next(table, (1, []))
    check_columns(file, f"{file}:{number}", columns)
    return Table(file, columns, _lines(file, table, columns))


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
