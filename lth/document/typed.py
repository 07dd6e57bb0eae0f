"""From plain values to typed rows. A value of another type is refused with its path."""

from __future__ import annotations

import re
from typing import Any, TypeVar, get_args

from lth.claims.arm_id import ArmId, StartName, Weights
from lth.claims.effects import Unit
from lth.document.raw import Fault, find, walk
from lth.errors import UsageError, shown
from lth.spec.subnetworks import Pruning
from lth.verdict import Verdict

Row = TypeVar("Row")

NAMES: dict[str, tuple[str, ...]] = {
    "verdict": tuple(Verdict),
    "adjusted_verdict": tuple(Verdict),
    "unit": get_args(Unit),
    "pruning": get_args(Pruning),
    "start": get_args(StartName),
    "weights": get_args(Weights),
}
"""The values of the fields that can have only a few."""

_PLACE = re.compile(r"(?P<what>.*) - at `(?P<path>.*)`")
_TYPE = re.compile(r"Expected `(?P<expected>.*)`, got `(?P<given>.*)`")
_MISSING = re.compile(r"Object missing required field (?P<field>`.*`)")
_NAME = re.compile(r"Invalid enum value (?P<given>.*)")


def converted(raw: Any, row: type[Row]) -> Row:
    """`raw` as a row. Raises UsageError, which says path, given and expected."""
    import msgspec  # most runs read no document

    try:
        return msgspec.convert(raw, row)
    except msgspec.ValidationError as error:
        raise UsageError(str(_fault(str(error), raw))) from error
    except RecursionError as error:
        raise UsageError("nested far too deeply") from error
    except UsageError as error:
        raise UsageError(f"{_impossible_arm(raw)}: {error}") from error


def _fault(message: str, raw: Any) -> Fault:
    """The fault that msgspec describes as `Expected X, got Y - at PATH`."""
    place = _PLACE.fullmatch(message)
    what, path = (place["what"], place["path"]) if place else (message, "$")
    if found := _TYPE.fullmatch(what):
        value = find(raw, path)
        given = found["given"] if value is None or isinstance(value, (dict, list)) else shown(value)
        return Fault(path, given, found["expected"])
    if found := _MISSING.fullmatch(what):
        return Fault(path, f"no field {found['field']}", "this field")
    if found := _NAME.fullmatch(what):
        known = NAMES.get(path.rpartition(".")[2], ())
        return Fault(path, shown(found["given"])[1:-1], ", ".join(repr(str(name)) for name in known) or "a known name")
    return Fault(path, what, "a value that lth writes")


def _impossible_arm(raw: Any) -> str:
    """The path of the first arm whose fields do not belong together."""
    import msgspec

    for path, value in walk(raw):
        if isinstance(value, dict) and "treatment" in value:
            try:
                msgspec.convert(value, ArmId)
            except UsageError:
                return path
    return "$"
