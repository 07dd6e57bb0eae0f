"""Every error a user can meet, as one tree.

    LthError
    ├── UsageError            an option or argument that cannot be used
    │   └── TaskNotFound      a name that is not a known task
    ├── DataError             a data file that is missing, malformed or inconsistent
    ├── ModelError            a model folder or hub id that cannot be used
    ├── EngineError           a computation that cannot be done as asked (a sparsity of 1.2)
    ├── EvidenceError         evidence that cannot be read or judged (a missing column, a negative std)
    ├── StoreError            the store cannot be read or written
    │   └── CorruptEntry      an entry whose checksum does not match its content
    └── ExecutionError        an experiment that failed while it ran

Every message is one line of three parts: what was given, what was expected, what to do.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

LONGEST, LONGEST_TEXT, LONGEST_VALUE = 1200, 240, 80
"""A longer message, and a longer text or value in one, is cut in its middle. In characters."""


class LthError(Exception):
    """The base of the tree; the plugin and the command line print it as one line, without a traceback."""

    def __str__(self) -> str:
        """The message as one line that any terminal can show."""
        return _cut(visible(super().__str__()), LONGEST)


class UsageError(LthError):
    """An option or argument that cannot be used."""


class TaskNotFound(UsageError):
    """A name that is not a known task.

    >>> str(TaskNotFound("sst3", ["cola", "sst2"]))
    "no task 'sst3'; did you mean 'sst2'? Tasks: cola, sst2"
    """

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self._given = name, tasks = name, list(known)
        super().__init__(f"no task {name!r}{did_you_mean(name, tasks)} Tasks: {', '.join(tasks)}")

    def __reduce__(self) -> tuple[type[TaskNotFound], tuple[str, list[str]]]:
        """A worker process can hand it to the process that started it."""
        return TaskNotFound, self._given


class DataError(LthError):
    """A data file that is missing, malformed or inconsistent."""


class ModelError(LthError):
    """A model folder or hub id that cannot be used."""


class EngineError(LthError):
    """A computation that cannot be done as asked."""


class EvidenceError(LthError):
    """Evidence that cannot be read or judged."""


class StoreError(LthError):
    """The store cannot be read or written."""


class CorruptEntry(StoreError):
    """An entry whose checksum does not match its content."""


class ExecutionError(LthError):
    """An experiment that failed while it ran."""


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The end of a clause about an unknown name: it suggests a known name that is close, if there is one.

    >>> did_you_mean("colla", ["cola", "sst2"])
    "; did you mean 'cola'?"
    >>> did_you_mean("SST2", ["cola", "sst2"])
    "; did you mean 'sst2'?"
    >>> did_you_mean("zzz", ["cola", "sst2"])
    '.'
    """
    names = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(given.casefold(), names, n=1)
    return f"; did you mean {names[close[0]]!r}?" if close else "."


def visible(text: str) -> str:
    """The text with characters that a terminal would obey shown as escapes, and with line breaks as spaces.

    Other blanks, such as one that does not break, are spaces, too.

    >>> visible("a\\x1b[31mb\\r\\u202ec\\nd")
    'a\\\\x1b[31mb\\\\r\\\\u202ec d'
    """
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def shown(value: object) -> str:
    """A value that was given, as a message shows it: as Python writes it, and cut in its middle if it is long.

    >>> shown("a\\tb"), shown("9" * 5000)[:12]
    ("'a\\\\tb'", "'99999999999")
    """
    return _cut(visible(repr(value)), LONGEST_VALUE)


def as_typed(text: str) -> str:
    """A text that a person gave, for a message: cut in its middle if it is long."""
    return _cut(visible(text), LONGEST_TEXT)


def reason(cause: object) -> str:
    """What an error of another library says, for a message: in one line, and cut in its middle if it is long.

    >>> reason(ValueError("not a number\\n  at 3")), reason(KeyError("nosuch"))
    ('not a number at 3', "KeyError: 'nosuch'")
    """
    name, text = type(cause).__name__, " ".join(str(cause).split())
    return as_typed(f"{name}: {text}" if isinstance(cause, KeyError) else text or name)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character in "\n\t" or unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape").decode("ascii")


def _cut(text: str, most: int) -> str:
    side = (most - 3) // 2
    return text if len(text) <= most else f"{text[:side]}...{text[-side:]}"
