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
import reprlib
from collections.abc import Iterable


class LthError(Exception):
    """The base of the tree; the plugin and the command line print it as one line, without a traceback."""


class UsageError(LthError):
    """An option or argument that cannot be used."""


class TaskNotFound(UsageError):
    """A name that is not a known task.

    >>> str(TaskNotFound("sst3", ["cola", "sst2"]))
    "no task 'sst3'; did you mean 'sst2'? Tasks: cola, sst2"
    """

    def __init__(self, name: str, known: Iterable[str]) -> None:
        tasks = list(known)
        super().__init__(f"no task {name!r}{did_you_mean(name, tasks)} Tasks: {', '.join(tasks)}")


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
    >>> did_you_mean("zzz", ["cola", "sst2"])
    '.'
    """
    close = difflib.get_close_matches(given, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else "."


def as_typed(text: str) -> str:
    """A text that a person gave, for a message: as it is, or cut and quoted if it is long or cannot be printed.

    >>> as_typed("model"), as_typed("mo\\ndel")
    ('model', "'mo\\\\ndel'")
    """
    return text if text.isprintable() and len(text) < 300 else reprlib.repr(text)


def reason(cause: object) -> str:
    """What an error of another library says, for a message: at most 200 characters in one line that can be printed.

    >>> reason(ValueError("not a number\\n  at 3")), reason(KeyError("nosuch"))
    ('not a number at 3', "KeyError: 'nosuch'")
    """
    name, text = type(cause).__name__, " ".join(str(cause).split())
    text = (f"{name}: {text}" if isinstance(cause, KeyError) else text or name)[:200]
    return "".join(letter if letter.isprintable() else "?" for letter in text)
