"""The document as views show it: control characters in its texts are visible, and no terminal obeys them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from operator import is_
from typing import Any, TypeVar

from lth.claims.arm_id import ArmId
from lth.errors import visible

Value = TypeVar("Value")


def printable(value: Value) -> Value:
    """`value` with every text in it as `lth.errors.visible` shows it; `value` itself if that changes nothing.

    Names of arms stay: a document with a control character in one is not read.
    """
    shown: Value = _printable(value)
    return shown


def _printable(value: Any) -> Any:
    if value is None or isinstance(value, (float, int, ArmId)):
        return value
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        known = {visible(str(name)): _printable(inner) for name, inner in value.items()}
        return value if known == value else known
    if isinstance(value, tuple):
        items = tuple(map(_printable, value))
        return value if all(map(is_, items, value)) else items
    if is_dataclass(value) and not isinstance(value, type):
        given = ((field.name, getattr(value, field.name)) for field in fields(value))
        changed = {name: shown for name, inner in given if (shown := _printable(inner)) is not inner}
        return replace(value, **changed) if changed else value
    return value
