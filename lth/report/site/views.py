"""What the page says of each claim: the cells of its row in the table, its details and its history.

Knows the document; the templates lay it out and escape it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lth.document.document import PLAIN, Claim, Document
from lth.report import cells
from lth.report.pictures import unique
from lth.report.site.details import MARKS, arms, effect_text, paper_of, terms, typeset
from lth.report.site.track import LONGEST, Point, Track, track


@dataclass(frozen=True)
class Cell:
    """A cell of the verdict table: what it says, what it is sorted by ("" comes last), and a remark below it."""

    title: str
    text: str
    order: str | float
    note: str = ""

    @property
    def number(self) -> bool:
        """Whether the text is a number or an interval, which no line break may part."""
        return isinstance(self.order, float)


@dataclass(frozen=True)
class View:
    """One claim, ready to be laid out."""

    anchor: str
    name: str
    claim: Claim
    group: str
    paper: tuple[str, str, str]
    row: tuple[Cell, ...]
    terms: tuple[tuple[str, str], ...]
    arms: tuple[tuple[str, ...], ...]
    arms_header: tuple[str, ...]
    points: tuple[Point, ...]
    track: Track | None


def views(document: Document, history: Sequence[Document]) -> list[View]:
    """Every claim of the document, in the order of its groups; `history` holds the earlier runs, oldest first."""
    grouped = cells.groups(document)
    claims = [claim for group in grouped.values() for claim in group]
    published = cells.has_published(claims)
    runs = [_by_key(run) for run in (*history, document)]
    dates = [
        (str(run.get("created") or "")[:16].replace("T", " "), str(run.get("commit") or ""))
        for run in (*history, document)
    ]
    taken: set[str] = set()
    found = []
    for key, group in grouped.items():
        for claim in group:
            points = _points(claim, runs, dates)
            name = cells.name(claim)
            header, measured = arms(claim)
            found.append(
                View(
                    unique(f"claim-{claim['task']}-{name}", taken),
                    name,
                    claim,
                    cells.group_title(key),
                    paper_of(claim),
                    _row(claim, document, published, points),
                    tuple((term, text) for term, text in terms(claim, document).items() if text),
                    measured,
                    header,
                    points,
                    track(points, f"{claim['task']} {name}", cells.unit(claim)),
                )
            )
    return found


def _row(claim: Claim, document: Document, published: bool, points: Sequence[Point]) -> tuple[Cell, ...]:
    unit, ran, effect = cells.unit(claim), claim["verdict"] != "NOT RUN", claim["effect"]
    estimate = cells.finite(effect["estimate"]) if effect else None
    before = points[-2].verdict if len(points) > 1 else claim["verdict"]
    notes = [f"corrected: {claim['adjusted_verdict']}"] if ran and cells.adjusted_differs(claim) else []
    notes += [f"before: {before}"] if before != claim["verdict"] else []
    needed = claim.get("seeds_needed") if claim["verdict"] == "INCONCLUSIVE" else None
    seeds = cells.seeds_text(claim) if ran else ""
    region, mde = claim["region"], cells.finite(claim.get("mde"))
    edge = next((end for side in ("low", "high") if (end := cells.finite(region.get(side))) is not None), None)
    row = [
        Cell("Task", claim["task"], claim["task"]),
        Cell("Statement", claim["statement"], claim["statement"]),
        Cell("Verdict", claim["verdict"], rank(claim["verdict"]), "; ".join(notes)),
        Cell(
            f"Effect, % [{cells.confidence(document)} interval]",
            effect_text(claim, effect) if ran else "",
            _order(estimate if ran else None, unit),
            "" if ran else str(claim.get("reason") or "no reason was given"),
        ),
        Cell("Region, %", typeset(cells.region_text(region, unit)), _order(edge, unit)),
        Cell("Seeds", seeds, seeds.split("/")[0], f"about {needed} would decide" if needed else ""),
        Cell("MDE, %", cells.percent(mde, unit) if ran else "", _order(mde if ran else None, unit)),
        Cell("Paper", paper_of(claim)[0], paper_of(claim)[0]),
        Cell("It says", cells.paper_text(claim), cells.paper_text(claim), MARKS[cells.agrees(claim)]),
    ]
    if published:
        beside = claim.get("published") or {}
        text = cells.published_text(claim)
        row.append(Cell("Its data show", text, rank(text), effect_text(claim, beside.get("effect"))))
    return tuple(row)


def _order(value: float | None, unit: str) -> str | float:
    """What a column of effects is sorted by: percent of the full score, or the plain number."""
    return "" if value is None else value * (1 if unit == PLAIN else 100)


def rank(verdict: str) -> str | float:
    """A verdict's place in a sorted column; "" for none."""
    return cells.VERDICTS.index(verdict) if verdict in cells.VERDICTS else ""


def _by_key(document: Document) -> dict[tuple[str, ...], Claim]:
    return {_key(claim): claim for claim in document["claims"]}


def _key(claim: Claim) -> tuple[str, ...]:
    """What makes two runs' claims the same one."""
    return tuple(str(claim.get(part) or "") for part in ("id", "row", "task", "model", "source"))


def _points(
    claim: Claim, runs: Sequence[Mapping[tuple[str, ...], Claim]], dates: Sequence[tuple[str, str]]
) -> tuple[Point, ...]:
    """What every run that judged the claim said of it, its own last; the latest ones only."""
    points = []
    for number, (run, (created, commit)) in enumerate(zip(runs, dates, strict=True), start=1):
        was = claim if number == len(runs) else run.get(_key(claim))
        if was is not None and cells.unit(was) == cells.unit(claim):
            effect = was["effect"] if was["verdict"] != "NOT RUN" else None
            text = effect_text(was, effect) or str(was.get("reason") or "")
            points.append(Point(number, created, commit, was["verdict"], text, effect, was["region"]))
    return tuple(points[-LONGEST:])
