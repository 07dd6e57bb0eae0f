"""Runs side by side as GitHub Markdown: the verdicts of every claim on each evidence, and where they differ.

Knows documents under names that a person gave them. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lth.document.printable import printable
from lth.document.rows import ClaimRow, Document, IntervalRow
from lth.report import cells
from lth.report.escaping import escape, table
from lth.verdict import Verdict

PUBLISHED = "published"
"""The column with the verdicts from the papers' own figures."""
CONCLUSIVE = {Verdict.SUPPORTED, Verdict.REFUTED}
ABOUT = ("model", "data", "tasks", "seeds", "protocol", "schedule", "method")

Row = tuple[str, str, str]
"""A claim's id, row and task."""
Shown = tuple[Verdict, str]
"""A verdict and the text of its cell."""


def side_by_side(runs: Mapping[str, Sequence[Document]]) -> str:
    """The page: the runs, the rows whose verdicts are opposites, those that contradict the paper, and all rows.

    `runs` maps the title of a column to its runs. Of several runs with the same row, the first that ran it counts. The
    papers' own figures are the last column, as the runs have them. Ends in a newline.
    """
    columns = {name: _first(map(printable, documents)) for name, documents in runs.items()}
    every = {row: claim for claims in columns.values() for row, claim in claims.items()}
    shown: dict[Row, dict[str, Shown]] = {}
    for row in every:
        of_row = {name: _cell(claims[row]) for name, claims in columns.items() if row in claims}
        if published := next(filter(None, (_published(claims.get(row)) for claims in columns.values())), None):
            of_row[PUBLISHED] = published
        shown[row] = of_row
    titles = [*columns, PUBLISHED]
    differing = [row for row, cells_ in shown.items() if {verdict for verdict, _ in cells_.values()} >= CONCLUSIVE]
    lines = [
        [_name(row), row[2], every[row].statement, *(shown[row].get(title, ("", ""))[1] for title in titles)]
        for row in shown
    ]
    blocks = [
        "# Verdicts side by side",
        _about(runs),
        "## Where they differ",
        _differences(differing, shown, every),
        "## Against what the paper says",
        _against_the_paper(columns),
        "## All rows",
        table(["claim", "task", "statement", *titles], lines),
        "## How to read this",
        "Effects are in % of the full model's mean score, in points (pts) or plain numbers, with their interval. "
        "SUPPORTED: the interval lies inside the claim's region; REFUTED: outside; INCONCLUSIVE: across its edge. An "
        "empty cell means that the evidence does not have the row. Rows differ if one evidence supports the claim and "
        "another refutes it. A claim can hold for one model and not for another: that is a finding, not an error.",
    ]
    return "\n\n".join(blocks) + "\n"


def _first(documents: Iterable[Document]) -> dict[Row, ClaimRow]:
    found: dict[Row, ClaimRow] = {}
    for document in documents:
        for claim in document.claims:
            row = claim.id, claim.row, claim.task
            if row not in found or found[row].verdict is Verdict.NOT_RUN:
                found[row] = claim
    return found


def _cell(claim: ClaimRow) -> Shown:
    if claim.verdict is Verdict.NOT_RUN:
        return claim.verdict, cells.reason_text(claim)
    return claim.verdict, _judged(claim.verdict, claim.interval, claim)


def _published(claim: ClaimRow | None) -> Shown | None:
    if claim is None or claim.published is None:
        return None
    verdict, reason = claim.published.verdict, claim.published.reason
    if verdict is Verdict.NOT_RUN:
        return verdict, f"NOT RUN: {reason}"
    return verdict, _judged(verdict, claim.published.interval, claim)


def _judged(verdict: Verdict, interval: IntervalRow | None, claim: ClaimRow) -> str:
    return f"{verdict} {cells.effect_text(interval, claim.effect.unit)}".strip()


def _name(row: Row) -> str:
    return f"{row[0]} {row[1]}".strip()


def _about(runs: Mapping[str, Sequence[Document]]) -> str:
    lines = []
    for name, documents in runs.items():
        for document in documents:
            lines.append([name, *(_text(getattr(document.options, about)) for about in ABOUT), document.commit])
    return table(["evidence", *ABOUT, "commit"], lines)


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _differences(
    differing: Sequence[Row], shown: Mapping[Row, Mapping[str, Shown]], every: Mapping[Row, ClaimRow]
) -> str:
    if not differing:
        return "No claim is supported by one evidence and refuted by another on the same task."
    lines = []
    for row in differing:
        who = "; ".join(f"{title}: {text}" for title, (verdict, text) in shown[row].items() if verdict in CONCLUSIVE)
        lines.append(f"- **{escape(_name(row))}** on {escape(row[2])}, {escape(every[row].statement)}: {escape(who)}.")
    return "\n".join(lines)


def _against_the_paper(columns: Mapping[str, Mapping[Row, ClaimRow]]) -> str:
    """The rows of each run whose verdict is the opposite of what the paper says."""
    lines = [
        f"- **{escape(_name(row))}** on {escape(row[2])}, {escape(claim.statement)}: {escape(title)}: "
        f"{escape(_cell(claim)[1])}, where the paper says {cells.paper_text(claim)}."
        for title, claims in columns.items()
        for row, claim in claims.items()
        if cells.agrees(claim) is False
    ]
    return "\n".join(lines) or "No verdict is the opposite of what the paper says."
