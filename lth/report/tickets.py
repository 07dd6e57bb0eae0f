"""Finds claims about tickets on other tasks, by their arms and not by their names. Draws nothing."""

from __future__ import annotations

from collections.abc import Iterable

from lth.claims.arm_id import ArmId
from lth.claims.claim import BETWEEN_TASKS
from lth.claims.effects import PLAIN
from lth.document.rows import ClaimRow, Document, Term
from lth.evidence.recorded import FULL
from lth.report import cells
from lth.report.cells import Group
from lth.tasks import TASKS
from lth.verdict import additive
from lth.verdict.correlation import METHOD

METHODS = (additive.METHOD, METHOD)
"""The methods of a rank correlation, also of runs that were saved when it was of plain means."""

Tickets = dict[tuple[str, str], ClaimRow]
"""Claims that compare a ticket with the full model, by source and target."""


def found_tickets(document: Document) -> tuple[Group, Tickets]:
    """The claims about tickets of other tasks that start from the pre-trained weights, and their group, without a task.

    The first claim about a source and a target counts. Of several models, data or sources of evidence, the first that
    has an interval is taken.
    """
    found: dict[Group, Tickets] = {}
    for group, claims in cells.groups(document.claims).items():
        for claim in claims:
            ticket = _against_full(claim)
            if ticket and ticket.start == "pretrained" and ticket.source in TASKS.keys() - {claim.task}:
                found.setdefault(group._replace(task=""), {}).setdefault((ticket.source, claim.task), claim)
    ranked = sorted(found.items(), key=lambda item: not any(claim.interval for claim in item[1].values()))
    return ranked[0] if ranked else (Group("", "", "", ""), {})


def own_tickets(document: Document, about: Group, sparsity: float | None) -> dict[str, ClaimRow]:
    """The judged claims about the tasks' own tickets of that sparsity, the first of each task."""
    own: dict[str, ClaimRow] = {}
    for claim in document.claims:
        group = cells.group_of(claim)._replace(task="")
        if group == about and claim.interval and _against_full(claim) == ArmId("imp", sparsity):
            own.setdefault(claim.task, claim)
    return own


def correlation(document: Document, about: Group) -> ClaimRow | None:
    """The claim about the rank correlation of sources' training examples and their tickets' shares.

    Its effect is a plain number between tasks that is not of masks. If it was judged, its method is one of METHODS.
    """
    for claim in cells.groups(document.claims).get(about._replace(task=BETWEEN_TASKS), []):
        between = not claim.effect.terms and claim.effect.unit == PLAIN
        between &= not any(arm.id.between_tasks or arm.id.measure != "score" for arm in claim.arms)
        if between and (claim.interval is None or claim.interval.method in METHODS):
            return claim
    return None


def ids(claims: Iterable[ClaimRow]) -> list[str]:
    """The claims' ids, each once."""
    return list(dict.fromkeys(claim.id for claim in claims))


def share_of(claim: ClaimRow | None) -> float | None:
    """The mean score as a share of the full model's; None if it is unknown."""
    estimate = claim.interval.estimate if claim and claim.interval else None
    return None if estimate is None else 1 + estimate


def in_order(names: Iterable[str]) -> list[str]:
    """The tasks' names, each once, in the order of `lth.tasks.TASKS`, and then unknown names in alphabetical order.

    A task is unknown if a saved run has a task of your own whose file is not here.
    """
    found = sorted(set(names))
    return [*(name for name in TASKS if name in found), *(name for name in found if name not in TASKS)]


def _against_full(claim: ClaimRow) -> ArmId | None:
    """The arm that the claim compares with the full model, if it compares one."""
    match claim.effect.terms:
        case (Term(1.0, arm), Term(-1.0, control)) if control == FULL:
            return arm
    return None
