"""What changed between two report documents: each claim's verdict, and its effect beyond noise.

Knows documents alone: neither files nor how a change is shown; `effects` says how a change gets its interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lth.document.document import Claim, Document
from lth.errors import EvidenceError
from lth.history import effects
from lth.report.cells import finite, unit
from lth.verdict import Interval
from lth.verdict.interval import check_alpha

UNCHANGED = "same scores"
"""The method of a change between runs whose scores are equal."""

Key = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Change:
    """One claim in two documents; `old` or `new` is None where only the other has it.

    `interval` is new effect less old one, in the effect's unit; None where either has none or the units differ.
    `worsening` is how far the effect moved away from the region claimed (negative: towards it) and `p_worse` the
    p-value of "it did not move away". Away is down for a region open above, up for one open below, and further from the
    middle of one with two edges; there both directions may be worse, so that p is doubled and each side of the interval
    errs with alpha / 2.
    """

    id: str
    row: str
    task: str
    model: str
    source: str
    old: Claim | None
    new: Claim | None
    interval: Interval | None = None
    worsening: float = 0.0
    p_worse: float = 1.0

    @property
    def verdict_differs(self) -> bool:
        """Whether the verdicts differ: any two of SUPPORTED, REFUTED, INCONCLUSIVE and NOT RUN, in either direction.

        They are the verdicts before any correction, which would depend on the other claims of the run.
        """
        return bool(self.old and self.new and self.old["verdict"] != self.new["verdict"])

    @property
    def beyond_noise(self) -> bool:
        """Whether the interval excludes zero."""
        return self.interval is not None and (self.interval.low > 0 or self.interval.high < 0)

    @property
    def worse(self) -> bool:
        """Whether the effect moved away from the region claimed, beyond noise."""
        return self.beyond_noise and self.worsening > 0


def compare(old: Document, new: Document, alpha: float = 0.05) -> tuple[Change, ...]:
    """Every claim of both documents, in the order of the new one; what only the old one has comes last.

    A claim is the same by id, row, task, model and source. Away from its region is told by the new region. Where the
    true effects are equal, a claim is called worse with a probability of at most `alpha`; that is for each claim, and
    not for all of them together. Raises EvidenceError for a document whose effects are no effects or that has a claim
    twice, UsageError for an alpha outside (0, .5).
    """
    check_alpha(alpha)
    before, after = _by_key(old), _by_key(new)
    changes = [_change(before.get(key), claim, alpha) for key, claim in after.items()]
    return tuple(changes + [_change(claim, None, alpha) for key, claim in before.items() if key not in after])


def circumstances(old: Document, new: Document) -> list[str]:
    """What differs in the options and the environment of two runs, as `torch 2.12 -> 2.13` or `recipe.lr 2 -> 3`."""
    before, after = (_flat(document.get("options")) | _flat(document.get("environment")) for document in (old, new))
    return [
        f"{key} {before.get(key, 'not told')} -> {after.get(key, 'not told')}"
        for key in dict.fromkeys([*before, *after])
        if before.get(key) != after.get(key)
    ]


def _flat(values: object, prefix: str = "") -> dict[str, object]:
    if not isinstance(values, Mapping):
        return {prefix.rstrip("."): values} if prefix else {}
    return {name: leaf for key, value in values.items() for name, leaf in _flat(value, f"{prefix}{key}.").items()}


def _change(old: Claim | None, new: Claim | None, alpha: float) -> Change:
    known = new or old
    assert known
    names = _key(known)
    if not old or not new or effects.value(old) is None or effects.value(new) is None or unit(old) != unit(new):
        return Change(*names, old, new)
    low, high = (finite(new["region"][end]) for end in ("low", "high"))
    side = alpha if low is None or high is None else alpha / 2
    estimates = effects.change(old, new)
    if estimates is None:
        return Change(*names, old, new, Interval(0.0, 0.0, 0.0, UNCHANGED, side))
    greater, less = estimates
    lower, upper = greater.interval(side), less.interval(side)
    interval = Interval(greater.value, lower.low, upper.high, greater.method, side, lower.reason or upper.reason)
    if high is None:
        worsening, p_worse = -interval.estimate, less.p_less(0)
    elif low is None:
        worsening, p_worse = interval.estimate, greater.p_greater(0)
    else:
        middle = (low + high) / 2
        worsening = abs(new["effect"]["estimate"] - middle) - abs(old["effect"]["estimate"] - middle)
        p_worse = min(1.0, 2 * min(greater.p_greater(0), less.p_less(0))) if worsening > 0 else 1.0
    return Change(*names, old, new, interval, worsening, p_worse)


def _by_key(document: Document) -> dict[Key, Claim]:
    keyed: dict[Key, Claim] = {}
    for claim in document["claims"]:
        _check(claim)
        key = _key(claim)
        if key in keyed:
            raise EvidenceError(f"claim {_name(claim)} stands twice in one run; expected it once; compare whole runs")
        keyed[key] = claim
    return keyed


def _key(claim: Claim) -> Key:
    return claim["id"], claim["row"], claim["task"], str(claim.get("model") or ""), str(claim.get("source") or "")


def _check(claim: Claim) -> None:
    parts = {"region": ("low", "high"), "effect": ("estimate", "low", "high", "alpha")}
    for name, keys in parts.items():
        part = claim[name]
        for key in keys if part is not None else ():
            number = part.get(key, "nothing") if isinstance(part, Mapping) else "nothing"
            if number is not None and not isinstance(number, (int, float)):
                raise EvidenceError(
                    f"claim {_name(claim)} has {number!r} for its {name}'s {key}; expected a number; "
                    "give a file that lth wrote"
                )


def _name(claim: Claim) -> str:
    return " ".join(part for part in (claim["id"], claim["row"], f"on {claim['task']}") if part)
