"""The papers' own tables and figures, from any run: the published number beside the measured one, and our verdict.

Knows documents and the published figures. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import isnan
from urllib.parse import quote

from lth.document.printable import printable
from lth.document.rows import ArmRow, ClaimRow, Document
from lth.errors import UsageError, did_you_mean
from lth.evidence.recorded import MAJORITY, Recorded, published
from lth.report import cells
from lth.report.escaping import escape, table
from lth.report.exhibits import PAPERS, Exhibit, Line
from lth.report.pictures import Picture, pictures
from lth.report.tickets import found_tickets, in_order, share_of
from lth.verdict import Verdict
from lth.verdict.samples import Scores

SHORT = {Verdict.SUPPORTED: "S", Verdict.REFUTED: "R", Verdict.INCONCLUSIVE: "I", Verdict.NOT_RUN: "–"}


@dataclass(frozen=True)
class Table:
    """The titles of a table's columns and its rows, as plain texts."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Section:
    """A table or figure of a paper, from runs: tables, sentences about claims between tasks, and pictures."""

    place: str
    title: str
    tables: tuple[Table, ...]
    sentences: tuple[str, ...]
    pictures: tuple[Picture, ...]


def sections(paper: str, documents: Sequence[Document]) -> list[Section]:
    """The paper's tables and figures, in its order.

    Of several documents with the same claim on the same task, the first that ran it counts, and of several pictures
    with one name, the first. Raises UsageError for an unknown paper.
    """
    documents = [printable(document) for document in documents]
    claims = [claim for document in documents for claim in document.claims]
    figures = published()
    tasks = in_order(claim.task for claim in claims if claim.full_mean is not None)
    drawn: dict[str, Picture] = {}
    for picture in chain.from_iterable(chain.from_iterable(pictures(each).values()) for each in documents):
        drawn.setdefault(picture.name, picture)
    found = []
    for exhibit in _exhibits(paper):
        tables = []
        if exhibit.lines:
            rows = [_line(paper, line, tasks, claims, figures) for line in exhibit.lines]
            tables.append(Table(["", *tasks], rows))
        if exhibit.transfer:
            tables += [matrix for document in documents if (matrix := _matrix(document))][:1]
        sentences = [NO_TICKETS] * (exhibit.transfer and not tables) + _between(exhibit, claims)
        shown = [picture for picture in drawn.values() if picture.kind == exhibit.picture]
        found.append(Section(exhibit.place, exhibit.title, tuple(tables), tuple(sentences), tuple(shown)))
    return found


def paper_page(paper: str, documents: Sequence[Document], places: Mapping[str, str]) -> str:
    """The page of one paper as GitHub Markdown, ending in a newline, as `sections` has it.

    `places` maps the names of pictures to paths, relative to the page. Raises UsageError for an unknown paper.
    """
    runs = about(documents)
    blocks = [f"# {paper}: the paper's tables and figures", table(runs.header, runs.rows)]
    for section in sections(paper, documents):
        blocks.append(f"## {section.place}: {section.title}")
        blocks += [table(each.header, each.rows) for each in section.tables]
        blocks += ["\n".join(f"- {escape(sentence)}" for sentence in section.sentences)] * bool(section.sentences)
        for picture in section.pictures:
            if place := places.get(picture.name):
                name = picture.name.removesuffix(".svg")
                blocks.append(f"![{section.place}: {section.title}, {escape(name)}]({quote(place)})")
    return "\n\n".join([*blocks, HOW_TO_READ]) + "\n"


def _exhibits(paper: str) -> tuple[Exhibit, ...]:
    if paper not in PAPERS:
        raise UsageError(f"no paper {paper!r}{did_you_mean(paper, PAPERS)} Papers: {', '.join(PAPERS)}")
    return PAPERS[paper]


NO_TICKETS = "No ticket was tried on another task."
HOW_TO_READ = (
    "A cell has the measured mean ± standard deviation over replicates, in % or as a plain number; in brackets, if it "
    "is another, the number that the paper published, at the paper's own sparsity; and our verdicts on the claims "
    "about it: S SUPPORTED, R REFUTED, I INCONCLUSIVE, – not run. An empty cell was not measured."
)


def about(documents: Iterable[Document]) -> Table:
    """The model, data, tasks and settings of each run."""
    rows = []
    for document in map(printable, documents):
        options = document.options
        seeds = ", ".join(map(str, options.seeds))
        rows.append([options.model, options.data, ", ".join(options.tasks), seeds, options.protocol, options.schedule])
    return Table(["model", "data", "tasks", "seeds", "protocol", "schedule"], rows)


def _line(paper: str, line: Line, tasks: Sequence[str], claims: Sequence[ClaimRow], figures: Recorded) -> list[str]:
    return [line.label, *(_cell(paper, line, task, claims, figures) for task in tasks)]


def _cell(paper: str, line: Line, task: str, claims: Sequence[ClaimRow], figures: Recorded) -> str:
    of_task = [claim for claim in claims if claim.task == task]
    of_task.sort(key=lambda claim: claim.verdict is Verdict.NOT_RUN)
    judged = {claim.name: claim for claim in reversed(of_task) if claim.name in line.claims}
    arm = _measured(line, [*judged.values(), *of_task])
    plain = line.arm.measure != "score"
    parts = []
    if line.arm == MAJORITY:
        baselines = [claim.baseline for claim in of_task if claim.baseline is not None]
        parts += [f"{100 * baselines[0]:.1f}"] if baselines else []
    elif arm:
        parts.append(_number(arm.samples, plain))
    recorded = next(
        (
            figure
            for (of, on, id), figure in figures.figures.items()
            if (of, on) == (paper, task) and id.kind == line.arm.kind
        ),
        None,
    )
    if recorded:
        number = _number(recorded.scores, plain) if recorded.scores else _mean(recorded.mean, plain)
        parts += [] if parts == [number] else [f"({number})"]
    if parts:
        parts += [f"{name} {SHORT[claim.verdict]}" for name, claim in sorted(judged.items())]
    return " ".join(parts)


def _measured(line: Line, claims: Iterable[ClaimRow]) -> ArmRow | None:
    """The arm of that kind: the first that a claim's effect is about, else the first beside one."""
    for claim in claims:
        for term in claim.effect.terms:
            if term.arm.kind == line.arm.kind and (arm := claim.arm(term.arm)):
                return arm
    return next((arm for claim in claims for arm in claim.arms if arm.id.kind == line.arm.kind), None)


def _number(scores: Scores, plain: bool) -> str:
    spread = "" if isnan(scores.std) or scores.n < 2 else f" ± {_mean(scores.std, plain)}"
    return f"{_mean(scores.mean, plain)}{spread}"


def _mean(value: float, plain: bool) -> str:
    if isnan(value):
        return "?"
    return f"{value:.2f}" if plain else f"{100 * value:.1f}"


def _between(exhibit: Exhibit, claims: Iterable[ClaimRow]) -> list[str]:
    """A sentence for each of the exhibit's claims that compare tasks or ways to transfer, with effect and verdict."""
    sentences = []
    for claim in claims:
        if claim.id in exhibit.between:
            effect = cells.effect_text(claim.interval, claim.effect.unit)
            verdict = cells.reason_text(claim) if claim.verdict is Verdict.NOT_RUN else f"{effect}, {claim.verdict}"
            sentences.append(f"{claim.name} on {claim.task}, {claim.statement}: {verdict}")
    return list(dict.fromkeys(sentences))


def _matrix(document: Document) -> Table | None:
    """Each source's ticket on each target, as a share of the target's full score, with its verdict."""
    tickets = {pair: claim for pair, claim in found_tickets(document)[1].items() if share_of(claim) is not None}
    if not tickets:
        return None
    sources, targets = (in_order(names) for names in zip(*tickets, strict=True))
    rows = [[source, *(_kept(tickets.get((source, target))) for target in targets)] for source in sources]
    return Table(["ticket of / on", *targets], rows)


def _kept(claim: ClaimRow | None) -> str:
    share = share_of(claim)
    if claim is None or share is None:
        return ""
    return f"{100 * share:.0f} % {SHORT[claim.verdict]}"
