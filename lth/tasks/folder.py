"""Tasks from a folder in the official layout: GLUE's TSV files, SQuAD's JSON and WikiText's tokens.

GLUE's files have no quoting: a line is an example, a tab always separates two fields, a quotation mark is text. Errors
name the file, line and column of the fault. This module knows no other source of data.
"""

from __future__ import annotations

import codecs
import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lth.errors import DataError
from lth.tasks import squad
from lth.tasks.digests import digest
from lth.tasks.facts import TASKS, Files, Task
from lth.tasks.splits import Splits, dataset

_READER = "folder reader 1"
"""Part of every fingerprint. Raise it when the same bytes are read as other examples."""

_TORN_SHARE = 1e-3
"""The official QQP files have some 20 torn lines in 364 thousand. A file with more than 1 in 1,000 is faulty."""

_log = logging.getLogger(__name__)


def read(task: Task, folder: Path) -> Splits:
    """The splits of a task. Raises DataError for a missing file and for a line that cannot be used."""
    splits = {role: dataset(task, _columns(task, path)) for role, path in _paths(task, folder).items()}
    return Splits(splits.pop("train"), splits.pop("dev"), splits)


def available(folder: Path) -> list[str]:
    """The tasks whose train and dev files are in the folder. Raises DataError if there are none."""
    names = [name for name, task in TASKS.items() if _holds(task, folder)]
    if not names:
        parent = " (did you mean its parent?)" if (folder / "train.tsv").exists() else ""
        raise DataError(
            f"no task in the data folder '{folder}'{parent}; expected GLUE's official layout, such as SST-2/train.tsv "
            "and SST-2/dev.tsv; give the folder that contains SST-2/"
        )
    return names


def fingerprint(task: Task, folder: Path) -> str:
    """Sha-256 (hex) of the task's name and its files' bytes. It does not depend on where the folder is."""
    whole = hashlib.sha256(f"{_READER}\n{task.name}\n".encode())
    for role, path in _paths(task, folder).items():
        with _readable(path):
            whole.update(f"{role} {digest(path)}\n".encode())
    return whole.hexdigest()


def _home(task: Task, folder: Path) -> Path:
    """The folder with the task's files: its own, or the data folder itself if no other task has these file names."""
    with _readable(folder):
        unique = task.kind in ("span", "mlm") and (folder / task.files.train).is_file()
    return folder if unique else folder / task.folder


def _holds(task: Task, folder: Path) -> bool:
    home = _home(task, folder)
    with _readable(home):
        return bool(task.folder) and (home / task.files.train).exists() and (home / task.files.dev).exists()


def _paths(task: Task, folder: Path) -> dict[str, Path]:
    """The task's files by role: train, dev and the extra dev sets that exist."""
    home = _home(task, folder)
    paths = {"train": home / task.files.train, "dev": home / task.files.dev}
    extra = {role: home / name for role, name in task.files.extra}
    with _readable(home):
        paths |= {role: path for role, path in extra.items() if path.exists()}
        for path in paths.values():
            if not path.is_file():
                found = f"'{path}' is not a regular file" if path.exists() else f"no file '{path}'"
                raise DataError(
                    f"{found}; {task.name} is read from {task.folder}/{task.files.train} and "
                    f"{task.folder}/{task.files.dev}; put it there or give another --data"
                )
    return paths


def _text(path: Path) -> str:
    """The text of a UTF-8 file without its byte-order mark."""
    with _readable(path):
        raw = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        number = raw.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}, line {number}: not UTF-8 ({error.reason}); save the file as UTF-8") from None
    if (at := text.find("\0")) >= 0:
        number = text.count("\n", 0, at) + 1
        raise DataError(f"{path}, line {number}: a NUL character; expected text; fetch the official file again")
    return text


def _lines(text: str) -> list[str]:
    """The lines of a text without line ends (\\n or \\r\\n) and blank lines at the end.

    Only a line feed ends a line, because other characters that Unicode counts as line ends occur inside sentences.
    """
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns what the system says about the path into a DataError."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise DataError(
            f"cannot read '{where}': {error.strerror}; expected a file you may read; check its permissions"
        ) from None


def _columns(task: Task, path: Path) -> dict[str, list[Any]]:
    text = _text(path)
    if task.kind == "span":
        columns = squad.columns(path, text)
    elif task.kind == "mlm":
        columns = {"text": [line.strip() for line in _lines(text) if line.strip()]}
    else:
        columns = _table(task, path, _lines(text))
    if not columns[task.inputs[0]]:
        raise DataError(f"{path} has no examples; expected at least one; fetch the official file again")
    return columns


def _table(task: Task, path: Path, lines: list[str]) -> dict[str, list[Any]]:
    files = task.files
    header = list(files.header) or (lines[0].split("\t") if lines else [])
    body = lines if files.header else lines[1:]
    first = 1 if files.header else 2
    places = [_place(column, header, path) for column in files.columns]
    parse = _score if task.kind == "regression" else _label(files)
    columns: dict[str, list[Any]] = {column: [] for column in task.columns}
    torn: list[int] = []
    for number, line in enumerate(body, first):
        fields = line.split("\t")
        if len(fields) != len(header):
            torn.append(number)
            if files.blemished and len(torn) <= len(body) * _TORN_SHARE:
                continue
            raise DataError(
                f"{path}, line {number}: {len(fields)} fields; expected {len(header)}, separated by tabs, without "
                "quotes; fix or remove the line"
            )
        *texts, label = (fields[place] for place in places)
        for column, name, text in zip(task.inputs, files.columns, texts, strict=False):
            if not text.strip() and not files.blemished:
                raise _refusal(path, number, name, text, "a text that is not empty")
            columns[column].append(text)
        try:
            columns["label"].append(parse(label))
        except ValueError as error:
            raise _refusal(path, number, files.columns[-1], label, str(error)) from None
    if torn:
        _log.warning("%s: left out %d torn lines: %s", path, len(torn), ", ".join(map(str, torn[:5])))
    return columns


def _place(column: str, header: list[str], path: Path) -> int:
    if column not in header:
        found = ", ".join(map(_short, header[:20])) or "nothing"
        raise DataError(f"{path}, line 1: no column {column!r}; found {found}; use the official file with its header")
    return header.index(column)


def _label(files: Files) -> Callable[[str], int]:
    codes = {code: number for number, code in enumerate(files.codes)}

    def parse(text: str) -> int:
        if text not in codes:
            raise ValueError(f"one of {', '.join(map(repr, files.codes))}")
        return codes[text]

    return parse


def _score(text: str) -> float:
    expected = "a number from 0 to 5"
    try:
        score = float(text)
    except ValueError:
        raise ValueError(expected) from None
    if not 0.0 <= score <= 5.0:
        raise ValueError(expected)
    return score


def _refusal(path: Path, number: int, column: str, given: str, expected: str) -> DataError:
    return DataError(
        f"{path}, line {number}, column {column!r}: {_short(given)}; expected {expected}; fix or remove the line"
    )


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
