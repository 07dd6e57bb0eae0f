"""Inserts parts of the code, the README and the notebook into the pages when they are built.

A hook of mkdocs: a line such as `<!-- options -->` in a page is replaced by that part.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MARK = re.compile(r"^<!-- (options|commands|verdict table|notebook) -->$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with its parts inserted."""
    pieces = {"options": options, "commands": commands, "verdict table": verdict_table, "notebook": notebook}
    return MARK.sub(lambda match: pieces[match[1]](), markdown)


def options() -> str:
    """The table of the options that pytest takes."""
    from lth.app.options import OPTIONS

    rows = ["| option | what it does | default | example |", "|---|---|---|---|"]
    for option in OPTIONS.values():
        values, example = (f"={text}" if text else "" for text in (option.metavar, option.example))
        short = f" or `{option.short_flag}`" if option.short else ""
        rows.append(
            f"| `{option.flag}{values}`{short} | {option.help} | {option.unless_given()} | `{option.flag}{example}` |"
        )
    return "\n".join(rows)


def commands() -> str:
    """The help of every command of `lth`."""
    os.environ["COLUMNS"] = "110"
    return "\n\n".join(f"### {each.prog}\n\n```text\n{each.format_help().strip()}\n```" for each in parsers())


def parsers() -> Iterator[argparse.ArgumentParser]:
    """The parsers of all commands of `lth` without commands of their own, in order."""
    pending = [root()]
    while pending:
        parser = pending.pop(0)
        inner = [
            each for action in parser._actions if isinstance(action.choices, dict) for each in action.choices.values()
        ]
        pending[:0] = inner
        if not inner:
            yield parser


def root() -> argparse.ArgumentParser:
    """The parser of `lth`."""
    from lth.app.cli import _parser

    return _parser()


def verdict_table() -> str:
    """The table of claims on one task of the kept run on the lab's sst2."""
    from lth.document.files import read_json
    from lth.report.table import terminal_table

    table = terminal_table(read_json(ROOT / "reports" / "lab-sst2.json"), 110)
    return "```text\n" + table.split("\n\n")[0] + "\n```"


def notebook() -> str:
    """The cells of the notebook with their outputs: tables and pictures as they are, everything else as text."""
    blocks = []
    for cell in json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        blocks.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        blocks += [text for output in cell.get("outputs", ()) if (text := _shown(output.get("data", {})))]
    return "\n\n".join(blocks)


def _shown(data: dict[str, Any]) -> str:
    if "image/png" in data:
        source = f"data:image/png;base64,{''.join(data['image/png']).strip()}"
        return f'<img alt="The figure that this cell draws" src="{source}">'
    if "text/html" in data:
        return re.sub(r"<style.*?</style>|\n\s*", "", "".join(data["text/html"]), flags=re.DOTALL)
    return f"```text\n{''.join(data['text/plain'])}\n```" if "text/plain" in data else ""
