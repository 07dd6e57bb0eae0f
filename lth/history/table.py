"""Saved runs and the changes between two of them, as text: for the terminal, in Markdown, and a change in one line.

Knows changes and documents; nothing is compared or decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lth.document.document import FULL_SCORE, Claim, Document
from lth.history.changes import UNCHANGED, Change
from lth.history.storage import Saved
from lth.report import cells

HEADER = ("claim", "old verdict", "new verdict", "old effect", "new effect", "change", "mark")
RUNS = ("run", "name", "date", "commit", "tasks", "seeds", *(verdict.lower() for verdict in cells.VERDICTS))


def mark(change: Change) -> str:
    """What is to be seen in the change: `verdict`, `worse`, `better`, `same`; empty for noise.

    `worse` and `better` are beyond noise; `same` means equal scores in every seed.
    """
    moved = ("worse" if change.worse else "better") if change.beyond_noise else ""
    if change.interval and change.interval.method == UNCHANGED and not change.verdict_differs:
        return "same"
    return ", ".join(part for part in ("verdict" * change.verdict_differs, moved) if part)


def terminal(changes: Sequence[Change]) -> str:
    """The claims that both runs have, a line each; how many verdicts and effects changed; the other claims by name.

    Claims that neither has run have no line.
    """
    from tabulate import tabulate

    rows = _rows(changes)
    if not rows:
        return "\n".join(["no claim to compare", *_notes(changes)[1:]])
    return "\n".join(
        [tabulate(rows, headers=_header(changes), tablefmt="simple", disable_numparse=True), *_notes(changes)]
    )


def markdown(changes: Sequence[Change]) -> str:
    """The same as GitHub Markdown, verdicts and effects that changed in bold, ending in a newline."""
    from tabulate import tabulate

    rows = [[cell.replace("|", "\\|") for cell in row] for row in _rows(changes)]
    if not rows:
        return "\n\n".join(["No claim to compare.", *_notes(changes)[1:]]) + "\n"
    for row, change in zip(rows, _shown(changes), strict=True):
        row[-1] = f"**{row[-1]}**" if change.verdict_differs or change.beyond_noise else row[-1]
    table = tabulate(rows, headers=_header(changes), tablefmt="github", disable_numparse=True)
    return "\n\n".join([table, *_notes(changes)]) + "\n"


def sentence(change: Change) -> str:
    """Name, old and new verdict with effect and interval, and the change, in one line."""
    where = " ".join(part for part in (name(change), f"on {change.task}", f"({change.source})") if part != "()")
    parts = [f"{where}: {_side(change.old)} -> {_side(change.new)}"]
    if change.interval:
        parts.append(f"change {_text(change)}, p of worse {change.p_worse:.2g}")
    return ", ".join(parts)


def name(change: Change) -> str:
    """The claim's id with its row."""
    return f"{change.id} {change.row}".strip()


def listing(runs: Sequence[tuple[Saved, Document]]) -> str:
    """The saved runs, a line each: number, name, date, commit, tasks, seeds and how many claims got which verdict."""
    if not runs:
        return "no saved run"
    from tabulate import tabulate

    return tabulate([_run(saved, document) for saved, document in runs], headers=RUNS, disable_numparse=True)


def _run(saved: Saved, document: Document) -> list[str]:
    counts = Counter(claim["verdict"] for claim in document["claims"])
    tasks = ", ".join(dict.fromkeys(claim["task"] for claim in document["claims"]))
    arms = [arm for claim in document["claims"] for arm in claim["arms"].values()]
    sizes = [len(arm.get("seeds") or ()) or arm.get("n", 0) for arm in arms]
    measured = "-".join(dict.fromkeys(str(end(sizes)) for end in (min, max) if sizes))
    date = str(document.get("created", "")).replace("T", " ")[:16]
    told = [f"{saved.number:04}", saved.name, date, str(document.get("commit") or ""), tasks]
    return [
        *told,
        str(document.get("options", {}).get("seeds") or measured),
        *(str(counts[verdict]) for verdict in cells.VERDICTS),
    ]


def _header(changes: Sequence[Change]) -> list[str]:
    return [*_parting(changes), *HEADER]


def _rows(changes: Sequence[Change]) -> list[list[str]]:
    return [
        [
            *(str(getattr(change, part)) for part in _parting(changes)),
            name(change),
            *(claim["verdict"] if claim else "" for claim in (change.old, change.new)),
            *(_effect(claim) for claim in (change.old, change.new)),
            _text(change),
            mark(change),
        ]
        for change in _shown(changes)
    ]


def _both(changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if change.old and change.new]


def _shown(changes: Sequence[Change]) -> list[Change]:
    return [change for change in _both(changes) if not _idle(change)]


def _idle(change: Change) -> bool:
    return all(claim is not None and claim["verdict"] == "NOT RUN" for claim in (change.old, change.new))


def _parting(changes: Sequence[Change]) -> list[str]:
    """Of task, model and source those in which the claims differ."""
    return [
        part for part in ("task", "model", "source") if len({getattr(change, part) for change in _both(changes)}) > 1
    ]


def _side(claim: Claim | None) -> str:
    return f"{claim['verdict']} {_effect(claim)}".strip() if claim else "not there"


def _effect(claim: Claim | None) -> str:
    if not claim or not claim["effect"]:
        return ""
    unit = cells.unit(claim)
    return f"{cells.signed(claim['effect']['estimate'], unit=unit)} {cells.interval_text(claim['effect'], unit)}"


def _text(change: Change) -> str:
    """The change with its interval, always signed."""
    if not change.interval or not change.new:
        return ""
    unit, interval = cells.unit(change.new), change.interval
    ends = [cells.finite(end) for end in (interval.estimate, interval.low, interval.high)]
    number, low, high = (
        "" if end is None else f"{100 * end:+z.1f}" if unit == FULL_SCORE else f"{end:+z.2f}" for end in ends
    )
    return f"{number} [{low or '-inf'}, {high or '+inf'}]"


def _notes(changes: Sequence[Change]) -> list[str]:
    both, several = _both(changes), len({change.task for change in changes}) > 1
    moved = [change for change in both if change.beyond_noise]
    worse = sum(change.worse for change in moved)
    notes = [
        f"claims compared: {len(both)}; verdicts that differ: {sum(change.verdict_differs for change in both)}; "
        f"effects changed beyond noise: {len(moved)}, for the worse: {worse}; run by neither: {sum(map(_idle, both))}."
    ]
    if moved:
        rate = min(change.interval.alpha for change in moved if change.interval)
        notes.append(
            "worse and better: away from the region claimed and towards it, where the change's own interval excludes "
            f"zero; each of its sides errs with at most {rate:g} a claim."
        )
    for side, alone in (
        ("new", [each for each in changes if not each.old]),
        ("old", [each for each in changes if not each.new]),
    ):
        named = [f"{each.task} {name(each)}" if several else name(each) for each in alone]
        notes += [f"only in the {side} run: {', '.join(named)}."] * bool(named)
    return notes
