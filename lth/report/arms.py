"""The table of arms, as text: what was measured or recorded of each. Knows no markup."""

from __future__ import annotations

from collections.abc import Sequence

from lth.document.rows import ArmRow, ClaimRow
from lth.evidence.recorded import FULL
from lth.report import cells

ArmCells = tuple[str, ...]
BY_SEED = 4
"""The index of the column with the score of each seed."""


def arms_table(claims: Sequence[ClaimRow], arms: Sequence[ArmRow]) -> tuple[ArmCells, list[ArmCells]]:
    """Header and rows of the claims' arms, the full model and the majority baseline first.

    The claims share a task, a full model and a metric.
    """
    metric = claims[0].metric or "score"
    full = next((claim.full_mean for claim in claims if claim.full_mean), None)
    baseline = next((claim.baseline for claim in claims if claim.baseline is not None), None)
    collapsed = {count.arm: count for claim in claims for count in claim.collapsed}
    rows: list[ArmCells] = []
    for arm in sorted(arms, key=lambda arm: arm.id != FULL):
        scores, score = arm.samples, arm.id.measure == "score"
        mean = f"no mean: {arm.lost} of {scores.n} NaN" if arm.lost else f"{scores.mean:.4f} ± {scores.std:.4f}"
        share = cells.percent(scores.mean / full if full and score and not arm.lost else None)
        pairs = zip(arm.seeds, arm.scores, strict=True)
        by_seed = ", ".join(f"{seed}: {'NaN' if value is None else f'{value:.4g}'}" for seed, value in pairs)
        runs = cells.count_text(collapsed[arm.id]) if arm.id in collapsed else ""
        kept = cells.percent(arm.kept_parameters) + _gates(arm)
        rows.append((str(arm.id), str(scores.n), mean.removesuffix(" ± nan"), share, by_seed, kept, runs))
    if baseline is not None and rows:
        share = cells.percent(baseline / full if full else None)
        first = sum(arm.id == FULL for arm in arms)
        rows.insert(first, ("majority baseline", "", f"{baseline:.4f}", share, "", "", ""))
    header = (
        "Arm",
        "Seeds",
        f"{metric}, mean ± std",
        "% of full",
        "Scores by seed",
        "Parameters, %",
        "Collapsed runs",
    )
    return header, rows


def _gates(arm: ArmRow) -> str:
    """The shares of heads and of MLPs that a subnetwork of s-pruning keeps, in percent."""
    if arm.densities.keys() != {"heads", "mlps"}:
        return ""
    heads, mlps = (cells.percent(arm.densities[part]) for part in ("heads", "mlps"))
    return f" (heads {heads}, MLPs {mlps})"
