"""The columns of the verdict table: each is an entry in COLUMNS. Knows claims and no layout."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lth.claims.effects import Unit
from lth.document.rows import ClaimRow
from lth.report import cells
from lth.report.escaping import escape
from lth.verdict import Verdict

LEVEL = "{level}"
"""Placeholder in a title for the level of the run's intervals, such as 90 %."""
MARKS = {True: " (agrees)", False: " (**disagrees**)", None: ""}
SIGNS = {True: "= ", False: "! ", None: ""}


@dataclass(frozen=True)
class Cell:
    """What a column says about a claim: `markdown` in the report, `terminal` in the terminal, `page` on the page.

    If `terminal` has several parts, each part is aligned over the rows. The page sorts the column by `order`, with ""
    last, and shows a `note` below the text.
    """

    markdown: str
    terminal: str | tuple[str, ...]
    page: str
    order: str | float
    note: str

    @property
    def number(self) -> bool:
        """Whether the page's text is a number or an interval, which must stay on one line."""
        return isinstance(self.order, float)


def cell(
    full: str,
    *,
    markdown: str | None = None,
    terminal: str | tuple[str, ...] | None = None,
    page: str | None = None,
    order: str | float | None = None,
    note: str = "",
) -> Cell:
    """A cell that says `full` in every view and is sorted by it, unless other texts are given.

    `markdown` is given where the report has markup of its own.
    """
    page, markdown = full if page is None else page, escape(full) if markdown is None else markdown
    return Cell(markdown, full if terminal is None else terminal, page, page if order is None else order, note)


@dataclass(frozen=True)
class Column:
    """A column: its title, and a function from a claim to its cell, or to one text for every view.

    `short` is the title in the terminal if it differs, and `right` aligns the column there. `page` is the title on the
    page. A column without it is not on the page.
    """

    title: str
    make: Callable[[ClaimRow], Cell | str]
    short: str = ""
    page: str = ""
    right: bool = False

    def cell(self, claim: ClaimRow) -> Cell:
        """The column's cell for the claim."""
        made = self.make(claim)
        return cell(made) if isinstance(made, str) else made


def shown(claims: Iterable[ClaimRow]) -> dict[str, Column]:
    """All columns; without `pub` if the papers' figures say nothing about these claims."""
    published = cells.has_published(claims)
    return {name: column for name, column in COLUMNS.items() if published or name != "pub"}


def _label(claim: ClaimRow) -> str:
    return claim.effect.label if claim.interval else ""


def _effect(claim: ClaimRow) -> Cell:
    interval, unit = claim.interval, claim.effect.unit
    if interval is None:
        return cell("", note=claim.reason or "no reason was given")
    return cell(
        f"{cells.interval_text(interval, unit)} ({interval.method})",
        terminal=cells.interval_parts(interval, unit)[:3],
        page=cells.effect_text(interval, unit),
        order=_order(interval.estimate, unit),
    )


def _region(claim: ClaimRow) -> Cell:
    region, unit = claim.effect.region, claim.effect.unit
    text = cells.region_text(region, unit)
    edge = region.high if region.low is None else region.low
    return cell(text, page=cells.typeset(text), order=_order(edge, unit))


def _seeds(claim: ClaimRow) -> Cell | str:
    if claim.verdict is Verdict.NOT_RUN:
        return ""
    text, needed = cells.seeds_text(claim), _needed(claim)
    return cell(
        text,
        terminal=f"{text}->{needed}" if needed else text,
        order=text.partition("/")[0],
        note=f"about {needed} would decide" if needed else "",
    )


def _needed(claim: ClaimRow) -> str:
    return str(claim.seeds_needed or "") if claim.verdict is Verdict.INCONCLUSIVE else ""


def _verdict(claim: ClaimRow) -> Cell:
    verdict, order, differs = claim.verdict, _rank(claim.verdict), cells.adjusted_differs(claim)
    if verdict is Verdict.NOT_RUN:
        return cell(cells.reason_text(claim), page=verdict, order=order)
    marked = verdict + "*" * cells.rule_differs(claim) + "~" * differs
    note = f"corrected: {claim.adjusted_verdict}" if differs else ""
    return cell(verdict, markdown=f"**{verdict}**", terminal=marked, page=verdict, order=order, note=note)


def _corrected(claim: ClaimRow) -> Cell | str:
    if claim.verdict is Verdict.NOT_RUN:
        return ""
    verdict = claim.adjusted_verdict
    return cell(verdict, markdown=verdict + " (**differs**)" * cells.adjusted_differs(claim))


def _paper(claim: ClaimRow) -> Cell:
    text, agrees, known = cells.paper_text(claim), cells.agrees(claim), cells.known_divergence(claim)
    full = text + MARKS[agrees] + (f": {escape(known)}" if known else "")
    return cell(text, markdown=full, terminal=SIGNS[agrees] + text, page=text, note=cells.AGREEMENT[agrees])


def _published(claim: ClaimRow) -> Cell:
    text, beside, unit = cells.published_text(claim), claim.published, claim.effect.unit
    if beside is None:
        return cell(text, order="")
    why = cells.interval_text(beside.interval, unit) if beside.interval else beside.reason
    return cell(
        f"{text}: {why}",
        terminal=cells.published_letter(claim),
        page=text,
        order=_rank(beside.verdict),
        note=cells.effect_text(beside.interval, unit),
    )


def _rule(claim: ClaimRow) -> Cell | str:
    if claim.paper_rule is None:
        return ""
    verdict, name = claim.paper_rule.verdict, claim.paper_rule.name
    return cell(verdict, markdown=f"{verdict}: {escape(name)}{MARKS[not cells.rule_differs(claim)]}")


def _mde(claim: ClaimRow) -> Cell:
    unit = claim.effect.unit
    return cell(cells.percent(claim.mde, unit), order=_order(claim.mde, unit))


def _order(value: float | None, unit: Unit) -> str | float:
    """What a number is sorted by: the number that is shown."""
    return "" if value is None else value * cells.FACTOR[unit]


def _rank(verdict: Verdict) -> int:
    return list(Verdict).index(verdict)


COLUMNS: dict[str, Column] = {
    "statement": Column("statement", lambda claim: claim.statement, page="Statement"),
    "label": Column("effect", _label, short="label"),
    "effect": Column(
        f"estimate [{LEVEL} interval], % of full",
        _effect,
        short="effect, % of full",
        page=f"Effect, % [{LEVEL} interval]",
        right=True,
    ),
    "region": Column("region, % of full", _region, short="region", page="Region, %"),
    "over": Column("generalises over", lambda claim: claim.over if claim.interval else "", page="Over"),
    "seeds": Column("seeds", _seeds, page="Seeds"),
    "verdict": Column("verdict", _verdict, page="Verdict"),
    "corrected": Column("corrected verdict", _corrected, short="corrected"),
    "paper": Column("paper says", _paper, short="paper", page="It says"),
    "pub": Column("paper's data show", _published, short="pub.", page="Its data show"),
    "rule": Column("paper's own rule", _rule, short="rule"),
    "mde": Column("MDE, % of full", _mde, short="mde", page="MDE, %", right=True),
    "needed": Column("seeds needed", _needed),
    "collapsed": Column("collapsed runs", lambda claim: cells.collapsed_text(claim.collapsed)),
}
"""By their names in --claims-columns, in the order of the Markdown table, where the claim's name comes first."""
