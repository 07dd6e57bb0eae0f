"""Text as GitHub Markdown: nothing in it becomes markup, a link, HTML or a mention of a person; and tables of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lth.errors import visible

_RULES = (
    (re.compile(r"&(?=#?\w+;)"), "&amp;"),
    (re.compile(r"\\"), r"\\\\"),
    (re.compile(r"[|*`~]"), r"\\\g<0>"),
    (re.compile(r"<"), "&lt;"),
    (re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"), r"\\_"),
    (re.compile(r"\](?=[(\[:])"), r"\\]"),
    (re.compile(r"^\s*#"), r"\\#"),
    (re.compile(r"(?i)\b(https?|ftp|mailto|xmpp):"), r"\1\\:"),
    (re.compile(r"(?i)\bwww\."), r"www\\."),
    (re.compile(r"(?<![A-Za-z0-9])@(?=\w*[A-Za-z])"), "@&#8203;"),
)
"""What GitHub would read as markup, and what stands for it. The `@` of `imp@0.7` stays, and so do brackets alone."""


def escape(text: object) -> str:
    """The text on one line, so that GitHub shows every character of it as it is.

    >>> escape("<b>a</b> | *b* imp@0.7 [-1.0, +2.0]")
    '&lt;b>a&lt;/b> \\\\| \\\\*b\\\\* imp@0.7 [-1.0, +2.0]'
    """
    line = " ".join(visible(str(text)).split())
    for form, shown in _RULES:
        line = form.sub(shown, line)
    return line


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of plain texts, escaped."""
    return laid_out(header, [[escape(cell) for cell in row] for row in rows])


def laid_out(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already; the titles are escaped."""
    from tabulate import tabulate  # here, because every run of pytest imports this module

    return tabulate(rows, headers=[escape(title) for title in header], tablefmt="github", disable_numparse=True)
