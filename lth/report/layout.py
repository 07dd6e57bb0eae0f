"""The layout of the terminal's table: the order of its rows, its blocks and its columns. Decides no verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

from lth.document.rows import ClaimRow, Document
from lth.report import cells
from lth.report.columns import COLUMNS
from lth.verdict import Verdict

USUAL = ("statement", "effect", "region", "seeds", "verdict", "pub", "paper", "mde")
"""The columns of the terminal's table by default."""


def known_columns() -> tuple[str, ...]:
    """The names of all columns, the default ones first. The claim's name is always shown and is not among them."""
    return tuple(dict.fromkeys((*USUAL, *COLUMNS)))


@dataclass(frozen=True)
class Layout:
    """`sort` orders the rows of a block, `group_by` is what a block is about, `columns` are shown if they fit."""

    sort: str = "claim"
    group_by: str = "task"
    columns: tuple[str, ...] = USUAL


AS_DECLARED = Layout()
HEADLINE = "headline"
"""The `group_by` that shows, of claims on several tasks, only on how many of them each holds."""


def arranged(document: Document, layout: Layout) -> list[ClaimRow]:
    """The claims in the order of the table. For blocks by claim, the names of task and claim are exchanged."""
    place = {group: at for at, group in enumerate(cells.groups(document.claims))}
    claims = sorted(document.claims, key=lambda claim: (place[cells.group_of(claim)], _rank(claim, layout.sort)))
    if layout.group_by == "claim":
        return [replace(claim, id=claim.task, task=claim.id, full_mean=None, metric="") for claim in claims]
    return claims


def _rank(claim: ClaimRow, sort: str) -> float:
    """Smaller comes first: the order of the claims, the largest effect, SUPPORTED before REFUTED and so on."""
    if sort == "effect":
        return inf if claim.interval is None or claim.interval.estimate is None else -claim.interval.estimate
    return list(Verdict).index(claim.verdict) if sort == "verdict" else 0
