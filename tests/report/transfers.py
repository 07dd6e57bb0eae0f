"""Documents of tests with claims about tickets on other tasks, and with the overlap of their masks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lth.claims.arm_id import ArmId
from lth.claims.claim import BETWEEN_TASKS
from lth.claims.effects import FULL_SCORE, PLAIN
from lth.document.rows import (
    ClaimRow,
    Document,
    EffectRow,
    IntervalRow,
    OverlapRow,
    RegionRow,
    Term,
    TransferRow,
)
from lth.tasks import TASKS
from lth.verdict import Verdict
from tests.report.made_up import changed, scored

THREE = ("sst2", "rte", "mlm")
FULL = ArmId("full")
Shares = Mapping[tuple[str, str], tuple[float | None, str]]
# By source and target; the row of a task with itself is about its own ticket.
SHARES: Shares = {
    ("sst2", "sst2"): (1.004, "SUPPORTED"),
    ("sst2", "rte"): (0.874, "REFUTED"),
    ("sst2", "mlm"): (0.961, "INCONCLUSIVE"),
    ("rte", "sst2"): (0.953, "REFUTED"),
    ("rte", "rte"): (0.993, "SUPPORTED"),
    ("rte", "mlm"): (0.912, "REFUTED"),
    ("mlm", "sst2"): (1.021, "SUPPORTED"),
    ("mlm", "rte"): (0.998, "SUPPORTED"),
    ("mlm", "mlm"): (0.982, "INCONCLUSIVE"),
}


def against_full(ticket: ArmId, target: str, share: float | None, verdict: str, **fields: Any) -> ClaimRow:
    """A claim that a ticket on `target` has that share of the full model's score."""
    estimate = None if share is None else share - 1
    effect = EffectRow(
        f"{ticket} − full",
        FULL_SCORE,
        RegionRow(low=-0.02),
        None if verdict == "NOT RUN" else IntervalRow("paired t", 0.05, estimate),
        (Term(1.0, ticket), Term(-1.0, FULL)),
    )
    claim = ClaimRow(
        "chen-5",
        "",
        "A task's ticket transfers to another task",
        "chen2020",
        target,
        effect,
        Verdict(verdict),
        Verdict(verdict),
        model="lab",
        data="lab",
        source="measured",
        arms=(scored(str(ticket), 0.8), scored("full", 0.9)),
    )
    return replace(claim, **fields)


def transferred(source: str, target: str, share: float | None, verdict: str, **fields: Any) -> ClaimRow:
    """A claim about the ticket of `source` on `target`, named as in the paper's."""
    own = source == target
    ticket = ArmId("imp", 0.7, source=None if own else source)
    id = "chen-1" if own else "chen-6" if source == "mlm" else "chen-5"
    row = "" if source in ("mlm", target) else source
    return against_full(ticket, target, share, verdict, **{"id": id, "row": row, **fields})


def between(**fields: Any) -> ClaimRow:
    """The claim about the correlation of training examples and transfer."""
    found = IntervalRow("Spearman of source effects", 0.05, 0.62, -0.1, 0.87)
    effect = EffectRow("rho of training examples and transfer", PLAIN, RegionRow(low=0), found)
    row = transferred("sst2", BETWEEN_TASKS, 0.0, "SUPPORTED", id="chen-7", row="", arms=(), effect=effect)
    return changed(row, **fields)


def transfers(shares: Shares, *more: ClaimRow) -> Document:
    """A document with these shares, the correlation and more claims, in this order."""
    names = tuple(dict.fromkeys(source for source, _ in shares))
    pairs = range(len(names))
    overlap = OverlapRow(
        names=(*names, "theta_0"),
        sparsity=0.7,
        jaccard=tuple(tuple(0.9 if row < column else 0.85 for column in (*pairs, -1)) for row in (*pairs, -1)),
        beyond=tuple(tuple(1.0 if row == column else 0.23 for column in pairs) for row in pairs),
        by_chance=0.176,
    )
    sizes = {name: TASKS[name].sizes[0] for name in names}
    claims = [transferred(*pair, *cell) for pair, cell in shares.items()]
    return Document(claims=(*claims, between(), *more), transfer=TransferRow(sizes, 0.7, overlap))


def with_overlap(document: Document, **fields: Any) -> Document:
    """The document with other fields of its overlap."""
    assert document.transfer
    assert document.transfer.overlap
    overlap = replace(document.transfer.overlap, **fields)
    return replace(document, transfer=replace(document.transfer, overlap=overlap))


def with_sizes(document: Document, sizes: Mapping[str, int]) -> Document:
    """The document with other numbers of training examples."""
    assert document.transfer
    return replace(document, transfer=replace(document.transfer, train_examples=sizes))


def eleven_tasks() -> Document:
    """Every task's ticket on every task."""
    names = list(TASKS)
    return transfers(
        {(a, b): (1 - 0.004 * (11 * i + j), "REFUTED") for i, a in enumerate(names) for j, b in enumerate(names)}
    )
