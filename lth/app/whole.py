"""Whole numbers that a person types after an option of `lth`."""

from __future__ import annotations

from lth.errors import UsageError, as_typed

_DIGITS = 18


def whole(flag: str, given: str, low: int, high: int) -> int:
    """The number that the text is. Raises UsageError unless it is a whole number from `low` to `high`.

    >>> whole("--batch", "32", 1, 64)
    32
    """
    digits = given.removeprefix("-")
    number = int(given) if digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS else None
    if number is None or not low <= number <= high:
        raise UsageError(f"{flag}={as_typed(given)}; expected a whole number from {low:,} to {high:,}; give another")
    return number
