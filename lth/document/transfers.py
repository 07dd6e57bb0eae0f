"""What claims between tasks rest on, as plain numbers for the document's pictures. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from lth.claims.between import Across
from lth.evidence.decide import Decision, Evidence
from lth.spec.cost import train_size
from lth.spec.overlap import Overlap
from lth.spec.settings import Settings


def transfers(decisions: Sequence[Decision], evidence: Evidence, settings: Settings) -> dict[str, Any]:
    """{"train_examples": {source: number}, "sparsity": of the tickets, "overlap": {"names": tasks and "theta_0",
    "jaccard", "beyond", "by_chance", see `experiment.overlap`, averaged over seeds}}; {} without such a claim.
    """
    about = [
        decision.declaration for decision in decisions if isinstance(decision.declaration.assertion.effect, Across)
    ]
    arms = [arm for declaration in about for arm in declaration.arms if not arm.missing]
    if not arms:
        return {}
    overlaps = list(dict.fromkeys(each for arm in arms for each in arm.experiments if isinstance(each, Overlap)))
    sizes = {source.name: train_size(source, settings.protocol.recipe_for(source)) for source in settings.sources}
    about_masks: dict[str, Any] = {}
    if overlaps:
        values = [value for each in overlaps if "jaccard" in (value := evidence.details(each))]
        about_masks = {"names": [*overlaps[0].tasks, "theta_0"], "sparsity": overlaps[0].theta_0.sparsity}
        about_masks |= {name: _mean([value[name] for value in values]) for name in ("jaccard", "beyond", "by_chance")}
    return {"train_examples": sizes, "sparsity": settings.protocol.transfer_sparsity, "overlap": about_masks}


def _mean(values: Sequence[Any]) -> Any:
    """The mean over seeds of numbers or of equal grids of them; None where any is None, or there is none."""
    if not values or any(value is None for value in values):
        return None
    if isinstance(values[0], list):
        return [_mean(parts) for parts in zip(*values, strict=True)]
    return fmean(values)
