"""The papers' own tables and figures, from any run: the published number beside the measured one, and our verdict.

Knows documents and the published figures. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


def shown_pictures(paper: str, documents: Sequence[Document]) -> dict[str, Picture]:
    """The pictures that the paper's page shows, by their names; of several with one name, the first.

    Raises UsageError for an unknown paper.
    """
    wanted = {exhibit.picture for exhibit in _exhibits(paper)}
    found: dict[str, Picture] = {}
    for document in documents:
        for picture in chain.from_iterable(pictures(document).values()):
            if picture.kind in wanted:
                found.setdefault(picture.name.removesuffix(".svg"), picture)
    return found


def paper_page(paper: str, documents: Sequence[Document], places: Mapping[str, str]) -> str:
    """The page of one paper as GitHub Markdown, ending in a newline.

    Of several documents with the same claim on the same task, the first that ran it counts. `places` maps the names of
    `shown_pictures` to paths, relative to the page. Raises UsageError for an unknown paper.
    """
    documents = [printable(document) for document in documents]
    claims = [claim for document in documents for claim in document.claims]
    figures = published()
    tasks = in_order(claim.task for claim in claims if claim.full_mean is not None)
    blocks = [f"# {paper}: the paper's tables and figures", _about(documents)]
    for exhibit in _exhibits(paper):
        blocks.append(f"## {exhibit.place}: {exhibit.title}")
        if exhibit.lines:
            rows = [_line(paper, line, tasks, claims, figures) for line in exhibit.lines]
            blocks.append(table(["", *tasks], rows))
        if exhibit.transfer:
            blocks += [matrix for document in documents if (matrix := _matrix(document))][:1] or [NO_TICKETS]
        if text := _between(exhibit, claims):
            blocks.append(text)
        for name, place in places.items():
            if exhibit.picture and name.startswith(f"{exhibit.picture}-"):
                blocks.append(f"![{exhibit.place}: {exhibit.title}, {escape(name)}]({quote(place)})")
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


def _about(documents: Iterable[Document]) -> str:
    rows = []
    for document in documents:
        about = document.options
        seeds = ", ".join(map(str, about.seeds))
        rows.append([about.model, about.data, ", ".join(about.tasks), seeds, about.protocol, about.schedule])
    return table(["model", "data", "tasks", "seeds", "protocol", "schedule"], rows)


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


def _between(exhibit: Exhibit, claims: Iterable[ClaimRow]) -> str:
    """A line for each of the exhibit's claims that compare tasks or ways to transfer, with effect and verdict."""
    lines = []
    for claim in claims:
        if claim.id in exhibit.between:
            effect = cells.effect_text(claim.interval, claim.effect.unit)
            verdict = cells.reason_text(claim) if claim.verdict is Verdict.NOT_RUN else f"{effect}, {claim.verdict}"
            lines.append(f"- {escape(f'{claim.name} on {claim.task}, {claim.statement}: {verdict}')}")
    return "\n".join(dict.fromkeys(lines))


def _matrix(document: Document) -> str:
    """Each source's ticket on each target, as a share of the target's full score, with its verdict."""
    _, tickets = found_tickets(document)
    if not tickets:
        return ""
    sources, targets = (in_order(names) for names in zip(*tickets, strict=True))
    rows = [[source, *(_kept(tickets.get((source, target))) for target in targets)] for source in sources]
    return table(["ticket of / on", *targets], rows)


def _kept(claim: ClaimRow | None) -> str:
    share = share_of(claim)
    if claim is None or share is None:
        return ""
    return f"{100 * share:.0f} % {SHORT[claim.verdict]}"
