"""One option: how pytest and `lth` get it, how its value is read, and the error for a bad value."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lth.errors import UsageError, as_typed

JUDGE_RECORDED = ("", "decide")
"""The commands that judge recorded evidence: pytest itself, written as "", and `lth decide`."""


@dataclass(frozen=True)
class Option:
    """One option. `parse` makes the typed value from a text. An option without `parse` is a switch.

    `probe` looks at the place that a text names, if that is given and not the default, and raises ValueError if it
    cannot be used.

    `default` is the text that is read when nothing is given. If it is None, the value is None, and `otherwise` says
    what happens then. `recorded` says what replaces the default when recorded evidence is judged. `commands` are the
    commands of `lth` that have the option too. `alone` is read when the option is given without a value. A `repeated`
    option can be given several times. Pytest takes a `short` one without `claims-`, too, unless somebody else has that.
    """

    flag: str
    parse: Callable[[str], object] | None
    default: str | None
    help: str
    example: str
    metavar: str = ""
    otherwise: str = ""
    recorded: str = ""
    commands: tuple[str, ...] = ()
    alone: str | None = None
    repeated: bool = False
    probe: Callable[[str], object] | None = None
    short: bool = False

    @property
    def name(self) -> str:
        """The name in Python: `group_by` for --claims-group-by."""
        return self.flag.removeprefix("--").removeprefix("claims-").replace("-", "_")

    @property
    def destination(self) -> str:
        """The name under which pytest keeps the option: `claims_group_by`."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def short_flag(self) -> str:
        """The flag without `claims-`: `--task` for --claims-task."""
        return f"--{self.flag.removeprefix('--').removeprefix('claims-')}"

    def typed(self, command: str = "") -> str:
        """The flag in pytest, or in a command of `lth`: there without `claims-` and without the command's name.

        >>> Option("--claims-compare-fail", str, None, "", "").typed("compare")
        '--fail'
        """
        return f"--{self.short_flag.removeprefix('--').removeprefix(f'{command}-')}" if command else self.flag

    def unless_given(self, command: str = "") -> str:
        """What happens in pytest or in a command of `lth` when the option is not given."""
        usual = self.otherwise if self.default is None else self.default
        return f"{usual}, or {self.recorded}" if self.recorded and command in JUDGE_RECORDED else usual

    def add(self, add_argument: Callable[..., object], command: str = "") -> None:
        """Add the option to pytest or to a command of `lth`. Its value stays text until `read` reads it."""
        form: dict[str, object] = {"action": "store_true"}
        if self.parse:
            form = {"action": "append" if self.repeated else "store", "metavar": self.metavar}
        if self.alone:
            form |= {"nargs": "?", "const": self.alone}
        short = f"; {self.short_flag} for short, where that is free" if self.short and not command else ""
        text = f"{self.help} (default: {self.unless_given(command)}{short})".replace("%", "%%")
        dest = self.name if command else self.destination
        add_argument(self.typed(command), dest=dest, default=None, help=text, **form)
        if command and self.typed(command) != self.flag:  # what pages say of pytest can be typed here, too
            add_argument(self.flag, dest=dest, default=None, help=argparse.SUPPRESS, **form)

    def read(self, given: object, prefix: str | None = None) -> Any:
        """The typed value of a text or a Python value; that of the default for None.

        Raises UsageError for a value that cannot be used. The error shows the value behind `prefix`, by default the
        option of pytest: `--claims-alpha=0.7`.
        """
        if self.parse is None:
            return bool(given)
        if given is None:
            return None if self.default is None else self.parse(self.default)
        start = f"{self.flag}=" if prefix is None else prefix

        def write(value: object) -> str:
            return f"{start}{as_typed(as_text(value))}"

        if not self.repeated:
            return self._parsed(given, write)
        several = given if isinstance(given, (list, tuple)) else (given,)
        return tuple(self._parsed(each, write) for each in several)

    def check(self, given: object) -> None:
        """Raise UsageError for a Python value that cannot be used, written as Python: `alpha=0.7`."""
        if given is not None:
            self._parsed(given, lambda value: f"{self.name}={as_typed(as_python(value))}")

    def words(self, given: Any) -> list[str]:
        """The words that give this value to pytest; no word for None."""
        if given is None:
            return []
        if self.parse is None:
            return [self.flag] * bool(given)
        return [f"{self.flag}={text}" for text in (given if self.repeated else [given])]

    def _parsed(self, given: object, write: Callable[[object], str]) -> object:
        """What `parse` makes of a value; an error shows this value and the example as `write` does."""
        assert self.parse
        try:
            value = self.parse(as_text(given))
            if self.probe:
                self.probe(as_text(given))
            return value
        except UsageError as problem:
            raise UsageError(f"{write(given)}: {problem}") from problem
        except ValueError as problem:
            raise UsageError(f"{write(given)}; {problem}; give {write(self.example)}") from problem


def as_text(value: object) -> str:
    """A Python value as it is typed. A sequence of one ends in a comma, because `--seeds=7` means seven seeds.

    >>> as_text(5), as_text(("cola", "sst2")), as_text([7])
    ('5', 'cola,sst2', '7,')
    """
    if isinstance(value, (list, tuple, range)):
        return ",".join(map(str, value)) + "," * (len(value) == 1)
    return str(value)


def as_python(value: object) -> str:
    """A value, or the text of one, as it is written in Python: a number as it is, any other text in quotes.

    >>> as_python(0), as_python("0.7"), as_python("auto:8"), as_python([1, 1])
    ('0', '0.7', "'auto:8'", '[1, 1]')
    """
    text = str(value)
    if isinstance(value, (str, os.PathLike)):
        return text if text.replace(".", "", 1).isdecimal() else repr(text)
    return repr(value)
