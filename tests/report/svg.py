"""Reads SVG files of matplotlib: their texts and the ids of their parts."""

import re
from pathlib import Path


def written(path: Path) -> list[str]:
    """Every text as often as it is drawn. matplotlib writes it as a comment before its outlines."""
    return [text.strip() for text in re.findall(r"<!--(.*?)-->", path.read_text(), flags=re.S)]


def texts(path: Path) -> set[str]:
    """Every text once."""
    return set(written(path))


def ids(path: Path, pattern: str) -> list[str]:
    """The ids that match the pattern."""
    return re.findall(rf'id="({pattern})"', path.read_text())
