"""Documents of tests with a claim or a part of it changed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lth.claims.arm_id import ArmId
from lth.document.rows import ArmRow, ClaimRow, Document, IntervalRow


def changed(claim: ClaimRow, **fields: Any) -> ClaimRow:
    """The claim with other fields; `interval`, `region` and `unit` are those of its effect."""
    effect = {name: fields.pop(name) for name in ("interval", "region", "unit") if name in fields}
    return replace(claim, effect=replace(claim.effect, **effect), **fields)


def interval(claim: ClaimRow, **fields: Any) -> IntervalRow:
    """The claim's interval with other fields."""
    assert claim.interval
    return replace(claim.interval, **fields)


def with_claim(document: Document, at: int, **fields: Any) -> Document:
    """The document with the claim at that place changed, as `changed` does."""
    claims = list(document.claims)
    claims[at] = changed(claims[at], **fields)
    return replace(document, claims=tuple(claims))


def with_turned(document: Document, at: int, turn: Callable[[ClaimRow], ClaimRow]) -> Document:
    """The document with the claim at that place turned into another."""
    claims = list(document.claims)
    claims[at] = turn(claims[at])
    return replace(document, claims=tuple(claims))


def with_arm(document: Document, at: int, id: ArmId, **fields: Any) -> Document:
    """The document with an arm of the claim at that place changed."""
    arms = tuple(replace(arm, **fields) if arm.id == id else arm for arm in document.claims[at].arms)
    return with_claim(document, at, arms=arms)


def scored(name: str, mean: float) -> ArmRow:
    """An arm with five scores around that mean."""
    return ArmRow(ArmId.parse(name), tuple(range(5)), tuple(round(mean + 0.01 * step, 4) for step in range(-2, 3)))
