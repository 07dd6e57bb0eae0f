"""The verdict table for the terminal, in plain ASCII but for what the claims themselves say.

Knows the document and a width; nothing is measured or decided here.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from lth.claims.effects import PLAIN
from lth.document.rows import ClaimRow, Document
from lth.report import cells
from lth.report.columns import Column, shown
from lth.report.layout import AS_DECLARED, Layout, arranged
from lth.verdict import Verdict

_COLORS = {Verdict.SUPPORTED: "32", Verdict.REFUTED: "31", Verdict.INCONCLUSIVE: "33"}
AGREEMENT_COLORS = {True: "32", False: "31", None: ""}
GAP = "  "
LONGEST_LIST = 12
"""So many claims are listed one by one in the legend."""
NARROWEST_STATEMENT, LONGEST_REASON = 16, 80  # characters: a narrower statement is left out, a longer reason is cut
FIRST_TO_GO = ("mde", "region", "pub")
"""Columns that are left out, in this order, where the terminal is too narrow."""


def terminal_table(
    document: Document, width: int | None = None, color: bool = False, layout: Layout = AS_DECLARED
) -> str:
    """The claims' verdicts, a block for each task, with a legend of only those marks that occur.

    `width` is in characters (120 if not given). Where it is too small, the statements are cut, then left out, then the
    minimal detectable effects, then the regions; below about 65 characters the lines grow longer than `width`. Claims
    that were not run share a line with others of the same reason. `layout` asks for another order, blocks or columns.
    """
    if not document.claims:
        return "no claim was judged"
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
    """The legend, and the claims that the recorded figures say nothing about."""
    folds = [(cells.folded(claims), claims) for claims in cells.groups(document.claims).values()]
    wanting = [claim for fold, _ in folds for claim in fold.get("", [])]
    judged = [claim for fold, claims in folds if not _one_reason(fold, claims) for claim in claims]
    return [*_legend(document), *[_wanting(wanting, judged)] * bool(wanting)]


def _one_reason(folds: Mapping[str, Sequence[ClaimRow]], group: Sequence[ClaimRow]) -> bool:
    """Whether nothing of the group was run for one reason, which is about the task and not about a claim."""
    return any(reason and len(alike) == len(group) for reason, alike in folds.items())


def _wanting(wanting: Sequence[ClaimRow], judged: Sequence[ClaimRow]) -> str:
    """Which claims the recorded figures say nothing about, by id, with the tasks unless it is so on all tasks."""
    texts = []
    for name in dict.fromkeys(claim.id for claim in wanting):
        tasks = list(dict.fromkeys(claim.task for claim in wanting if claim.id == name))
        everywhere = {claim.task for claim in judged if claim.id == name} == set(tasks)
        texts.append(name if everywhere else f"{name} on {', '.join(tasks)}")
    return f"NOT RUN for want of figures: {'; '.join(texts)}."


def _fit(claims: Sequence[ClaimRow], width: int, color: bool, wanted: Sequence[str]) -> tuple[str, list[str]]:
    """Header and one line a claim, with as many of the wanted columns as fit."""
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
    """The title and a text for each claim, equally wide; claims that were not run have none."""
    texts = ["" if claim.verdict is Verdict.NOT_RUN else column.cell(claim).terminal for claim in claims]
    parts = zip(*(text for text in texts if isinstance(text, tuple)), strict=True)
    widths = [max(map(len, part)) for part in parts]
    joined = (text if isinstance(text, str) else " ".join(map(str.rjust, text, widths)) for text in texts)
    return _padded([column.short or column.title, *joined], column.right)


def _padded(texts: Sequence[str], right: bool = False) -> list[str]:
    width = max(map(len, texts))
    return [text.rjust(width) if right else text.ljust(width) for text in texts]


def _width(columns: Mapping[str, Sequence[str]]) -> int:
    return len(GAP.join(column[0] for column in columns.values()))


def _line(claim: ClaimRow, row: Mapping[str, str], width: int, color: bool) -> str:
    """The row as a line: with colours, or with the reason in place of its numbers if the claim was not run."""
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
            "effect and region (where the claim says it lies) in % of the full model's mean score. SUPPORTED: the "
            f"{level} interval lies inside it; REFUTED: outside; INCONCLUSIVE: across its edge.",
            *["numbers with two decimals are plain: kappa, shares, ratios."]
            * any(claim.effect.unit == PLAIN for claim in ran),
            "paper: what it says (= our verdict is the same, ! the opposite). mde: the smallest effect that these "
            "seeds can tell from the region's edge.",
        ]
    if cells.has_published(ran):
        notes.append(
            "pub.: S, R or I, what our rule says of the figures that the paper published (– where there are none)."
        )
    if any(claim.verdict is Verdict.INCONCLUSIVE and claim.seeds_needed for claim in claims):
        notes.append("seeds 5->12: measured with 5; about 12 would decide.")
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
        notes.append(f"~ corrected for its family of claims the verdict differs: {_listed(adjusted, who)}.")
    known = [f"{who(claim)} ({cells.known_divergence(claim)})" for claim in ran if cells.known_divergence(claim)]
    if known:
        notes.append(f"! known of this model: {'; '.join(known)}.")
    collapsed = []
    for group, members in cells.groups(claims).items():
        if text := cells.collapsed_text(cells.collapsed_arms(members).values()):
            collapsed.append(f"{group.task} {text}" if several else text)
    if collapsed:
        notes.append(f"collapsed runs (NaN, or a score at the majority baseline), kept: {'; '.join(collapsed)}.")
    return notes + [f"warning: {text}" for text in document.warnings]


def _listed(told: Sequence[tuple[ClaimRow, str]], who: Callable[[ClaimRow], str]) -> str:
    """What is said of each claim; of many, how many rows of which claims it is said of."""
    if len(told) <= LONGEST_LIST:
        return "; ".join(f"{who(claim)} {text}" for claim, text in told)
    counts: dict[str, Counter[str]] = {}
    for claim, text in told:
        counts.setdefault(text, Counter())[claim.id] += 1
    rows = {text: ", ".join(f"{id} {count}x" for id, count in ids.items()) for text, ids in counts.items()}
    return "; ".join(f"{text} in the rows so marked ({ids})" for text, ids in rows.items())


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters that never part a number from its percent sign."""
    lines = textwrap.wrap(text.replace(" %", "\0%"), width, subsequent_indent="  ", break_on_hyphens=False)
    return [line.replace("\0%", " %") for line in lines]
