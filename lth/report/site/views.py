"""What the page says about each claim: the cells of its row in the table, its details and its history.

Knows the document. The templates lay it out and escape it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lth.document.rows import ClaimRow, Document
from lth.report import cells
from lth.report.arms import ArmCells
from lth.report.columns import LEVEL, Cell, Column, cell, shown
from lth.report.pictures import unique
from lth.report.site.details import arms, paper_of, terms
from lth.report.site.track import LONGEST_HISTORY, Point, Track, track

_FIRST = ("statement", "verdict", "effect", "region", "seeds", "mde")
"""The columns between the task and the paper. All others come after the paper."""


@dataclass(frozen=True)
class View:
    """One claim, ready for the template."""

    anchor: str
    name: str
    claim: ClaimRow
    group: str
    paper: tuple[str, str, str]
    row: Mapping[str, Cell]
    terms: tuple[tuple[str, str], ...]
    arms: tuple[ArmCells, ...]
    arms_header: ArmCells
    points: tuple[Point, ...]
    track: Track | None


def views(document: Document, history: Sequence[Document]) -> list[View]:
    """Every claim of the document, in the order of its groups; `history` holds the earlier runs, oldest first."""
    columns, level = shown(document.claims), cells.confidence(document)
    runs = [*history, document]
    claims: list[dict[tuple[str, ...], ClaimRow]] = [{claim.key: claim for claim in run.claims} for run in runs]
    taken: set[str] = set()
    found = []
    for group, members in cells.groups(document.claims).items():
        for claim in members:
            points = _points(claim, runs, claims)
            header, measured = arms(claim)
            found.append(
                View(
                    unique(f"claim-{claim.task}-{claim.name}", taken),
                    claim.name,
                    claim,
                    group.title,
                    paper_of(claim),
                    _row(claim, columns, level, points),
                    tuple((term, text) for term, text in terms(claim, document).items() if text),
                    measured,
                    header,
                    points,
                    track(points, f"{claim.task} {claim.name}", claim.effect.unit),
                )
            )
    return found


def _row(claim: ClaimRow, columns: Mapping[str, Column], level: str, points: Sequence[Point]) -> dict[str, Cell]:
    """The claim's cells by title: its task, its paper, and every column that has a title for the page."""

    def row(names: Iterable[str]) -> dict[str, Cell]:
        known = [columns[name] for name in names if columns[name].page]
        return {column.page.replace(LEVEL, level): column.cell(claim) for column in known}

    others = [name for name in columns if name not in _FIRST]
    made = {"Task": cell(claim.task)} | row(_FIRST) | {"Paper": cell(paper_of(claim)[0])} | row(others)
    if len(points) > 1 and points[-2].verdict is not claim.verdict:
        notes = filter(None, (made["Verdict"].note, f"before: {points[-2].verdict}"))
        made["Verdict"] = replace(made["Verdict"], note="; ".join(notes))
    return made


def _points(
    claim: ClaimRow, runs: Sequence[Document], claims: Sequence[Mapping[tuple[str, ...], ClaimRow]]
) -> tuple[Point, ...]:
    """What each run that judged the claim said about it, this run last; only the latest runs."""
    points = []
    for number, (run, of_run) in enumerate(zip(runs, claims, strict=True), start=1):
        was = claim if number == len(runs) else of_run.get(claim.key)
        if was is not None and was.effect.unit == claim.effect.unit:
            text = cells.effect_text(was.interval, was.effect.unit) or was.reason
            created = run.created[:16].replace("T", " ")
            points.append(Point(number, created, run.commit, was.verdict, text, was.interval, was.effect.region))
    return tuple(points[-LONGEST_HISTORY:])
