"""Writes the JSON Schema of a verdict document beside the pages: `python docs/schema.py`, after its rows changed."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

from lth.document.files import json_schema

FILE = Path(__file__).with_name("document-schema.json")


def text() -> str:
    """What the file holds."""
    return json.dumps(_dedented(json_schema()), indent=1, ensure_ascii=False) + "\n"


def _dedented(part: Any) -> Any:
    """The same with docstrings as Python 3.13 has them; older ones keep their indent."""
    if isinstance(part, dict):
        return {
            name: inspect.cleandoc(value) if name == "description" and isinstance(value, str) else _dedented(value)
            for name, value in part.items()
        }
    return [_dedented(each) for each in part] if isinstance(part, list) else part


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
