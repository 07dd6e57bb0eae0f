"""Documents on disk: versioned JSON, written atomically and checked when it is read. Knows nothing of rendering."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lth.document.rows import SCHEMA, Document
from lth.document.schema_1 import upgraded
from lth.errors import EvidenceError, UsageError

ADVICE = "give a file that --claims-json wrote"


def write_json(document: Document, path: str | os.PathLike[str]) -> None:
    """Write `document` to `path` as a whole: an error or a kill leaves the old file. Makes the folder if necessary.

    Raises UsageError if the file cannot be written.
    """
    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(to_json(document), encoding="utf-8")
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot write {target}: {error.strerror}; name a file in a folder you may write to"
        ) from error


def read_json(path: str | os.PathLike[str]) -> Document:
    """The document in a file of this schema or of schema 1.

    Raises EvidenceError if the file cannot be read, is not complete, or is not a document.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise EvidenceError(f"{path}: {error.strerror}; {ADVICE}") from error
    except ValueError as error:
        raise EvidenceError(f"{path}: not whole JSON ({error}); run the claims again to write it anew") from error
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
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise EvidenceError(f"not whole JSON ({error}); run the claims again to write it anew") from error
    if not isinstance(raw, dict) or "schema" not in raw:
        raise EvidenceError(f"not a verdict document (it has no schema number); {ADVICE}")
    if raw["schema"] not in (1, SCHEMA):
        raise EvidenceError(f"schema {raw['schema']!r}, but this version of lth reads 1 and {SCHEMA}; {ADVICE}")
    import msgspec  # most runs read no document

    try:
        document = msgspec.convert(upgraded(raw) if raw["schema"] == 1 else raw, Document)
    except (msgspec.ValidationError, UsageError) as error:
        raise EvidenceError(f"not a verdict document ({error}); {ADVICE}") from error
    _check_scores(document)
    return document


def _check_scores(document: Document) -> None:
    for number, claim in enumerate(document.claims, start=1):
        for arm in claim.arms:
            try:
                _ = arm.samples
            except EvidenceError as error:
                raise EvidenceError(
                    f"claim {number} ({claim.name} on {claim.task}), arm {arm.id}: {error}; expected seeds and scores, "
                    f"or mean, std and n; run it again"
                ) from error


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
