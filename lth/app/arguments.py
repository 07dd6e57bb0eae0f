"""How `lth` reads what a person types: errors in one line, places and whole numbers. Knows no command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from lth.app import parsers
from lth.errors import UsageError, as_typed, did_you_mean, shown


class Parser(argparse.ArgumentParser):
    """Reports a wrong use in one line that says what to do, as everything else here does."""

    def error(self, message: str) -> NoReturn:
        print(f"lth: {UsageError(message)}; see {self.prog} --help", file=sys.stderr)
        sys.exit(2)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # ends at the command that was meant
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            hint = did_you_mean(unknown[0].partition("=")[0], self._option_string_actions)
            self.error(f"{shown(unknown[0])} is not an argument of {self.prog}{hint.rstrip('.')}")
        return found, unknown

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            hint = did_you_mean(str(value), action.choices)
            raise argparse.ArgumentError(None, f"no command {shown(value)}{hint} Commands: {', '.join(action.choices)}")


def place(probe: Callable[[str], object], what: str) -> Callable[[str], Path]:
    """The type of an argument that is a place, which must be as `probe` expects."""

    def read(given: str) -> Path:
        try:
            found = parsers.path(given)
            probe(given)
        except ValueError as problem:
            raise argparse.ArgumentTypeError(f"{shown(given)}; {problem}; give {what}") from None
        return found

    return read


def whole(flag: str, given: str, low: int, high: int) -> int:
    """The number that the text is. Raises UsageError unless it is a whole number from `low` to `high`.

    >>> whole("--batch", "32", 1, 64)
    32
    """
    number = parsers.whole(given)
    if number is None or not low <= number <= high:
        raise UsageError(f"{flag}={as_typed(given)}; expected a whole number from {low:,} to {high:,}; give another")
    return number
