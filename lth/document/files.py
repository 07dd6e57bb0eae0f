"""Documents on disk: versioned JSON, written atomically and checked when it is read. Knows nothing of rendering."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lth.document.checks import faults
from lth.document.raw import parse
from lth.document.rows import SCHEMA, Document
from lth.document.schema_1 import upgraded
from lth.document.typed import converted
from lth.document.writing import write_text
from lth.errors import EvidenceError, UsageError, shown
from lth.evidence.whole import read_whole

ADVICE = "give a file that --claims-json wrote"


def write_json(document: Document, path: str | os.PathLike[str]) -> None:
    """Write `document` to `path` as a whole: an error or a kill leaves the old file. Makes the folder if necessary.

    Raises UsageError if the file cannot be written.
    """
    write_text(path, to_json(document))


def read_json(path: str | os.PathLike[str]) -> Document:
    """The document in a file of this schema or an earlier one, which every view can show.

    Raises EvidenceError if the file cannot be read, is not complete, or is not a document. The message names the path
    within the file, what is given there and what is expected.
    """
    content = read_whole(Path(path), ADVICE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvidenceError(f"{path}: not UTF-8 (byte {error.start}); expected JSON in UTF-8; {ADVICE}") from error
    try:
        return from_json(text)
    except EvidenceError as error:
        raise EvidenceError(f"{path}: {error}") from error


def to_json(document: Document) -> str:
    """The document as JSON; fields that have their default are left out."""
    plain = {"schema": document.schema, **_plain(document)}
    return json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def from_json(text: str) -> Document:
    """The document in `text`. Raises EvidenceError, which says where the text is not as expected."""
    raw = parse(text)
    if not isinstance(raw, dict) or "schema" not in raw:
        raise EvidenceError(f"not a verdict document (it has no schema number); {ADVICE}")
    if raw["schema"] not in (1, 2, SCHEMA) or isinstance(raw["schema"], bool):
        raise EvidenceError(f"schema {shown(raw['schema'])}, but this version of lth reads 1, 2 and {SCHEMA}; {ADVICE}")
    try:
        document = converted(_present(raw), Document)
    except UsageError as error:
        raise EvidenceError(f"not a verdict document ({error}); {ADVICE}") from error
    if fault := next(faults(document), None):
        raise EvidenceError(f"not a verdict document ({fault}); {ADVICE}")
    return document


def _present(raw: dict[str, Any]) -> dict[str, Any]:
    """The document in the form of SCHEMA. Before schema 3 the default method was Student's t over seeds."""
    if raw["schema"] == SCHEMA:
        return raw
    new = upgraded(raw) if raw["schema"] == 1 else raw | {"schema": SCHEMA}
    options = new.get("options", {})
    return new | {"options": {"method": "t", **options}} if isinstance(options, dict) else new


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a document of this version."""
    import msgspec

    return msgspec.json.schema(Document)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        given = ((f, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {f.name: _plain(inner) for f, inner in given if inner != _default(f)}
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _default(field: dataclasses.Field[Any]) -> Any:
    made = field.default_factory
    return field.default if isinstance(made, dataclasses._MISSING_TYPE) else made()
