"""The report document on disk: versioned JSON, written atomically and checked when read. Knows no rendering.

JSON has neither NaN nor infinity, so both are written as null. Where null stands for a score, the run ended in NaN;
where it stands for an end of an interval or of a region, that end is open; elsewhere the value is not known.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lth.errors import EvidenceError, UsageError

SCHEMA = 1
FULL_SCORE, PLAIN = "% of full", ""
"""Units of a claim's effect, interval and region: shares of the full model's mean score, or plain numbers."""

Document = Mapping[str, Any]
Claim = Mapping[str, Any]

_CLAIM_KEYS = ("id", "row", "statement", "task", "arms", "effect", "region", "verdict")


def write_json(document: Document, path: str | os.PathLike[str]) -> None:
    """Write `document` so that `path` holds the old file or the whole new one, never a part; makes the folder.

    Raises UsageError where the place cannot be written.
    """
    target = Path(path)
    text = json.dumps(_finite(document), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot write {target}: {error.strerror}; name a file in a folder you may write to"
        ) from error


def read_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The document that `write_json` wrote; every NaN and infinity comes back as None.

    Raises EvidenceError if the file cannot be read, is not whole, or is not a document of this schema.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise EvidenceError(f"{path}: {error.strerror}; give a file that --claims-json wrote") from error
    except ValueError as error:
        raise EvidenceError(f"{path}: not whole JSON ({error}); run the claims again to write it anew") from error
    problem = _problem(document)
    if problem:
        raise EvidenceError(f"{path}: {problem}; give a file that --claims-json wrote")
    return dict(document)


def same_claims(one: Document, other: Document) -> bool:
    """Whether two documents say the same of the same claims; NaN and the infinities count as None, tuples as lists."""
    claims: list[Any] = [json.loads(json.dumps(_finite(document["claims"]))) for document in (one, other)]
    return bool(claims[0] == claims[1])


def _problem(document: object) -> str:
    if not isinstance(document, dict) or "schema" not in document:
        return "no verdict document (it has no schema number)"
    if document["schema"] != SCHEMA:
        return f"schema {document['schema']!r}, but this version of lth reads schema {SCHEMA}"
    claims = document.get("claims")
    if not isinstance(claims, list):
        return "no list of claims"
    for number, claim in enumerate(claims, start=1):
        missing = [key for key in _CLAIM_KEYS if not isinstance(claim, dict) or key not in claim]
        if missing:
            return f"claim {number} has no {', '.join(missing)}"
    return ""


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
