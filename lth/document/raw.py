"""From the text of a JSON file to plain values. Every value that no document can hold is refused with its path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lth.errors import EvidenceError, shown
from lth.evidence.whole import DIGITS, LARGEST


@dataclass(frozen=True)
class Fault:
    """What is wrong at a path within a document, such as `$.claims[3].verdict`."""

    path: str
    given: str
    expected: str

    def __str__(self) -> str:
        return f"{self.path}: {self.given}; expected {self.expected}"


@dataclass(frozen=True)
class _Odd:
    """Takes the place of a value that JSON can write and no document can hold, until its path is known."""

    given: str
    expected: str


def parse(text: str) -> Any:
    """The values in a JSON text. Raises EvidenceError, which says where the text or a value is not as expected."""
    try:
        raw = json.loads(
            text, object_pairs_hook=_object, parse_int=_whole, parse_float=_number, parse_constant=_constant
        )
    except RecursionError as error:
        raise EvidenceError(
            "nested far too deeply; expected JSON that --claims-json wrote; give such a file"
        ) from error
    except ValueError as error:
        raise EvidenceError(f"not whole JSON ({error}); run the claims again to write it anew") from error
    for path, value in walk(raw):
        if isinstance(value, _Odd):
            raise EvidenceError(str(Fault(path, value.given, value.expected)))
        if isinstance(value, str) and not _is_unicode(value):
            raise EvidenceError(str(Fault(path, shown(value), "text in Unicode, without half characters")))
    return raw


def walk(raw: Any) -> Iterator[tuple[str, Any]]:
    """Every value with its path, the outer ones first. A name in an object is a value, too."""
    left = [("$", raw)]
    while left:
        path, value = left.pop()
        yield path, value
        if isinstance(value, dict):
            yield from ((path, name) for name in value)
            left += [(f"{path}.{name}", inner) for name, inner in reversed(value.items())]
        elif isinstance(value, list):
            left += [(f"{path}[{at}]", value[at]) for at in reversed(range(len(value)))]


def find(raw: Any, path: str) -> Any:
    """The value at a path; None if there is no such path."""
    return next((value for at, value in walk(raw) if at == path), None)


def _object(pairs: list[tuple[str, Any]]) -> Any:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        return _Odd(f"the name {shown(twice)} twice", "each name once")
    return made


def _whole(text: str) -> Any:
    if len(text.removeprefix("-")) > DIGITS:
        return _Odd(shown(text)[1:-1], f"a whole number of at most {DIGITS} digits")
    return int(text)


def _number(text: str) -> Any:
    value = float(text)
    return value if abs(value) <= LARGEST else _Odd(shown(text)[1:-1], f"a number of at most {LARGEST:g}")


def _constant(text: str) -> Any:
    return _Odd(text, "a finite number, or null if it is not known")


def _is_unicode(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
