"""The subnetworks that searches found, as rows for pictures and size tables. Does not import torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lth.document.numbers import finite
from lth.document.rows import AgreementRow, StructureRow
from lth.evidence.decide import Decision, Evidence
from lth.spec.expressions import Expression
from lth.spec.settings import Settings
from lth.spec.subnetworks import Agreement, Survivors


def structures(decisions: Sequence[Decision], evidence: Evidence, settings: Settings) -> tuple[StructureRow, ...]:
    """One row for each task and kind of pruning whose subnetworks the claims use, in the order of the claims.

    Several pre-trained models have several sets of subnetworks: these are those of the first.
    """
    arms = [arm for decision in decisions for arm in decision.declaration.arms if not arm.missing]
    each = dict.fromkeys(experiment for arm in arms for experiment in arm.experiments)
    searches = [experiment for experiment in each if isinstance(experiment, Survivors)]
    agreements = {experiment.of: experiment for experiment in each if isinstance(experiment, Agreement)}
    groups: dict[tuple[str, str], list[Survivors]] = {}
    for search in searches:
        if len(settings.models) == 1 or search.of.start.pretrained == settings.model:
            groups.setdefault((search.of.task.name, search.pruning), []).append(search)
    model = settings.model_text
    return tuple(_structure(group, agreements.get(tuple(group)), evidence, model) for group in groups.values())


def _structure(
    group: Sequence[Survivors], agreement: Expression | None, evidence: Evidence, model: str
) -> StructureRow:
    values = [(each.of.seed, value) for each in group if "parameters" in (value := evidence.details(each))]
    agreed = evidence.details(agreement) if agreement else {}
    gates = values if group[0].pruning == "structured" else []
    return StructureRow(
        group[0].of.task.name,
        model,
        group[0].pruning,
        tuple(seed for seed, _ in values),
        values[0][1]["parameters"]["full"] if values else None,
        tuple(value["kept_parameters"] for _, value in values),
        {units: _agreement(agreed, units) for units in ("heads", "mlps", "weights") if f"kappa_{units}" in agreed},
        _frozen([value["heads"] for _, value in gates]),
        _frozen([value["mlps"] for _, value in gates]),
        _frozen([value["importance"]["heads"] for _, value in gates]),
        _frozen([value["importance"]["mlps"] for _, value in gates]),
    )


def _agreement(agreed: Mapping[str, Any], units: str) -> AgreementRow:
    cochran, jaccard = agreed[f"cochran_{units}"], agreed[f"jaccard_{units}"]
    numbers = (agreed[f"kappa_{units}"], cochran["statistic"], cochran["p"], jaccard["mean"], jaccard["by_chance"])
    return AgreementRow(*map(finite, numbers))


def _frozen(values: Any) -> Any:
    """Nested lists as tuples, and numbers that are not finite as None."""
    if isinstance(values, list):
        return tuple(map(_frozen, values))
    return None if isinstance(values, float) and not math.isfinite(values) else values
