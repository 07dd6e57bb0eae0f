"""How the test of a claim ends, and why, in one line."""

from __future__ import annotations

from lth.claims.claim import Claim
from lth.claims.effects import FULL_SCORE
from lth.document.rows import ClaimRow
from lth.report import cells
from lth.verdict import Verdict


def ending(row: ClaimRow, claim: Claim) -> tuple[str, str]:
    """The outcome of the row's test, as `ClaimRow.outcome` names it, and its message.

    If `claim` names a divergence of this model and the verdict agrees with the paper, the test fails.
    """
    if row.verdict is Verdict.NOT_RUN:
        return "not run", cells.reason_text(row)
    known = claim.diverges.get(f"{row.model}/{row.task}")
    if known and cells.agrees(row):
        return "failed", f"XPASS(strict): {_sentence(row)}, but the claim names a divergence: {known}"
    return row.outcome, _sentence(row) + (f"; known divergence: {known}" if known else "")


def _sentence(row: ClaimRow) -> str:
    """The verdict with effect, interval and region, and what the paper says."""
    effect, interval = row.effect, row.interval
    assert interval
    says = {True: "the paper says true", False: "the paper says false", None: "the paper says it depends"}
    percent, of_full = (" %", " % of the full score") if effect.unit == FULL_SCORE else ("", "")
    open_ = "".join(
        [
            f"; {row.reason}" if row.reason else "",
            f"; about {row.seeds_needed} seeds would decide" if row.seeds_needed else "",
        ]
    )
    return (
        f"{row.verdict}: {effect.label} = {cells.interval_text(interval, effect.unit)}{of_full}, "
        f"claimed {cells.region_text(effect.region, effect.unit)}{percent}; {says[row.paper_verdict]}"
        f"{open_ if row.verdict is Verdict.INCONCLUSIVE else ''}"
    )
