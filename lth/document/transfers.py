"""The transfer row, for pictures: what claims between tasks are computed from. Does not import torch."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from lth.document.rows import OverlapRow, TransferRow
from lth.evidence.decide import Decision, Evidence
from lth.spec.cost import train_size
from lth.spec.overlap import Overlap
from lth.spec.settings import Settings


def transfers(decisions: Sequence[Decision], evidence: Evidence, settings: Settings) -> TransferRow | None:
    """Training examples of each source, and the overlap of the tickets' masks; None without tickets between tasks."""
    about = [decision.declaration for decision in decisions if decision.declaration.full is None]
    arms = [arm for declaration in about for arm in declaration.arms if not arm.missing]
    if not any(isinstance(arm.id.source, str) and not arm.id.between_tasks for arm in arms):
        return None
    overlaps = tuple(dict.fromkeys(each for arm in arms for each in arm.experiments if isinstance(each, Overlap)))
    sizes = {source.name: train_size(source, settings.protocol.recipe_for(source)) for source in settings.sources}
    overlap = _overlap(overlaps, evidence) if overlaps else None
    return TransferRow(sizes, settings.protocol.transfer_sparsity, overlap)


def _overlap(overlaps: Sequence[Overlap], evidence: Evidence) -> OverlapRow:
    values = [value for each in overlaps if "jaccard" in (value := evidence.details(each))]
    means = {name: _mean([value[name] for value in values]) for name in ("jaccard", "beyond", "by_chance")}
    return OverlapRow((*overlaps[0].tasks, "theta_0"), overlaps[0].theta_0.sparsity, **means)


def _mean(values: Sequence[Any]) -> Any:
    """The mean over all runs of numbers, or of grids of one shape; None if there are none or one of them is None."""
    if not values or any(value is None for value in values):
        return None
    if isinstance(values[0], list):
        return tuple(_mean(parts) for parts in zip(*values, strict=True))
    return fmean(values)
