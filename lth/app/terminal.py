"""What a terminal is given: plain characters where it has no others, and silence where its reader has gone.

Knows streams, and neither pytest nor documents.
"""

from __future__ import annotations

import codecs
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from lth.errors import UsageError

ASCII = {"–": "-", "—": "-", "−": "-", "×": "x", "±": "+-", "κ": "kappa", "ρ": "rho", "∞": "inf", "…": "...", "²": "2"}
ASCII |= {
    "✓": "ok",
    "✖": "x",
    "●": "*",
    "◇": "o",
    "→": "->",
    "≥": ">=",
    "≤": "<=",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
}
"""Replacements for characters that the terminal does not have. Others lose their accent, or become question marks."""
PLAIN = "lth-plain"


def in_ascii(character: str) -> str:
    """The character in ASCII.

    >>> "".join(map(in_ascii, "κ – ö 好"))
    'kappa - o ?'
    """
    if character in ASCII:
        return ASCII[character]
    if "\ud800" <= character <= "\udfff":
        return f"\\x{ord(character) & 0xFF:02x}"
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode() or "?"


def plain(stream: Any) -> None:
    """Let the stream write plain characters for those that its encoding does not have."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors=PLAIN)


class Patient:
    """A stream that takes what is written to it also after its reader has gone, as in `lth report x.json | head -1`.

    Raises UsageError if the output cannot be written for another reason, such as a full disk.
    """

    def __init__(self, stream: TextIO) -> None:
        plain(stream)
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write the text, or nothing if nobody reads."""
        with self._gone():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush the stream, or nothing if nobody reads."""
        with self._gone():
            self._stream.flush()

    @contextmanager
    def _gone(self) -> Iterator[None]:
        """Send all that follows, and what waits in the stream's own buffer, to nowhere if nobody can take it."""
        try:
            yield
        except OSError as error:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
            if not isinstance(error, BrokenPipeError):
                raise UsageError(f"cannot write the output: {error.strerror}; send it elsewhere") from error


def patient(stream: Any) -> Any:
    """The stream as a patient one; None if there is none, because it was closed."""
    return stream if stream is None or isinstance(stream, Patient) else Patient(stream)


def _replaced(problem: UnicodeError) -> tuple[str, int]:
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    return "".join(map(in_ascii, problem.object[problem.start : problem.end])), problem.end


codecs.register_error(PLAIN, _replaced)
