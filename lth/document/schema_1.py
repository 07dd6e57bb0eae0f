"""Converts documents of schema 1 to the present form. In schema 1 an effect was a label, and an arm was a name."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lth.claims.arm_id import ArmId
from lth.document.rows import SCHEMA
from lth.document.typed import converted
from lth.errors import UsageError

_SHARE = re.compile(r"(?P<share>\d{1,9}(\.\d{1,18})?(e-?\d{1,2})?) × (?P<arm>.+)")
_OPTIONS = {"searched on": "searched_on", "recipe by task": "recipe_by_task"}
_KEPT = ("created", "commit", "environment", "warnings", "total_cost", "sequential")


@dataclass(frozen=True)
class _Effect:
    label: str


@dataclass(frozen=True)
class _Published:
    effect: dict[str, Any] | None = None


@dataclass(frozen=True)
class _Claim:
    id: str
    arms: dict[str, dict[str, Any]]
    verdict: str
    region: dict[str, Any]
    effect: _Effect | None = None
    row: str | None = None
    degenerate: dict[str, int] | None = None
    published: _Published | None = None


@dataclass(frozen=True)
class _Agreement:
    cochran_heads: dict[str, float | None] | None = None
    cochran_mlps: dict[str, float | None] | None = None
    cochran_weights: dict[str, float | None] | None = None
    jaccard_heads: dict[str, float | None] | None = None
    jaccard_mlps: dict[str, float | None] | None = None
    jaccard_weights: dict[str, float | None] | None = None


@dataclass(frozen=True)
class _Structure:
    agreement: _Agreement | None = None
    importance: dict[str, Any] | None = None


@dataclass(frozen=True)
class _Transfer:
    overlap: dict[str, Any] | None = None


@dataclass(frozen=True)
class _Document:
    """The parts of a document of schema 1 that have another form now, with their types."""

    claims: list[_Claim]
    options: dict[str, Any] = field(default_factory=dict)
    structures: list[_Structure] = field(default_factory=list)
    transfer: _Transfer | None = None


def upgraded(old: Mapping[str, Any]) -> dict[str, Any]:
    """The document in the form of SCHEMA, as plain values. Parts that have the same form now are as they were.

    Raises UsageError, which says path, given and expected, for what is not in the form of schema 1.
    """
    converted(old, _Document)
    options = {_OPTIONS.get(name, name): value for name, value in old.get("options", {}).items()}
    options["tasks"] = _listed(options.pop("task", ""))
    options["seeds"] = [int(seed) for seed in _listed(options.get("seeds", "")) if seed.isdecimal() and len(seed) < 19]
    new: dict[str, Any] = {name: old[name] for name in _KEPT if old.get(name) is not None}
    new |= {"schema": SCHEMA, "options": {name: value for name, value in options.items() if value != ""}}
    new |= {part: _each(old, part, upgrade) for part, upgrade in (("claims", _claim), ("structures", _structure))}
    if transfer := old.get("transfer"):
        overlap = {name: value for name, value in (transfer.get("overlap") or {}).items() if value is not None}
        new["transfer"] = {**transfer, "overlap": overlap or None}
    return new


def _each(old: Mapping[str, Any], part: str, upgrade: Callable[[Mapping[str, Any]], dict[str, Any]]) -> list[Any]:
    new = []
    for at, entry in enumerate(old.get(part, ())):
        try:
            new.append(upgrade(entry))
        except UsageError as error:
            raise UsageError(f"$.{part}[{at}]: {error}") from error
    return new


def _listed(text: Any) -> list[str]:
    return [part.strip() for part in str(text).split(",") if part.strip()]


def _claim(old: Mapping[str, Any]) -> dict[str, Any]:
    effect, beside = old.get("effect"), old.get("published")
    renamed = ("arms", "effect", "region", "unit", "degenerate", "published")
    new = {name: value for name, value in old.items() if name not in renamed and value is not None}
    new["arms"] = [{**arm, "id": _id(name)} for name, arm in old["arms"].items()]
    new["effect"] = {
        "label": effect["label"] if effect else "",
        "unit": old.get("unit", "% of full"),
        "region": old["region"],
        "interval": effect and _interval(effect),
        "terms": _terms(effect["label"], old["arms"]) if effect else _transfer_terms(old),
    }
    new.setdefault("adjusted_verdict", old["verdict"])
    new["collapsed"] = [{"arm": _id(name), "runs": runs} for name, runs in (old.get("degenerate") or {}).items()]
    if beside:
        said = beside.get("effect")
        new["published"] = {**beside, "interval": said and _interval(said)}
    return new


def _interval(effect: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in effect.items() if name != "label"}


def _id(name: str) -> dict[str, Any]:
    return dataclasses.asdict(ArmId.parse(name))


def _terms(label: str, arms: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The arms in a label such as `a − 0.9 × b`, with their factors; empty if it is not a sum of arms."""
    first, *rest = label.split(" − ")
    terms = [(1.0, first)]
    for text in rest:
        share = _SHARE.fullmatch(text)
        terms.append((-float(share["share"]), share["arm"]) if share else (-1.0, text))
    known = all(name in arms for _, name in terms)
    return [{"factor": factor, "arm": _id(name)} for factor, name in terms] if known else []


def _transfer_terms(old: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The arms of a transfer claim that was not run. Its effect had no label, but its id and row name the ticket.

    chen-5 is about the ticket of the task in its row, chen-6 about that of masked language modelling. The ticket has no
    sparsity if nothing was scored.
    """
    source = {"chen-5": old.get("row"), "chen-6": "mlm"}.get(old["id"])
    if not source:
        return []
    ticket = next((name for name in old["arms"] if name != "full"), f"{source} ticket")
    return [{"factor": 1.0, "arm": _id(ticket)}, {"factor": -1.0, "arm": _id("full")}]


def _structure(old: Mapping[str, Any]) -> dict[str, Any]:
    agreed, importance = old.get("agreement") or {}, old.get("importance") or {}
    agreement = {}
    for units in ("heads", "mlps", "weights"):
        cochran, jaccard = (agreed.get(f"{name}_{units}") or {} for name in ("cochran", "jaccard"))
        row = {
            "kappa": agreed.get(f"kappa_{units}"),
            "cochran": cochran.get("statistic"),
            "p": cochran.get("p"),
            "jaccard": jaccard.get("mean"),
            "by_chance": jaccard.get("by_chance"),
        }
        if any(value is not None for value in row.values()):
            agreement[units] = row
    kept = ("task", "model", "pruning", "seeds", "parameters", "kept_parameters", "heads", "mlps")
    new = {name: old[name] for name in kept if old.get(name) is not None}
    new |= {"agreement": agreement}
    return new | {f"{part[:-1]}_importances": importance[part] for part in ("heads", "mlps") if part in importance}
