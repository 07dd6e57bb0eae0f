"""Files that a run writes: whole or not at all, and only over regular files. Knows no document."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lth.errors import UsageError
from lth.evidence.whole import kind_of

ADVICE = "name a file in a folder you may write to"
LONGEST_NAME = 255
"""Bytes that a file's name can have on the usual file systems."""

Place = str | os.PathLike[str]


def check_writable(place: Place) -> None:
    """Raise UsageError if no file can be written at `place`. Nothing is left behind there.

    A place is a new file, whose folders need not exist, or a regular file. A link stands for the file that it names.
    """
    with _one_line(place):
        target = _target(place)
        folder = next(folder for folder in target.parents if folder.exists())
        _new(folder).unlink()


@contextmanager
def replacing(place: Place) -> Iterator[Path]:
    """A new file that becomes `place` when the block ends without an error. Makes the folder if necessary.

    An error or a kill leaves the old file. Other processes cannot know the new file's name beforehand. Raises
    UsageError if the file cannot be written.
    """
    with _one_line(place):
        target = _target(place)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = _new(target.parent)
        try:
            yield partial
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def write_text(place: Place, text: str) -> None:
    """Write `text` in UTF-8 to `place`, as `replacing` does."""
    with replacing(place) as partial:
        partial.write_text(text, encoding="utf-8")


@contextmanager
def _one_line(place: Place) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"cannot write {place}: {error.strerror}; {ADVICE}") from error


def _target(place: Place) -> Path:
    """The file that a write replaces, behind all links; it may be missing. Raises UsageError, OSError for others."""
    try:
        given = Path(place).expanduser()
    except RuntimeError as error:
        raise UsageError(f"cannot write {place}: no such user's folder; {ADVICE}") from error
    target = Path(os.path.realpath(given))
    if any(len(os.fsencode(part)) > LONGEST_NAME for part in target.parts):
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
    try:
        kind = kind_of(os.stat(given).st_mode)
    except FileNotFoundError:
        return target
    if kind:
        raise UsageError(f"cannot write {place}: it is {kind}; {ADVICE}")
    return target


def _new(folder: Path) -> Path:
    """A new empty file of this process, with the permissions that the user's umask gives."""
    path = folder / f".lth-{os.urandom(8).hex()}"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    return path
