"""What changed between two runs' documents: each claim's verdict, and its effect beyond noise.

Knows documents, but neither files nor views. `effects` computes the interval of a change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from lth.document.printable import printable
from lth.document.rows import ClaimRow, Document, OptionsRow
from lth.errors import EvidenceError
from lth.history import effects
from lth.history.distance import farther, growth
from lth.verdict import Interval
from lth.verdict.interval import check_alpha

UNCHANGED = "same scores"
"""The method of a change between runs with equal scores."""

_SHOWN_AS = {
    "tasks": "task",
    "searched_on": "searched on",
    "super_seeds": "seeds of super-survivors",
    "recipe_by_task": "recipe by task",
}


@dataclass(frozen=True)
class Change:
    """One claim in two documents; `old` or `new` is None if only the other document has it.

    `interval` is the new effect minus the old one, in the effect's unit; None if one of them is missing or the units
    differ. `worsening` is the interval of how far the effect moved away from the claimed region (negative: towards it),
    and `p_worse` the p-value of "it did not move away". Away is down for a region that is open above, and up for one
    that is open below. For a region with two edges, away is further from its middle (see `lth.history.distance`).
    """

    old: ClaimRow | None
    new: ClaimRow | None
    interval: Interval | None = None
    worsening: Interval | None = None
    p_worse: float = 1.0

    @property
    def claim(self) -> ClaimRow:
        """The claim in the new document, or in the old one if only that has it."""
        claim = self.new or self.old
        assert claim
        return claim

    @property
    def in_both(self) -> bool:
        """Whether both documents have the claim."""
        return self.old is not None and self.new is not None

    @property
    def old_effect(self) -> float:
        """The old effect, in its unit; 0 if there is none."""
        interval = self.old.interval if self.old else None
        return (interval.estimate or 0.0) if interval else 0.0

    @property
    def verdict_differs(self) -> bool:
        """Whether the verdicts differ: any two of SUPPORTED, REFUTED, INCONCLUSIVE and NOT RUN.

        They are the verdicts before correction, because a correction depends on the other claims of the run.
        """
        return bool(self.old and self.new and self.old.verdict is not self.new.verdict)

    @property
    def beyond_noise(self) -> bool:
        """Whether the interval excludes zero."""
        return self.interval is not None and (self.interval.low > 0 or self.interval.high < 0)

    @property
    def worse(self) -> bool:
        """Whether the effect moved away from the claimed region, beyond noise."""
        return self.worsening is not None and self.worsening.low > 0

    @property
    def better(self) -> bool:
        """Whether the effect moved towards the claimed region, beyond noise.

        An effect that moved from one side of a region's middle to the other is often neither worse nor better.
        """
        return self.worsening is not None and self.worsening.high < 0


def compare(old: Document, new: Document, alpha: float = 0.05) -> tuple[Change, ...]:
    """Every claim of both documents, in the order of the new one; claims that only the old one has come last.

    The claimed region is the new document's. If the true effect did not move away from it, a claim is called worse with
    a probability of at most `alpha`. This holds for each claim, and not for all of them together. Raises EvidenceError
    for a document that has a claim twice or an arm whose scores cannot be judged, UsageError for an alpha outside
    (0, .5).
    """
    check_alpha(alpha)
    before, after = _by_key(printable(old)), _by_key(printable(new))
    changes = [_change(before.get(key), claim, alpha) for key, claim in after.items()]
    return tuple(changes + [Change(claim, None) for key, claim in before.items() if key not in after])


def circumstances(old: Document, new: Document) -> list[str]:
    """What differs in the options and the environment of two runs, as `torch 2.12 -> 2.13` or `recipe.lr 2 -> 3`."""
    runs = (printable(old), printable(new))
    before, after = (_leaves(_named(run.options)) | _leaves(run.environment) for run in runs)
    return [
        f"{name} {before.get(name, 'unknown')} -> {after.get(name, 'unknown')}"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def _named(options: OptionsRow) -> dict[str, object]:
    """The options by the names that readers see."""
    return {_SHOWN_AS.get(field.name, field.name): getattr(options, field.name) for field in fields(options)}


def _leaves(values: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Every value that is not itself a mapping, by its dotted name such as `recipe.lr`; without empty ones."""
    leaves: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            leaves |= _leaves(value, f"{prefix}{name}.")
        elif value not in ("", ()):
            leaves[f"{prefix}{name}"] = ", ".join(map(str, value)) if isinstance(value, tuple) else value
    return leaves


def _change(old: ClaimRow | None, new: ClaimRow, alpha: float) -> Change:
    before, after = effects.measured(old) if old else None, effects.measured(new)
    if not old or not before or not after or old.effect.unit != new.effect.unit:
        return Change(old, new)
    estimates, region = effects.change(before, after), new.effect.region
    if estimates is None:
        same = Interval(0.0, 0.0, 0.0, UNCHANGED, alpha)
        return Change(old, new, same, same)
    interval = estimates.interval(alpha)
    if region.high is None:
        return Change(old, new, interval, _reversed(interval), estimates.high.p_less(0))
    if region.low is None:
        return Change(old, new, interval, interval, estimates.low.p_greater(0))
    total = effects.total(before, after, (region.low + region.high) / 2)
    return Change(old, new, interval, growth(estimates, total, alpha), farther(estimates, total))


def _reversed(interval: Interval) -> Interval:
    """The interval of the move in the opposite direction."""
    return replace(interval, estimate=-interval.estimate, low=-interval.high, high=-interval.low)


def _by_key(document: Document) -> dict[tuple[str, ...], ClaimRow]:
    keyed: dict[tuple[str, ...], ClaimRow] = {}
    for claim in document.claims:
        if claim.key in keyed:
            raise EvidenceError(
                f"claim {claim.name} on {claim.task} is twice in one run; expected it once; compare whole runs"
            )
        keyed[claim.key] = claim
    return keyed
