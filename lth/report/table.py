"""The verdict table for the terminal, in plain ASCII except for the claims' own words.

Knows the document and a width. Nothing is measured or decided here.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from lth.document.printable import printable
from lth.document.rows import ClaimRow, Document, FamilyRow
from lth.report import cells
from lth.report.columns import Column, shown
from lth.report.layout import AS_DECLARED, HEADLINE, Layout, arranged
from lth.report.legend import in_short, legend, lines_below, without_figures, without_spread
from lth.verdict import Verdict

_COLORS = {Verdict.SUPPORTED: "32", Verdict.REFUTED: "31", Verdict.INCONCLUSIVE: "33"}
AGREEMENT_COLORS = {True: "32", False: "31", None: ""}
GAP = "  "
NARROWEST_STATEMENT, NARROWEST_REASON = 16, 40
"""Characters: where a statement or a reason would get fewer, it gets a line of its own."""
FIRST_TO_GO = ("mde", "pub", "region", "seeds")
"""Columns that are left out, in this order, if the terminal is too narrow even for rows of two lines."""


def terminal_table(
    document: Document,
    width: int | None = None,
    color: bool = False,
    layout: Layout = AS_DECLARED,
    verbose: bool = False,
) -> str:
    """The claims' verdicts, a block for each task; for several tasks, on how many of them each claim holds.

    `width` is in characters, 120 by default. If a row does not fit, the claim's statement gets a line and the numbers
    the next one. Below 80 characters, columns are left out: the minimal detectable effects first. Claims that were not
    run for the same reason share a line. `layout` gives another order, other blocks or columns. One line says how to
    read the table; if `verbose`, a legend explains every mark and unit that occurs.
    """
    if not document.claims:
        return "no claim was judged"
    document = printable(document)
    width = width or 120
    claims = arranged(document, layout)
    families = [family for family in document.families if family.judged]
    if layout.group_by == HEADLINE:
        counted = {family.name for family in document.families}
        claims = [claim for claim in claims if claim.name not in counted]
    blocks = [block for members in cells.groups(claims).values() if (block := _block(members, width, color, layout))]
    if families:
        at = 0 if layout.group_by == HEADLINE else len(blocks)
        blocks.insert(at, _headlines(families, width))
    notes = legend(document) if verbose else in_short(document)
    hidden = without_spread(document) if layout.group_by == HEADLINE else []
    below = [*notes, *hidden, *without_figures(document), *lines_below(document)]
    return "\n".join([*(line for block in blocks for line in (*block, "")), *_wrapped(below, width)])


def _block(claims: Sequence[ClaimRow], width: int, color: bool, layout: Layout) -> list[str]:
    """A title, a row for each claim, and a line for those that were not run for the same reason; empty without any."""
    folds = cells.folded(claims)
    kept = [claim for claim in claims if not any(claim in alike for alike in folds.values())]
    if not kept and not any(folds):
        return []
    header, rows = _rows(kept, width, color, layout.columns)
    full = next((claim.full_mean for claim in claims if claim.full_mean is not None), None)
    metric = f", full {claims[0].metric or 'score'} {full:.3f}" if full is not None else ""
    title = cells.group_of(claims[0]).title + metric
    size = max([min(width, max(60, len(title) + 4)), *map(len, header)])
    title = cells.elide(title, size - 4)
    alike = [
        f"NOT RUN: {reason}: {', '.join(claim.name for claim in fold)}" for reason, fold in folds.items() if reason
    ]
    above = [f" {title} ".center(size, "-"), *header, *["-" * size] * bool(header)]
    return [*above, *rows, *_wrapped(alike, size), "-" * size]


def _headlines(families: Sequence[FamilyRow], width: int) -> list[str]:
    """A row for each claim: on how many tasks it holds, and on how many it is refuted."""
    counts = {
        "holds on": [f"{family.supported} of {family.judged}" for family in families],
        "refuted on": [f"{family.refuted} of {family.judged}" if family.refuted else "" for family in families],
    }
    table = {"claim": _padded(["claim", *(family.name for family in families)])}
    numbers = {title: _padded([title, *texts]) for title, texts in counts.items()}
    room = max(width - _width(table | numbers) - len(GAP), NARROWEST_STATEMENT)
    table["statement"] = _padded(["statement", *(cells.elide(family.statement, room) for family in families)])
    header, *rows = (GAP.join(row).rstrip() for row in zip(*(table | numbers).values(), strict=True))
    size = len(header)
    title = cells.elide("the number of tasks, at least, on which each claim holds (corrected)", size - 4)
    return [f" {title} ".center(size, "-"), header, "-" * size, *rows, "-" * size]


def _rows(claims: Sequence[ClaimRow], width: int, color: bool, wanted: Sequence[str]) -> tuple[list[str], list[str]]:
    """The header's lines and the claims' lines: a row is one line if it fits, or the statement above the numbers."""
    if not claims:
        return [], []
    known = shown(claims)
    names = _padded(["claim", *(claim.name for claim in claims)])
    numbers = {name: _column(known[name], claims) for name in wanted if name in known and name != "statement"}
    room = width - _width({"claim": names} | numbers) - len(GAP)
    said = "statement" in wanted
    missing = any(claim.verdict is Verdict.NOT_RUN for claim in claims)
    beside = width - len(names[0]) - 2 * len(GAP) - NARROWEST_REASON * missing
    flat = min(room, beside) >= NARROWEST_STATEMENT if said else room >= -len(GAP)
    room = min(room, beside) if flat else max(beside, width - len(names[0]) - len(GAP))
    statements = _padded(["statement", *(cells.elide(claim.statement, room) for claim in claims)])
    heads = [GAP.join(pair) for pair in zip(names, statements, strict=True)] if said else names
    for name in FIRST_TO_GO:
        if len(GAP) + _width(numbers) > width and not flat:
            numbers.pop(name, None)
    titles, *rows = (dict(zip(numbers, row, strict=True)) for row in zip(*numbers.values(), strict=True))
    join = GAP if flat else "\n" + GAP
    lines = [
        _row(claim, head, row, width, color, join) for claim, head, row in zip(claims, heads[1:], rows, strict=True)
    ]
    header = join.join([heads[0], GAP.join(titles.values())]).split("\n")
    return [line.rstrip() for line in header], [line.rstrip() for line in "\n".join(lines).split("\n")]


def _column(column: Column, claims: Sequence[ClaimRow]) -> list[str]:
    """The title and a text for each claim, all equally wide; empty for claims that were not run."""
    texts = ["" if claim.verdict is Verdict.NOT_RUN else column.cell(claim).terminal for claim in claims]
    parts = zip(*(text for text in texts if isinstance(text, tuple)), strict=True)
    widths = [max(map(len, part)) for part in parts]
    joined = (
        text
        if isinstance(text, str)
        else " ".join(part.rjust(width) for part, width in zip(text, widths, strict=True) if width)
        for text in texts
    )
    return _padded([column.short or column.title, *joined], column.right)


def _padded(texts: Sequence[str], right: bool = False) -> list[str]:
    width = max(map(len, texts))
    return [text.rjust(width) if right else text.ljust(width) for text in texts]


def _width(columns: Mapping[str, Sequence[str]]) -> int:
    return len(GAP.join(column[0] for column in columns.values()))


def _row(claim: ClaimRow, head: str, row: Mapping[str, str], width: int, color: bool, join: str) -> str:
    """The row's lines, coloured if asked. A claim that was not run has its reason in place of numbers."""
    if claim.verdict is Verdict.NOT_RUN:
        indent = GAP if "\n" in join else " " * (len(head) + len(GAP))
        reason = _wrap(cells.reason_text(claim), width - len(indent), "")
        return join.join([head, f"\n{indent}".join(reason)])
    if color:
        paints = {
            "verdict": (len(claim.verdict), _COLORS[claim.verdict]),
            "paper": (1, AGREEMENT_COLORS[cells.agrees(claim)]),
        }
        row = {name: _painted(text, *paints.get(name, (0, ""))) for name, text in row.items()}
    return join.join([head, GAP.join(row.values())])


def _painted(text: str, length: int, code: str) -> str:
    return f"\x1b[{code}m{text[:length]}\x1b[0m{text[length:]}" if code else text


def _wrapped(texts: Sequence[str], width: int) -> list[str]:
    return [line for text in texts for line in _wrap(text, width)]


def _wrap(text: str, width: int, indent: str = GAP) -> list[str]:
    """Lines of at most `width` characters. A number and its percent sign stay on one line."""
    lines = textwrap.wrap(text.replace(" %", "\0%"), width, subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace("\0%", " %") for line in lines]
