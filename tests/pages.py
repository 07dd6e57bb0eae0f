"""The places of the pages of the documentation, and their code blocks."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<code>.*?)^```$', re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> dict[str, str]:
    """The page's code blocks in a language, by title or, without one, by their number."""
    found = [match for match in BLOCK.finditer(page.read_text(encoding="utf-8")) if match["language"] == language]
    return {match["title"] or str(number): match["code"] for number, match in enumerate(found)}
