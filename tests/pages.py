"""The pages under docs/: their code blocks and the commands that they show."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<code>.*?)^```$', re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> dict[str, str]:
    """The page's code blocks in a language, by title or, where there is none, by their number."""
    found = [match for match in BLOCK.finditer(page.read_text(encoding="utf-8")) if match["language"] == language]
    return {match["title"] or str(number): match["code"] for number, match in enumerate(found)}


def commands(page: Path) -> Iterator[list[str]]:
    """The words of every command line that the page shows in a block of its own, comments left out."""
    for code in blocks(page, "sh").values():
        yield from (shlex.split(line, comments=True) for line in code.splitlines() if line.strip())
