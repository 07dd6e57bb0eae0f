"""Saved runs and the changes between two of them, as text: for the terminal, in Markdown, and as one line a change.

Knows changes and documents. Nothing is compared or decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tabulate import tabulate

from lth.claims.effects import PLAIN
from lth.document.printable import printable
from lth.document.rows import ClaimRow, Document
from lth.errors import visible
from lth.history.changes import UNCHANGED, Change
from lth.history.storage import Saved
from lth.report import cells
from lth.report.escaping import escape
from lth.verdict import Verdict

CHANGES_HEADER = ("claim", "old verdict", "new verdict", "old effect", "new effect", "change", "mark")
RUNS_HEADER = ("run", "name", "date", "commit", "tasks", "seeds", *(verdict.lower() for verdict in Verdict))


def changes_table(changes: Sequence[Change]) -> str:
    """A line for each claim of both runs, the numbers of changed verdicts and effects, and the other claims by name.

    Claims that neither run has run have no line.
    """
    rows = _rows(changes)
    if not rows:
        return "\n".join(["no claim to compare", *_notes(changes)[1:]])
    return "\n".join(
        [tabulate(rows, headers=_header(changes), tablefmt="simple", disable_numparse=True), *_notes(changes)]
    )


def changes_markdown(changes: Sequence[Change]) -> str:
    """The same as GitHub Markdown, with changes in bold and a newline at the end."""
    rows = [[escape(cell) for cell in row] for row in _rows(changes)]
    notes = [escape(note) for note in _notes(changes)]
    if not rows:
        return "\n\n".join(["No claim to compare.", *notes[1:]]) + "\n"
    for row, change in zip(rows, _shown(changes), strict=True):
        row[-1] = f"**{row[-1]}**" if change.verdict_differs or change.beyond_noise else row[-1]
    table = tabulate(rows, headers=_header(changes), tablefmt="github", disable_numparse=True)
    return "\n\n".join([table, *notes]) + "\n"


def change_line(change: Change) -> str:
    """One line: the claim's name, both verdicts with effect and interval, and the change."""
    claim = change.claim
    where = f"{claim.name} on {claim.task}" + (f" ({claim.source})" if claim.source else "")
    parts = [f"{where}: {_side(change.old)} -> {_side(change.new)}"]
    if change.interval:
        parts.append(f"change {_change_text(change)}, p of worse {change.p_worse:.2g}")
    return ", ".join(parts)


def runs_table(runs: Sequence[tuple[Saved, Document]]) -> str:
    """A line for each saved run: number, name, date, commit, tasks, seeds and the number of claims by verdict."""
    if not runs:
        return "no saved run"
    return tabulate([_run(saved, document) for saved, document in runs], headers=RUNS_HEADER, disable_numparse=True)


def _run(saved: Saved, document: Document) -> list[str]:
    document = printable(document)
    counts = Counter(claim.verdict for claim in document.claims)
    tasks = ", ".join(dict.fromkeys(claim.task for claim in document.claims))
    sizes = [arm.n or len(arm.seeds) for claim in document.claims for arm in claim.arms]
    measured = "-".join(dict.fromkeys(str(end(sizes)) for end in (min, max) if sizes))
    date = document.created.replace("T", " ")[:16]
    return [
        *(f"{saved.number:04}", visible(saved.name), date, document.commit, tasks),
        ", ".join(map(str, document.options.seeds)) or measured,
        *(str(counts[verdict]) for verdict in Verdict),
    ]


def _header(changes: Sequence[Change]) -> list[str]:
    return [*_parting(changes), *CHANGES_HEADER]


def _rows(changes: Sequence[Change]) -> list[list[str]]:
    return [
        [
            *(getattr(change.claim, part) for part in _parting(changes)),
            change.claim.name,
            *(claim.verdict if claim else "" for claim in (change.old, change.new)),
            *(_effect(claim) for claim in (change.old, change.new)),
            _change_text(change),
            _mark(change),
        ]
        for change in _shown(changes)
    ]


def _mark(change: Change) -> str:
    """The marks of a change: `verdict`, `worse`, `better`, `moved`, `same`; empty for noise.

    `worse` and `better` are beyond noise. `moved` is beyond noise too, and neither of them: across the middle of a
    region with two edges. `same` means equal scores for every seed.
    """
    moved = "worse" if change.worse else "better" if change.better else "moved" if change.beyond_noise else ""
    if change.interval and change.interval.method == UNCHANGED and not change.verdict_differs:
        return "same"
    return ", ".join(part for part in ("verdict" * change.verdict_differs, moved) if part)


def _both(changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if change.in_both]


def _shown(changes: Sequence[Change]) -> list[Change]:
    return [change for change in _both(changes) if not _idle(change)]


def _idle(change: Change) -> bool:
    return all(claim is not None and claim.verdict is Verdict.NOT_RUN for claim in (change.old, change.new))


def _parting(changes: Sequence[Change]) -> list[str]:
    """The columns among task, model and source in which the claims differ."""
    return [
        part
        for part in ("task", "model", "source")
        if len({getattr(change.claim, part) for change in _both(changes)}) > 1
    ]


def _side(claim: ClaimRow | None) -> str:
    return f"{claim.verdict} {_effect(claim)}".strip() if claim else "missing"


def _effect(claim: ClaimRow | None) -> str:
    return cells.interval_text(claim.interval, claim.effect.unit) if claim and claim.interval else ""


def _change_text(change: Change) -> str:
    """The change with its interval, always signed."""
    if not change.interval:
        return ""
    ends = (change.interval.estimate, change.interval.low, change.interval.high)
    unit = change.claim.effect.unit
    number, low, high = (f"{end:+z.2f}" if unit == PLAIN else f"{cells.FACTOR[unit] * end:+z.1f}" for end in ends)
    return f"{number} [{low}, {high}]"


def _notes(changes: Sequence[Change]) -> list[str]:
    both, several = _both(changes), len({change.claim.task for change in changes}) > 1
    moved = [change for change in both if change.beyond_noise]
    worse = sum(change.worse for change in moved)
    notes = [
        f"claims compared: {len(both)}; verdicts that differ: {sum(change.verdict_differs for change in both)}; "
        f"effects changed beyond noise: {len(moved)}, for the worse: {worse}; "
        f"not run in either run: {sum(map(_idle, both))}."
    ]
    if moved:
        rate = min(change.interval.alpha for change in moved if change.interval)
        notes.append(
            "worse: away from the claimed region, better: towards it, if the interval of the change excludes zero; for "
            f"each claim, each side of this interval errs with a probability of at most {rate:g}."
            + " moved: across the middle of a region with two edges, neither away nor towards is shown."
            * any(not (change.worse or change.better) for change in moved)
        )
    for side, alone in (
        ("new", [change.claim for change in changes if not change.old]),
        ("old", [change.claim for change in changes if not change.new]),
    ):
        named = [f"{claim.task} {claim.name}" if several else claim.name for claim in alone]
        notes += [f"only in the {side} run: {', '.join(named)}."] * bool(named)
    return notes
