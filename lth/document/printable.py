"""The document as views show it: control characters in its texts are visible, and no terminal obeys them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from lth.claims.arm_id import ArmId
from lth.errors import visible

Value = TypeVar("Value")


def printable(value: Value) -> Value:
    """`value` with every text in it as `lth.errors.visible` shows it; `value` itself if that changes nothing.

    Names of arms stay: a document with a control character in one is not read.
    """
    shown = _printable(value)
    return value if shown == value else shown


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {visible(str(name)): _printable(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_printable, value))
    if is_dataclass(value) and not isinstance(value, (type, ArmId)):
        given = {field.name: getattr(value, field.name) for field in fields(value)}
        changed = {name: shown for name, inner in given.items() if (shown := _printable(inner)) is not inner}
        return replace(value, **changed)
    return value
