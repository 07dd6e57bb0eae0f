"""The verdict table for the terminal, in plain ASCII but for what the claims themselves say.

Knows the report document and a width; nothing is measured or decided here.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from lth.document.document import PLAIN, Claim, Document
from lth.report import cells
from lth.report.cells import summary_line
from lth.report.layout import AS_DECLARED, Layout, arranged

__all__ = ["summary_line", "terminal_table"]

COLORS = {"SUPPORTED": "32", "REFUTED": "31", "INCONCLUSIVE": "33"}
EFFECT = "effect, % of full"
SHORT = {EFFECT: "effect", "pub.": "pub"}
RIGHT = {EFFECT, "mde"}
LONGEST_LIST = 12
"""So many claims are listed one by one in the legend."""
NARROWEST_STATEMENT, LONGEST_REASON = 16, 80  # characters: a narrower statement is left out, a longer reason is cut


def terminal_table(
    document: Document, width: int | None = None, color: bool = False, layout: Layout = AS_DECLARED
) -> str:
    """The claims' verdicts, a block for each task, with a legend of only those marks that occur.

    `width` is in characters (120 if not given). Where it is too small, the statements are cut, then left out, then the
    minimal detectable effects, then the regions; below about 65 characters the lines grow longer than `width`. Claims
    that were not run share a line with others of the same reason. `layout` asks for another order, blocks or columns.
    """
    if not document["claims"]:
        return "no claim was judged"
    width = width or 120
    grouped = cells.groups(arranged(document, layout))
    folds = {key: cells.folded(group) for key, group in grouped.items()}
    kept = {
        key: [claim for claim in group if not any(claim in alike for alike in folds[key].values())]
        for key, group in grouped.items()
    }
    header, rows = _fit([claim for group in kept.values() for claim in group], width, color, layout.columns)
    size = max(len(header), min(width, 60))
    lines: list[str] = []
    position = 0
    for key, group in grouped.items():
        if not kept[key] and not any(folds[key]):
            continue
        full = next((claim["full_mean"] for claim in group if cells.finite(claim.get("full_mean")) is not None), None)
        metric = f", full {group[0].get('metric') or 'score'} {full:.3f}" if full is not None else ""
        title = cells.elide(cells.group_title(key) + metric, size - 4)
        lines += [f" {title} ".center(size, "-"), *[header.rstrip(), "-" * size] * bool(kept[key])]
        lines += rows[position : position + len(kept[key])]
        alike = [
            f"NOT RUN: {reason}: {', '.join(map(cells.name, fold))}" for reason, fold in folds[key].items() if reason
        ]
        lines += [*(line for note in alike for line in _wrap(note, size)), "-" * size, ""]
        position += len(kept[key])
    return "\n".join(lines + [line for note in _notes(document) for line in _wrap(note, width)])


def _notes(document: Document) -> list[str]:
    """The legend, and the claims that the recorded figures say nothing about."""
    folds = [(cells.folded(group), group) for group in cells.groups(document).values()]
    wanting = [claim for fold, _ in folds for claim in fold.get("", [])]
    judged = [claim for fold, group in folds if not _one_reason(fold, group) for claim in group]
    return [*_legend(document, document["claims"]), *[_wanting(wanting, judged)] * bool(wanting)]


def _one_reason(folds: Mapping[str, Sequence[Claim]], group: Sequence[Claim]) -> bool:
    """Whether nothing of the group was run for one reason, which is about the task and not about a claim."""
    return any(reason and len(alike) == len(group) for reason, alike in folds.items())


def _wanting(wanting: Sequence[Claim], judged: Sequence[Claim]) -> str:
    """Which claims the recorded figures say nothing about, by id, with the tasks unless it is so on all tasks."""
    texts = []
    for name in dict.fromkeys(claim["id"] for claim in wanting):
        tasks = list(dict.fromkeys(claim["task"] for claim in wanting if claim["id"] == name))
        everywhere = {claim["task"] for claim in judged if claim["id"] == name} == set(tasks)
        texts.append(name if everywhere else f"{name} on {', '.join(tasks)}")
    return f"NOT RUN for want of figures: {'; '.join(texts)}."


def _fit(claims: Sequence[Claim], width: int, color: bool, wanted: Sequence[str]) -> tuple[str, list[str]]:
    """Header and one line a claim, with as many of the wanted columns as fit (none named: of all)."""
    if not claims:
        return "", []
    table = _columns(claims)
    statements = table.pop("statement")
    if wanted:
        table = {title: table[title] for title in table if title == "claim" or SHORT.get(title, title) in wanted}
    reasons = [len(cells.reason_text(claim)) for claim in claims if claim["verdict"] == "NOT RUN"]
    names = max(map(len, table["claim"]))
    room = min(width - len(_lay_out(table)[0]) - 2, width - names - 4 - min(max(reasons, default=0), LONGEST_REASON))
    if room >= NARROWEST_STATEMENT and (not wanted or "statement" in wanted):
        table = {"claim": table.pop("claim"), "statement": [cells.elide(text, room) for text in statements], **table}
    for column in ("mde", "region", "pub."):
        if len(_lay_out(table)[0]) > width:
            table.pop(column, None)
    dashes, header, *lines = _lay_out(table)
    starts = {title: match.start() for title, match in zip(table, re.finditer("-+", dashes), strict=True)}
    return header, [_finish(*row, starts, width, color) for row in zip(claims, lines, strict=True)]


def _lay_out(table: dict[str, list[str]]) -> list[str]:
    """A line of dashes that shows where the columns are, the titles, and one line a claim, all equally long."""
    from tabulate import tabulate

    rows = zip(*([title, *column] for title, column in table.items()), strict=True)
    align = ["right" if title in RIGHT else "left" for title in table]
    dashes, *lines, _ = tabulate(rows, tablefmt="simple", disable_numparse=True, colalign=align).splitlines()
    return [dashes, *(line.ljust(len(dashes)) for line in lines)]


def _columns(claims: Sequence[Claim]) -> dict[str, list[str]]:
    ends = [
        [cells.signed(effect[end], unknown, cells.unit(claim)) for end, unknown in (("low", "-inf"), ("high", "+inf"))]
        if (effect := claim["effect"])
        else ["", ""]
        for claim in claims
    ]
    low, high = (max(len(pair[side]) for pair in ends) for side in (0, 1))
    table: dict[str, list[str]] = {
        title: []
        for title in ("claim", "statement", EFFECT, "region", "seeds", "verdict", "pub.", "paper", "mde")
        if title != "pub." or cells.has_published(claims)
    }
    for claim, (left, right) in zip(claims, ends, strict=True):
        effect, ran = claim["effect"], claim["verdict"] != "NOT RUN"
        needed = claim.get("seeds_needed") if claim["verdict"] == "INCONCLUSIVE" else None
        unit = cells.unit(claim)
        marks = "*" * cells.rule_differs(claim) + "~" * cells.adjusted_differs(claim)
        row = {
            EFFECT: f"{cells.signed(effect['estimate'], unit=unit)} {'[' + left:>{low + 1}}, {right + ']':>{high + 1}}"
            if effect
            else "",
            "region": cells.region_text(claim["region"], unit),
            "seeds": cells.seeds_text(claim) + (f"->{needed}" if needed else ""),
            "verdict": claim["verdict"] + marks,
            "pub.": cells.published_letter(claim),
            "paper": {True: "= ", False: "! ", None: ""}[cells.agrees(claim)] + cells.paper_text(claim),
            "mde": cells.percent(claim.get("mde"), unit),
        }
        table["claim"].append(cells.name(claim))
        table["statement"].append(claim["statement"])
        for title, text in row.items():
            if title in table:
                table[title].append(text if ran else "")
    return table


def _finish(claim: Claim, line: str, starts: dict[str, int], width: int, color: bool) -> str:
    """Put the reason of a claim that was not run in place of its numbers; colour the verdict and the paper's mark."""
    if claim["verdict"] == "NOT RUN":
        first = next((start for title, start in starts.items() if title not in ("claim", "statement")), len(line) + 2)
        head = line.ljust(first)[:first]
        return head + cells.elide(cells.reason_text(claim), width - len(head))
    if color:
        agreement = {True: "32", False: "31"}.get(cells.agrees(claim))  # type: ignore[arg-type]
        paints = {"paper": (1, agreement), "verdict": (len(claim["verdict"]), COLORS.get(claim["verdict"]))}
        for column, (length, code) in paints.items():  # from right to left, since colours take room
            line = _paint(line, starts[column], length, code) if column in starts else line
    return line.rstrip()


def _paint(line: str, start: int, length: int, code: str | None) -> str:
    if code is None:
        return line
    return f"{line[:start]}\x1b[{code}m{line[start : start + length]}\x1b[0m{line[start + length :]}"


def _legend(document: Document, claims: Sequence[Claim]) -> list[str]:
    several = len({claim["task"] for claim in claims}) > 1

    def who(claim: Claim) -> str:
        return f"{claim['task']} {cells.name(claim)}" if several else cells.name(claim)

    ran = [claim for claim in claims if claim["verdict"] != "NOT RUN"]
    notes = []
    if ran:
        level = cells.confidence(document)
        notes = [
            "effect and region (where the claim says it lies) in % of the full model's mean score. SUPPORTED: the "
            f"{level} interval lies inside it; REFUTED: outside; INCONCLUSIVE: across its edge.",
            *["numbers with two decimals are plain: kappa, shares, ratios."] * any(map(_plain, ran)),
            "paper: what it says (= our verdict is the same, ! the opposite). mde: the smallest effect that these "
            "seeds can tell from the region's edge.",
        ]
    if cells.has_published(ran):
        notes.append(
            "pub.: S, R or I, what our rule says of the figures that the paper published (– where there are none)."
        )
    if any(claim["verdict"] == "INCONCLUSIVE" and claim.get("seeds_needed") for claim in claims):
        notes.append("seeds 5->12: measured with 5; about 12 would decide.")
    if text := cells.sequential_text(document):
        notes.append(f"{text}.")
    rule = [(c, f"{c['paper_rule']['verdict']} ({c['paper_rule']['name']})") for c in ran if cells.rule_differs(c)]
    if rule:
        notes.append(f"* the paper's own rule disagrees: {_listed(rule, who)}.")
    adjusted = [(claim, claim["adjusted_verdict"]) for claim in ran if cells.adjusted_differs(claim)]
    if adjusted:
        notes.append(f"~ corrected for its family of claims the verdict differs: {_listed(adjusted, who)}.")
    known = [f"{who(claim)} ({cells.known_divergence(claim)})" for claim in ran if cells.known_divergence(claim)]
    if known:
        notes.append(f"! known of this model: {'; '.join(known)}.")
    degenerate = []
    for (task, *_), group in cells.groups(document).items():
        counts = {arm: number for claim in group for arm, number in (claim.get("degenerate") or {}).items()}
        if text := cells.degenerate_text(counts):
            degenerate.append(f"{task} {text}" if several else text)
    if degenerate:
        notes.append(f"degenerate runs (NaN, or a score at the majority baseline), kept: {'; '.join(degenerate)}.")
    return notes + [f"warning: {text}" for text in document.get("warnings", [])]


def _listed(told: Sequence[tuple[Claim, str]], who: Callable[[Claim], str]) -> str:
    """What is told of each claim; of many, how many rows of which claims it is told of."""
    if len(told) <= LONGEST_LIST:
        return "; ".join(f"{who(claim)} {text}" for claim, text in told)
    counts: dict[str, Counter[str]] = {}
    for claim, text in told:
        counts.setdefault(text, Counter())[claim["id"]] += 1
    rows = {text: ", ".join(f"{id} {count}x" for id, count in ids.items()) for text, ids in counts.items()}
    return "; ".join(f"{text} in the rows so marked ({ids})" for text, ids in rows.items())


def _plain(claim: Claim) -> bool:
    return cells.unit(claim) == PLAIN


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` characters that never part a number from its percent sign."""
    lines = textwrap.wrap(text.replace(" %", "\0%"), width, subsequent_indent="  ", break_on_hyphens=False)
    return [line.replace("\0%", " %") for line in lines]
