"""Parquet files as tables of text, so that they get the checks and the messages of CSV files.

Only plain numbers, truth values and text have a meaning in a cell; of another type, a cell has the type's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lth.errors import EvidenceError, visible
from lth.evidence.lines import RETRY, check_columns

MOST_ROWS = 20_000_000
"""A file with more rows is refused: a few bytes of Parquet can stand for any number of equal rows."""
_BATCH = 4096


def read_parquet(file: Path, content: bytes) -> tuple[list[str], Iterator[dict[str, str]]]:
    """The columns of a Parquet file and its rows, each with its cells as text by column.

    A missing value is an empty cell, a truth value is 1 or 0, and a whole number has no decimal point, even in a column
    of floats. Raises EvidenceError for content that is not Parquet, or is damaged, and for more than MOST_ROWS rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(pa.BufferReader(content))
        schema = table.schema_arrow
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(file, error) from None
    columns = [name.strip() for name in schema.names]
    check_columns(file, str(file), columns)
    if table.metadata.num_rows > MOST_ROWS:
        raise EvidenceError(f"{file}: {table.metadata.num_rows} rows; expected at most {MOST_ROWS}; {RETRY}")
    odd = {
        name: str(field.type)
        for name, field in zip(columns, schema, strict=True)
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type)
    }
    plain = [original for name, original in zip(columns, schema.names, strict=True) if name not in odd]
    return columns, _rows(file, table, plain, odd)


def _rows(file: Path, table: Any, plain: list[str], odd: dict[str, str]) -> Iterator[dict[str, str]]:
    """The cells of each row; those of `odd` columns are not read."""
    import pyarrow as pa

    names = [name.strip() for name in plain]
    try:
        for batch in table.iter_batches(_BATCH, columns=plain):
            cells = [[_text(value) for value in column.to_pylist()] for column in batch.columns]
            for row in zip(*cells, strict=True):
                if any(row):
                    yield odd | dict(zip(names, row, strict=True))
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise _damaged(file, error) from None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()


def _damaged(file: Path, error: Exception) -> EvidenceError:
    what = visible(str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__)
    return EvidenceError(f"{file}: not Parquet, or damaged ({what[:200]}); expected a Parquet file; write it again")
