"""What searches found, as plain numbers for the document's pictures and size tables. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lth.evidence.decide import Decision, Evidence
from lth.spec.expressions import Expression
from lth.spec.settings import Settings
from lth.spec.subnetworks import Agreement, Survivors


def structures(decisions: Sequence[Decision], evidence: Evidence, settings: Settings) -> list[dict[str, Any]]:
    """One entry for each task and way of pruning whose subnetworks the claims rest on, in the order of the claims.

    {"task", "model", "pruning", "seeds", "kept_parameters": [seed] share of the model's parameters, "parameters": of
    the full model, "agreement": of the masks over seeds, where it was measured} and for structured pruning {"heads":
    [seed][layer][head] 0/1, "mlps": [seed][layer] 0/1, "importance": {"heads": [seed][layer][head], "mlps":
    [seed][layer]} normalised to 0..1, "kappa": {"heads", "mlps"} or None}. Seeds whose search broke down are left out.
    """
    arms = [arm for decision in decisions for arm in decision.declaration.arms if not arm.missing]
    each = dict.fromkeys(experiment for arm in arms for experiment in arm.experiments)
    searches = [experiment for experiment in each if isinstance(experiment, Survivors)]
    agreements = {experiment.of: experiment for experiment in each if isinstance(experiment, Agreement)}
    groups: dict[tuple[str, str], list[Survivors]] = {}
    for search in searches:
        groups.setdefault((search.of.task.name, search.pruning), []).append(search)
    return [_structure(group, agreements.get(tuple(group)), evidence, settings) for group in groups.values()]


def _structure(
    group: Sequence[Survivors], agreement: Expression | None, evidence: Evidence, settings: Settings
) -> dict[str, Any]:
    values = [(each.of.seed, value) for each in group if "parameters" in (value := evidence.details(each))]
    agreed = dict(evidence.details(agreement)) if agreement else {}
    about: dict[str, Any] = {
        "task": group[0].of.task.name,
        "model": settings.model.model,
        "pruning": group[0].pruning,
        "seeds": [seed for seed, _ in values],
        "parameters": values[0][1]["parameters"]["full"] if values else None,
        "kept_parameters": [value["kept_parameters"] for _, value in values],
        "agreement": {name: what for name, what in agreed.items() if name.startswith(("kappa", "cochran", "jaccard"))},
    }
    if group[0].pruning == "structured":
        about |= {name: [value[name] for _, value in values] for name in ("heads", "mlps")}
        about["importance"] = {name: [value["importance"][name] for _, value in values] for name in ("heads", "mlps")}
        about["kappa"] = {name: agreed.get(f"kappa_{name}") for name in ("heads", "mlps")}
    return about
