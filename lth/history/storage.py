"""Report documents as numbered runs of one folder: `0001_NAME.json`, `0002_NAME.json`, …

Knows files and their names, and only the commit and date of a document.
"""

from __future__ import annotations

import datetime
import os
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from filelock import FileLock

from lth.document.files import read_json, write_json
from lth.document.rows import Document
from lth.document.writing import check_writable
from lth.errors import EvidenceError, UsageError
from lth.history import LATEST
from lth.runtime import waiting

_FILE = re.compile(r"(\d{4,})_(.+)\.json")
LONGEST_NAME = 200
"""Characters of the longest name: a file's name has at most 255, and some of them are the run's number."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Saved:
    """One run of a storage folder; `number` counts from 1."""

    number: int
    name: str
    path: Path


def save(document: Document, storage: Path, name: str) -> Path:
    """Write the document as the next run. The file is never partial, and no two processes take one number.

    Raises UsageError for a name that is not a plain file name, and for a folder that cannot be written.
    """
    check_name(name)
    try:
        storage.mkdir(parents=True, exist_ok=True)
        with waiting.acquired(FileLock(storage / ".lock"), f"save its run in {storage}"):
            number = max((run.number for run in runs(storage)), default=0) + 1
            place = storage / f"{number:04}_{name}.json"
            write_json(document, place)
    except OSError as error:
        raise UsageError(
            f"cannot write to {storage}: {error.strerror}; name a folder you may write to: --claims-storage=FOLDER"
        ) from error
    return place


def check_storage(storage: Path) -> None:
    """Raise UsageError if no run can be saved in the folder, which need not exist yet. Nothing is left behind."""
    try:
        check_writable(storage / "0001_run.json")
    except UsageError as problem:
        raise UsageError(f"{problem}: --claims-storage=FOLDER") from problem


def check_name(name: str) -> None:
    """Raise UsageError for a name that a saved run cannot have."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise UsageError(
            f"name {name!r} of a run; expected only letters, digits, '.', '_' and '-', at most {LONGEST_NAME} in all; "
            "give one such as before-upgrade"
        )


def autosave_name(document: Document) -> str:
    """The commit and the date of the run in UTC, as pytest-benchmark names its autosaved runs.

    >>> autosave_name(Document(claims=(), commit="0123abc+", created="2020-07-23T12:00:00+00:00"))
    '0123abc_20200723_120000_uncommitted-changes'
    """
    commit = document.commit or "unversioned"
    date = datetime.datetime.fromisoformat(document.created).astimezone(datetime.UTC)
    dirty = "_uncommitted-changes" if commit.endswith("+") else ""
    return f"{re.sub('[^A-Za-z0-9._-]', '', commit)}_{date:%Y%m%d_%H%M%S}{dirty}"


def runs(storage: Path) -> tuple[Saved, ...]:
    """Every run of the folder, by number; none if there is no folder. Ignores other files and opens none."""
    found = [(match, path) for path in storage.glob("*.json") if (match := _FILE.fullmatch(path.name))]
    every = (Saved(int(match[1]), match[2], path) for match, path in found)
    return tuple(sorted(every, key=lambda run: (run.number, run.name)))


def find_baseline(storage: Path, which: str) -> Path | None:
    """As `find_run`, but None if nothing was saved yet: for an empty folder, and for a glob that matches no run."""
    if not _is_path(which) and (not runs(storage) or _is_glob(which)) and not _matching(storage, which):
        return None
    return find_run(storage, which)


def find_run(storage: Path, which: str) -> Path:
    """The file of a run: `which` is `latest`, a number, a path, or the name of a run or of its file.

    A name may be a shell pattern. The latest run that matches is taken. The file is not opened. Raises UsageError if
    there is no such run.
    """
    if _is_path(which):
        return Path(which)
    matching = _matching(storage, which)
    if not matching:
        known = runs(storage)
        has = f"runs {known[0].number} to {known[-1].number}" if known else "no run"
        raise UsageError(
            f"no saved run {which!r} in {storage}, which has {has}; expected a number, a glob, a file or {LATEST}; "
            "see lth list"
        )
    return matching[-1].path


def read_all(storage: Path) -> tuple[list[tuple[Saved, Document]], list[str]]:
    """Every run with its document, and one line for each file that cannot be read."""
    whole, problems = [], []
    for run in runs(storage):
        try:
            whole.append((run, read_json(run.path)))
        except EvidenceError as problem:
            problems.append(str(problem))
    return whole, problems


def _matching(storage: Path, which: str) -> list[Saved]:
    known = runs(storage)
    if which in ("", LATEST):
        return list(known[-1:])
    if which.isdecimal():
        return [run for run in known if run.number == int(which)]
    return [run for run in known if any(fnmatchcase(text, which) for text in (run.path.name, run.path.stem, run.name))]


def _is_path(which: str) -> bool:
    """Whether a file is meant, and not the name of a run: names have no slash."""
    return os.sep in which or os.path.isfile(which)


def _is_glob(which: str) -> bool:
    return any(character in which for character in "*?[")
