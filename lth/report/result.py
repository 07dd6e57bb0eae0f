"""A run's verdicts for a notebook: table, frame, figures and rows, all read from its document."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from lth.claims.effects import FULL_SCORE, PLAIN, POINTS
from lth.document.files import read_json, write_json
from lth.document.printable import printable
from lth.document.rows import ClaimRow, Document
from lth.errors import UsageError, did_you_mean
from lth.report import cells
from lth.report.columns import LEVEL, Cell, shown
from lth.report.look import VERDICT_LOOK, VERDICT_SIGN
from lth.report.pictures import pictures
from lth.report.table import terminal_table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True, repr=False)
class Report:
    """The verdicts of one run. A notebook shows them as a table.

    >>> report = lth.run("chen-1", task="sst2", seeds=2)  # doctest: +SKIP
    >>> report["chen-1"].verdict  # doctest: +SKIP
    <Verdict.SUPPORTED: 'SUPPORTED'>
    """

    document: Document

    def __repr__(self) -> str:
        return self.table()

    def __getitem__(self, name: str) -> ClaimRow:
        """The row of a claim by its name, such as `chen-1`, `chen-3 5%` or, with several tasks, `sst2 chen-1`.

        Raises UsageError for a name that no row has, or that several rows have.
        """
        rows = [(f"{claim.task} {claim.name}", claim) for claim in self.document.claims]
        found = [(full, claim) for full, claim in rows if name in (full, claim.name, claim.id)]
        if len(found) == 1:
            return found[0][1]
        if found:
            several = ", ".join(full for full, _ in found)
            raise UsageError(f"{name!r} is the name of {len(found)} rows; expected one; give one of {several}")
        known = list(dict.fromkeys([*(claim.name for _, claim in rows), *(full for full, _ in rows)]))
        names = ", ".join(dict.fromkeys(claim.name for _, claim in rows)) or "none"
        raise UsageError(f"no row {name!r}{did_you_mean(name, known)} Rows: {names}")

    def table(self, width: int = 120, verbose: bool = False) -> str:
        """The verdict table as the terminal shows it, `width` characters wide; if `verbose`, with its whole legend."""
        return terminal_table(self.document, width, verbose=verbose)

    def to_pandas(self) -> pd.DataFrame:
        """A frame with a row for each claim.

        `effect`, `low`, `high`, `region_low`, `region_high` and `mde` are in the row's `unit`: shares of the full
        model's mean score (0.02 is 2 %), or plain numbers such as kappa. An open end or an unknown number is missing.
        """
        import pandas as pd  # half a second, which only a frame needs

        return pd.DataFrame([_record(claim) for claim in self.document.claims])

    def figure(self, name: str = "forest", task: str | None = None) -> Figure:
        """The picture of that name (forest, curve, subnetworks, …) for `task`, or for the first task that has it.

        Raises UsageError for a picture that the run does not have.
        """
        drawn = [each for group in pictures(self.document).values() for each in group]
        by_task = {each.task: each for each in drawn if each.kind == name}
        if not by_task:
            kinds = list(dict.fromkeys(each.kind for each in drawn))
            raise UsageError(f"no picture {name!r}{did_you_mean(name, kinds)} Pictures: {', '.join(kinds) or 'none'}")
        task = next(iter(by_task)) if task is None else task
        if task not in by_task:
            hint, tasks = did_you_mean(task, by_task), ", ".join(by_task)
            raise UsageError(f"no picture {name!r} of {task!r}{hint} Tasks: {tasks}")
        return by_task[task].draw(None)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the run as JSON, which `lth.load`, `lth report` and `lth compare` read."""
        write_json(self.document, path)
        return Path(path)

    def _repr_html_(self) -> str:
        """The verdict table as HTML, with the columns of the page of `lth report --site`."""
        document = printable(self.document)
        level, columns = cells.confidence(document), shown(document.claims).values()
        chosen = [column for column in columns if column.page]
        titles = ["task", "claim", *(column.title.replace(LEVEL, level) for column in chosen)]
        rows = [
            [escape(claim.task), escape(claim.name), *(_html(column.cell(claim)) for column in chosen)]
            for claim in document.claims
        ]
        head, body = _line("th", map(escape, titles)), "".join(_line("td", row) for row in rows)
        table = f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
        return f"{table}<p>{escape(cells.summary_line(document))}. {cells.UNITS}</p>"


def load(path: str | os.PathLike[str]) -> Report:
    """The report of a run that was saved as JSON. Raises EvidenceError for any other file."""
    return Report(read_json(path))


def _line(tag: str, contents: Iterable[str]) -> str:
    parts = "".join(f"<{tag}>{content}</{tag}>" for content in contents)
    return f'<tr style="text-align: left">{parts}</tr>'


def _html(cell: Cell) -> str:
    """What a cell says on the page; a verdict with its coloured sign."""
    sign = ""
    if cell.page in VERDICT_LOOK:
        _, color, _ = VERDICT_LOOK[cell.page]
        sign = f'<span style="color: {color}">{VERDICT_SIGN[cell.page]}</span> '
    note = f" <small>{escape(cell.note)}</small>" if cell.note else ""
    return f"{sign}{escape(cell.page)}{note}"


def _record(claim: ClaimRow) -> dict[str, object]:
    interval, region = claim.interval, claim.effect.region
    return {
        "task": claim.task,
        "model": claim.model,
        "claim": claim.id,
        "row": claim.row,
        "statement": claim.statement,
        "verdict": str(claim.verdict),
        "corrected_verdict": str(claim.adjusted_verdict),
        "paper_says": claim.paper_verdict,
        "effect": interval and interval.estimate,
        "low": interval and interval.low,
        "high": interval and interval.high,
        "region_low": region.low,
        "region_high": region.high,
        "unit": {FULL_SCORE: "share of full", POINTS: "points", PLAIN: "plain"}[claim.effect.unit],
        "seeds": cells.seeds_text(claim) if interval else None,
        "over": claim.over if interval else None,
        "mde": claim.mde,
        "reason": claim.reason,
    }
