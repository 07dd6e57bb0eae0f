"""What is said below the verdict table: one line, or what every mark and unit in it means.

Knows the document and no layout.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from lth.claims.effects import PLAIN, POINTS
from lth.document.rows import ClaimRow, Document
from lth.evidence.recorded import NO_STD
from lth.report import cells
from lth.verdict import Verdict
from lth.verdict.moderated import FEWEST_ROWS, MODERATED

LONGEST_LIST = 12
"""The legend lists at most this many claims one by one."""


def without_spread(document: Document) -> list[str]:
    """A line that names the claims of which the evidence has only means; none if there is no such claim."""
    names = dict.fromkeys(claim.name for claim in document.claims if claim.reason.endswith(NO_STD))
    return [f"NOT RUN, only means without a std, so no interval: {'; '.join(names)}."] if names else []


def without_figures(document: Document) -> list[str]:
    """A line that names the claims for which the evidence has no figures; none if it has figures for all."""
    folds = [(cells.folded(claims), claims) for claims in cells.groups(document.claims).values()]
    lacking = [claim for fold, _ in folds for claim in fold.get("", [])]
    judged = [claim for fold, claims in folds if not _one_reason(fold, claims) for claim in claims]
    return [_without_figures(document, lacking, judged)] if lacking else []


def _one_reason(folds: Mapping[str, Sequence[ClaimRow]], group: Sequence[ClaimRow]) -> bool:
    """Whether the whole group was not run for one reason, which is then about the task and not about a claim."""
    return any(reason and len(alike) == len(group) for reason, alike in folds.items())


def _without_figures(document: Document, lacking: Sequence[ClaimRow], judged: Sequence[ClaimRow]) -> str:
    """The claims for which the evidence has no figures, with their tasks unless these are all tasks.

    A claim is named by its id if it has no figures for any of its rows.
    """
    texts = []
    absent = {(claim.task, claim.name) for claim in lacking}
    partly = {claim.id for claim in judged if (claim.task, claim.name) not in absent}
    named = [(claim.name if claim.id in partly else claim.id, claim) for claim in lacking]
    for name in dict.fromkeys(name for name, _ in named):
        tasks = list(dict.fromkeys(claim.task for known, claim in named if known == name))
        everywhere = {claim.task for claim in judged if name in (claim.id, claim.name)} == set(tasks)
        texts.append(name if everywhere else f"{name} on {', '.join(tasks)}")
    what = "figures published" if document.options.evidence == "published" else "scores recorded"
    return f"NOT RUN, no {what}: {'; '.join(texts)}."


def in_short(document: Document) -> list[str]:
    """One line that says how to read the table, where a claim was judged."""
    if all(claim.verdict is Verdict.NOT_RUN for claim in document.claims):
        return []
    level = cells.confidence(document)
    return [
        f"SUPPORTED: the {level} interval lies inside the region; REFUTED: outside; INCONCLUSIVE: across its edge. "
        "Effects are in % of the full model's score, or in pts. -v explains more."
    ]


def lines_below(document: Document) -> list[str]:
    """What a reader must know in any case: undefined effects, known divergences of the model, and warnings."""
    who = _namer(document)
    undefined = [claim for claim in document.claims if _is_undefined(claim)]
    known = [f"{who(claim)} ({text})" for claim in document.claims if (text := cells.known_divergence(claim))]
    divergences = [f"! known divergence of this model: {'; '.join(known)}."] if known else []
    return [*_notes_on(undefined, who), *divergences, *(f"warning: {text}" for text in document.warnings)]


def _namer(document: Document) -> Callable[[ClaimRow], str]:
    """What names a row in a note: its claim, and its task if there are several."""
    several = _has_several_tasks(document)
    return lambda claim: f"{claim.task} {claim.name}" if several else claim.name


def _has_several_tasks(document: Document) -> bool:
    return len({claim.task for claim in document.claims}) > 1


def _notes_on(claims: Sequence[ClaimRow], who: Callable[[ClaimRow], str]) -> list[str]:
    """A line with what is special about these verdicts, in the first rows if there are many; none without any."""
    notes = [f"{who(claim)}: {text}" for claim in claims if (text := cells.caveat(claim))]
    return [f"note on {'; '.join(notes[:LONGEST_LIST])}{'; …' if len(notes) > LONGEST_LIST else ''}."] if notes else []


def _is_undefined(claim: ClaimRow) -> bool:
    """Whether the evidence does not define the row's effect, such as kappa of masks that keep everything."""
    return bool(claim.interval and claim.interval.estimate is None and cells.caveat(claim))


def legend(document: Document) -> list[str]:
    """Every mark, unit and column that occurs, and the notes on single rows."""
    claims, who = document.claims, _namer(document)
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
    notes += _notes_on([claim for claim in ran if not _is_undefined(claim)], who)
    collapsed = []
    for group, members in cells.groups(claims).items():
        if text := cells.collapsed_text(cells.collapsed_arms(members).values()):
            collapsed.append(f"{group.task} {text}" if _has_several_tasks(document) else text)
    if collapsed:
        where = "; ".join(collapsed)
        notes.append(
            f"collapsed runs (NaN, or a score at the majority baseline), with the {cells.confidence(document)} "
            f"interval of their share of all runs; they stay in the means: {where}."
        )
    return notes


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
