"""How a person wants the terminal's table: in which order, in which blocks and with which columns. Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from lth.document.document import Claim, Document
from lth.report import cells

COLUMNS = ("statement", "effect", "region", "seeds", "verdict", "pub", "paper", "mde")
"""Those that can be chosen; the name of the claim is always shown."""


@dataclass(frozen=True)
class Layout:
    """`sort` orders the rows of a block, `group_by` says what a block is about; no `columns` means all that fit."""

    sort: str = "claim"
    group_by: str = "task"
    columns: tuple[str, ...] = ()


AS_DECLARED = Layout()


def arranged(document: Document, layout: Layout) -> Document:
    """The document for a table alone: rows in the order wanted, and task and claim exchanged for blocks of claims."""
    place = {key: at for at, key in enumerate(cells.groups(document))}
    claims = sorted(document["claims"], key=lambda claim: (place[cells.group_of(claim)], _rank(claim, layout.sort)))
    if layout.group_by == "claim":
        swapped = {"full_mean": None, "metric": None}
        claims = [{**claim, "id": claim["task"], "task": claim["id"], **swapped} for claim in claims]
    return {**document, "claims": claims}


def _rank(claim: Claim, sort: str) -> float:
    """Smaller stands higher: the order of the claims, the largest effect, SUPPORTED before REFUTED and so on."""
    if sort == "effect":
        estimate = cells.finite(claim["effect"]["estimate"]) if claim["effect"] else None
        return inf if estimate is None else -estimate
    return cells.VERDICTS.index(claim["verdict"]) if sort == "verdict" else 0
