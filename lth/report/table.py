"""The verdict table for the terminal, in plain ASCII except for the claims' own words.

Knows the document and a width. Nothing is measured or decided here.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from lth.claims.effects import PLAIN, POINTS
from lth.document.printable import printable
from lth.document.rows import ClaimRow, Document
from lth.report import cells
from lth.report.columns import Column, shown
from lth.report.layout import AS_DECLARED, Layout, arranged
from lth.verdict import Verdict
from lth.verdict.moderated import FEWEST_ROWS, MODERATED

_COLORS = {Verdict.SUPPORTED: "32", Verdict.REFUTED: "31", Verdict.INCONCLUSIVE: "33"}
AGREEMENT_COLORS = {True: "32", False: "31", None: ""}
GAP = "  "
LONGEST_LIST = 12
"""The legend lists at most this many claims one by one."""
NARROWEST_STATEMENT, LONGEST_REASON = 16, 80  # characters: a narrower statement is left out, a longer reason is cut
FIRST_TO_GO = ("mde", "region", "pub")
"""Columns that are left out, in this order, if the terminal is too narrow."""


def terminal_table(
    document: Document, width: int | None = None, color: bool = False, layout: Layout = AS_DECLARED
) -> str:
    """The claims' verdicts, a block for each task, with a legend of the marks that occur.

    `width` is in characters, 120 by default. If it is too small, the statements are cut, then left out, then the
    minimal detectable effects, then the regions. Below about 65 characters the lines are longer than `width`. Claims
    that were not run for the same reason share a line. `layout` gives another order, other blocks or columns.
    """
    if not document.claims:
        return "no claim was judged"
    document = printable(document)
    width = width or 120
    grouped = cells.groups(arranged(document, layout))
    folds = {group: cells.folded(claims) for group, claims in grouped.items()}
    kept = {
        group: [claim for claim in claims if not any(claim in alike for alike in folds[group].values())]
        for group, claims in grouped.items()
    }
    header, rows = _fit([claim for claims in kept.values() for claim in claims], width, color, layout.columns)
    size = max(len(header), min(width, 60))
    lines: list[str] = []
    position = 0
    for group, claims in grouped.items():
        if not kept[group] and not any(folds[group]):
            continue
        full = next((claim.full_mean for claim in claims if claim.full_mean is not None), None)
        metric = f", full {claims[0].metric or 'score'} {full:.3f}" if full is not None else ""
        title = cells.elide(group.title + metric, size - 4)
        lines += [f" {title} ".center(size, "-"), *[header.rstrip(), "-" * size] * bool(kept[group])]
        lines += rows[position : position + len(kept[group])]
        alike = [
            f"NOT RUN: {reason}: {', '.join(claim.name for claim in fold)}"
            for reason, fold in folds[group].items()
            if reason
        ]
        lines += [*(line for note in alike for line in _wrap(note, size)), "-" * size, ""]
        position += len(kept[group])
    return "\n".join(lines + [line for note in _notes(document) for line in _wrap(note, width)])


def _notes(document: Document) -> list[str]:
    """The legend, and the claims for which the evidence has no figures."""
    folds = [(cells.folded(claims), claims) for claims in cells.groups(document.claims).values()]
    lacking = [claim for fold, _ in folds for claim in fold.get("", [])]
    judged = [claim for fold, claims in folds if not _one_reason(fold, claims) for claim in claims]
    return [*_legend(document), *([_without_figures(document, lacking, judged)] if lacking else [])]


def _one_reason(folds: Mapping[str, Sequence[ClaimRow]], group: Sequence[ClaimRow]) -> bool:
    """Whether the whole group was not run for one reason, which is then about the task and not about a claim."""
    return any(reason and len(alike) == len(group) for reason, alike in folds.items())


def _without_figures(document: Document, lacking: Sequence[ClaimRow], judged: Sequence[ClaimRow]) -> str:
    """The claims for which the evidence has no figures, by id, with their tasks unless these are all tasks."""
    texts = []
    for name in dict.fromkeys(claim.id for claim in lacking):
        tasks = list(dict.fromkeys(claim.task for claim in lacking if claim.id == name))
        everywhere = {claim.task for claim in judged if claim.id == name} == set(tasks)
        texts.append(name if everywhere else f"{name} on {', '.join(tasks)}")
    what = "figures published" if document.options.evidence == "published" else "scores recorded"
    return f"NOT RUN, no {what}: {'; '.join(texts)}."


def _fit(claims: Sequence[ClaimRow], width: int, color: bool, wanted: Sequence[str]) -> tuple[str, list[str]]:
    """The header and a line for each claim, with as many of the wanted columns as fit."""
    if not claims:
        return "", []
    known, names = shown(claims), [claim.name for claim in claims]
    head = {"claim": _padded(["claim", *names])}
    table = {name: _column(known[name], claims) for name in wanted if name in known and name != "statement"}
    reasons = [len(cells.reason_text(claim)) for claim in claims if claim.verdict is Verdict.NOT_RUN]
    beside = max(map(len, names)) + 2 * len(GAP) + min(max(reasons, default=0), LONGEST_REASON)
    room = width - max(_width(head | table) + len(GAP), beside)
    if "statement" in wanted and room >= NARROWEST_STATEMENT:
        head["statement"] = _padded(["statement", *(cells.elide(claim.statement, room) for claim in claims)])
    for name in FIRST_TO_GO:
        if _width(head | table) > width:
            table.pop(name, None)
    columns = head | table
    titles, *rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return GAP.join(titles.values()), [_line(*each, width, color) for each in zip(claims, rows, strict=True)]


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


def _line(claim: ClaimRow, row: Mapping[str, str], width: int, color: bool) -> str:
    """The row as a line, coloured if asked. A claim that was not run has its reason in place of numbers."""
    if claim.verdict is Verdict.NOT_RUN:
        head = "".join(row[name] + GAP for name in ("claim", "statement") if name in row)
        return head + cells.elide(cells.reason_text(claim), width - len(head))
    if color:
        paints = {
            "verdict": (len(claim.verdict), _COLORS[claim.verdict]),
            "paper": (1, AGREEMENT_COLORS[cells.agrees(claim)]),
        }
        row = {name: _painted(text, *paints.get(name, (0, ""))) for name, text in row.items()}
    return GAP.join(row.values()).rstrip()


def _painted(text: str, length: int, code: str) -> str:
    return f"\x1b[{code}m{text[:length]}\x1b[0m{text[length:]}" if code else text


def _legend(document: Document) -> list[str]:
    claims = document.claims
    several = len({claim.task for claim in claims}) > 1

    def who(claim: ClaimRow) -> str:
        return f"{claim.task} {claim.name}" if several else claim.name

    ran = [claim for claim in claims if claim.verdict is not Verdict.NOT_RUN]
    notes = []
    if ran:
        level = cells.confidence(document)
        notes = [
            "effect, and the region where the claim says it lies, in % of the full model's mean score. SUPPORTED: the "
            f"{level} interval lies inside the region; REFUTED: outside; INCONCLUSIVE: across its edge.",
            *["pts: points of the metric."] * any(claim.effect.unit == POINTS for claim in ran),
            *["numbers with two decimals are plain: kappa, shares, ratios."]
            * any(claim.effect.unit == PLAIN for claim in ran),
            *_over(ran, who),
            "paper: what the paper says (= our verdict agrees, ! it is the opposite). mde: the smallest distance from "
            "the region's edge that this number of seeds can be expected to detect.",
        ]
    if cells.has_published(ran):
        notes.append("pub.: our verdict on the figures that the paper published: S, R or I (– if they give none).")
    if document.options.shrink_variance:
        notes.append(_shrunk(ran))
    planned = next((each for each in claims if each.verdict is Verdict.INCONCLUSIVE and each.seeds_needed), None)
    if planned:
        now, then = cells.seeds_text(planned), planned.seeds_needed
        notes.append(f"seeds {now}->{then}: measured with {now} seeds; about {then} would decide.")
    if text := cells.sequential_text(document):
        notes.append(f"{text}.")
    rules = [
        (claim, f"{claim.paper_rule.verdict} ({claim.paper_rule.name})")
        for claim in ran
        if claim.paper_rule and cells.rule_differs(claim)
    ]
    if rules:
        notes.append(f"* the paper's own rule disagrees: {_listed(rules, who)}.")
    adjusted = [(claim, str(claim.adjusted_verdict)) for claim in ran if cells.adjusted_differs(claim)]
    if adjusted:
        notes.append(
            f"~ the verdict changes when it is corrected for the claim's other tasks: {_listed(adjusted, who)}."
        )
    caveats = [f"{who(claim)}: {text}" for claim in ran if (text := cells.caveat(claim))]
    if caveats:
        notes.append(f"note on {'; '.join(caveats[:LONGEST_LIST])}{'; …' if len(caveats) > LONGEST_LIST else ''}.")
    known = [f"{who(claim)} ({cells.known_divergence(claim)})" for claim in ran if cells.known_divergence(claim)]
    if known:
        notes.append(f"! known divergence of this model: {'; '.join(known)}.")
    collapsed = []
    for group, members in cells.groups(claims).items():
        if text := cells.collapsed_text(cells.collapsed_arms(members).values()):
            collapsed.append(f"{group.task} {text}" if several else text)
    if collapsed:
        where = "; ".join(collapsed)
        notes.append(
            f"collapsed runs (NaN, or a score at the majority baseline), with the {cells.confidence(document)} "
            f"interval of their share of all runs; they stay in the means: {where}."
        )
    notes += [f"{cells.family_text(family)} (corrected)." for family in document.families if family.judged]
    return notes + [f"warning: {text}" for text in document.warnings]


def _shrunk(ran: Sequence[ClaimRow]) -> str:
    count = sum(claim.interval is not None and claim.interval.method.startswith(MODERATED) for claim in ran)
    if not count:
        return f"moderated t: not used, because fewer than {FEWEST_ROWS} rows have effects of one unit and a spread."
    return (
        f"moderated t: the errors of {count} rows use each other's variances; a row that is much noisier than the "
        f"others errs more often."
    )


def _over(ran: Sequence[ClaimRow], who: Callable[[ClaimRow], str]) -> list[str]:
    """What the verdicts generalise over: one line for all, or the rows of each but the most common."""
    found = sorted(cells.over_texts(ran).items(), key=lambda item: -len(item[1]))
    if not found:
        return []
    (most, _), *others = found
    rest = "".join(
        f"; {over}: {', '.join(dict.fromkeys(map(who, claims)))}"
        if len(claims) <= LONGEST_LIST
        else f"; {over}: {', '.join(dict.fromkeys(claim.id for claim in claims))}"
        for over, claims in others
    )
    return [f"verdicts generalise over {most}{rest}."]


def _listed(notes: Sequence[tuple[ClaimRow, str]], who: Callable[[ClaimRow], str]) -> str:
    """The note on each claim; if there are many, the number of rows with each note."""
    if len(notes) <= LONGEST_LIST:
        return "; ".join(f"{who(claim)} {text}" for claim, text in notes)
    counts: dict[str, Counter[str]] = {}
    for claim, text in notes:
        counts.setdefault(text, Counter())[claim.id] += 1
    rows = {text: ", ".join(f"{id} {count}x" for id, count in ids.items()) for text, ids in counts.items()}
    return "; ".join(f"{text} in the marked rows ({ids})" for text, ids in rows.items())


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters. A number and its percent sign stay on one line."""
    lines = textwrap.wrap(text.replace(" %", "\0%"), width, subsequent_indent="  ", break_on_hyphens=False)
    return [line.replace("\0%", " %") for line in lines]
