"""Writes the JSON Schema of a verdict document beside the pages: `python docs/schema.py`, after its rows changed."""

from __future__ import annotations

import json
from pathlib import Path

from lth.document.files import json_schema

FILE = Path(__file__).with_name("document-schema.json")


def text() -> str:
    """What the file holds."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
