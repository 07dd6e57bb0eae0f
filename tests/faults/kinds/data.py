"""Folders that should hold a task's data: SST-2 in GLUE's layout, and SQuAD."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.table import Bad, at, nowhere, written
from tests.tiny import write_data

DEEP = "[" * 100_000 + "]" * 100_000


def changed(change: Callable[[Path], object], says: str = "") -> Bad:
    """A folder with SST-2 after the change of SST-2/."""

    def make(folder: Path) -> str:
        change(write_data(folder / "data", 8, 4) / "SST-2")
        return str(folder / "data")

    return Bad(make, says)


def instead(name: str, make: Callable[[Path], object], says: str = "") -> Bad:
    """Something else in the place of a file."""

    def change(home: Path) -> None:
        (home / name).unlink()
        make(home / name)

    return changed(change, says)


def train(content: str | bytes, says: str) -> Bad:
    """A train file of this content; as an SST-2 file it has the header `sentence`, `label`."""
    raw = content if isinstance(content, bytes) else content.encode()
    return changed(lambda home: (home / "train.tsv").write_bytes(raw), says)


def squad(content: str, says: str) -> Bad:
    """A folder with SQuAD, whose train file is this."""

    def make(folder: Path) -> str:
        (folder / "train-v1.1.json").write_text(content, encoding="utf-8")
        (folder / "dev-v1.1.json").write_text(content, encoding="utf-8")
        return str(folder)

    return Bad(make, says)


def article(**question: Any) -> str:
    """SQuAD's JSON with one question, with these values in place of right ones."""
    right = {"id": "q", "question": "Where?", "answers": [{"text": "here", "answer_start": 0}]}
    paragraph = {"context": question.pop("context", "here it is"), "qas": [right | question]}
    return json.dumps({"data": [{"paragraphs": [paragraph]}]})


SEEN = {
    "no folder": Bad(lambda folder: str(folder / "none"), "no data folder"),
    "a file in place of the folder": written("data", "sentences", "no data folder"),
    **nowhere("data"),
    "an empty folder": Bad(at("data", Path.mkdir), "no task in the data folder"),
    "the task's own folder": Bad(lambda folder: str(write_data(folder / "data", 8, 4) / "SST-2"), "its parent?"),
    "no train file": changed(lambda home: (home / "train.tsv").unlink(), "no task in the data folder"),
    "no dev file": changed(lambda home: (home / "dev.tsv").unlink(), "no task in the data folder"),
    "a dangling link": instead("train.tsv", lambda path: path.symlink_to("nowhere"), "no task in the data folder"),
    "a folder in place of the train file": instead("train.tsv", Path.mkdir, "is not a regular file"),
    "a fifo in place of the train file": instead("train.tsv", os.mkfifo, "is not a regular file"),
    "a fifo in place of the dev file": instead("dev.tsv", os.mkfifo, "is not a regular file"),
}
"""Faults that are seen without reading the examples."""

TABLES = {
    "an empty file": train("", "no column 'sentence'; found nothing"),
    "blank lines": train("\n\n\n", "no column 'sentence'; found nothing"),
    "only a header": train("sentence\tlabel\n", "has no examples"),
    "no header": train("a film\t1\n", "no column 'sentence'"),
    "a column less": train("sentence\na film\n", "no column 'label'"),
    "a column called otherwise": train("sentence\tlabels\na film\t1\n", "no column 'label'"),
    "a field less": train("sentence\tlabel\na film\n", "line 2: 1 fields; expected 2"),
    "a field more": train("sentence\tlabel\na\tfilm\t1\n", "line 2: 3 fields; expected 2"),
    "commas in place of tabs": train("sentence,label\na film,1\n", "no column 'sentence'"),
    "an unknown label": train("sentence\tlabel\na film\t2\n", "column 'label': '2'; expected one of '0', '1'"),
    "a label that is text": train("sentence\tlabel\na film\tgood\n", "column 'label': 'good'"),
    "a label of 5,000 digits": train(f"sentence\tlabel\na film\t{'1' * 5000}\n", "column 'label': '111"),
    "no label": train("sentence\tlabel\na film\t\n", "column 'label': ''"),
    "no text": train("sentence\tlabel\n\t1\n", "column 'sentence': ''"),
    "a NUL character": train("sentence\tlabel\na f\0lm\t1\n", "line 2: a NUL character"),
    "bytes that are not UTF-8": train(b"sentence\tlabel\na f\xfflm\t1\n", "line 2: not UTF-8"),
    "UTF-16": train("sentence\tlabel\na film\t1\n".encode("utf-16"), "line 1: not UTF-8"),
    "half a character": train(b"sentence\tlabel\na film\xf0\x9f\t1\n", "line 2: not UTF-8"),
    "10,000 columns": train("\t".join("abcde" for _ in range(10_000)), "no column 'sentence'"),
}
"""Faults in SST-2's train file."""

QUESTIONS = {
    "an empty file": squad("", "not JSON"),
    "a list": squad("[]", "expected an object with 'data'"),
    "null": squad("null", "expected an object with 'data'"),
    "no articles": squad('{"data": []}', "has no examples"),
    "data that are text": squad('{"data": "text"}', "expected a list"),
    "an article that is a number": squad('{"data": [1]}', "article 1: 1; expected an object"),
    "an article without paragraphs": squad('{"data": [{}]}', "no 'paragraphs'"),
    "a whole number of 5,000 digits": squad(article().replace("0}", f"{'9' * 5000}}}"), "too many digits"),
    "a whole number of 4,000 digits": squad(article().replace("0}", f"{'9' * 4000}}}"), "where the context has ''"),
    "lists nested too deeply": squad(DEEP, "nested too deeply"),
    "objects nested too deeply": squad('{"data":' * 100_000, "nested too deeply"),
    "a lone surrogate in the context": squad(article(context="here \ud800"), "a lone surrogate"),
    "a lone surrogate in the question": squad(article(question="\udfff"), "a lone surrogate"),
    "a lone surrogate in the id": squad(article(id="\ud800"), "a lone surrogate"),
    "no answers": squad(article(answers=[]), "no answers"),
    "an empty answer": squad(article(answers=[{"text": "", "answer_start": 0}]), "expected a text that is not empty"),
    "a blank answer of a million characters": squad(
        article(answers=[{"text": " " * 10**6, "answer_start": 0}]), "expected a text that is not empty"
    ),
    "an answer elsewhere": squad(article(answers=[{"text": "here", "answer_start": 3}]), "expected it there"),
    "an answer before the context": squad(article(answers=[{"text": "here", "answer_start": -4}]), "expected it there"),
    "a position that is text": squad(article(answers=[{"text": "here", "answer_start": "0"}]), "a whole number"),
    "a position that is true": squad(article(answers=[{"text": "here", "answer_start": True}]), "a whole number"),
    "a position that is infinite": squad(article().replace("0}", "Infinity}"), "a whole number"),
    "an id of a million characters": squad(article(id="q" * 10**6, answers=[]), "no answers"),
    "a key of a million characters": squad('{"%s": 1}' % ("k" * 10**6), "no 'data'"),
}
"""Faults in SQuAD's train file."""

KINDS: dict[str, dict[str, Bad]] = {"data folder": SEEN}
