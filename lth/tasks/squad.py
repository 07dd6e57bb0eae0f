"""SQuAD 1.1's JSON to columns: an article has paragraphs; a paragraph has a context and questions with answers.

Errors name the file, the article and paragraph (both counted from 1) and the question id. Format: Rajpurkar et al. 2016
(arXiv 1606.05250), https://rajpurkar.github.io/SQuAD-explorer/. This module does not know where the text comes from.
"""

from __future__ import annotations

import json
import reprlib
from pathlib import Path
from typing import Any, TypeVar

from lth.errors import DataError

_Value = TypeVar("_Value", str, int, list[Any])
_WORDS = {str: "a text", int: "a whole number", list: "a list"}


def columns(path: Path, text: str) -> dict[str, list[Any]]:
    """The columns "id", "question", "context" and "answers" of a file's text: one entry per question, in its order.

    An entry of "answers" is {"text": n texts, "answer_start": n positions in the context, in characters from 0}.
    Raises DataError for text that is not JSON, a missing key, a repeated question, or answers with a flaw.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path}, line {error.lineno}, character {error.colno}: not JSON ({error.msg}); expected SQuAD 1.1's JSON; "
            "fetch the official file again"
        ) from None
    except (ValueError, RecursionError):  # Python reads no number of more than 4,300 digits
        raise DataError(
            f"{path}: a number with too many digits, or lists nested too deeply; expected SQuAD 1.1's JSON; fetch the "
            f"official file again"
        ) from None
    found: dict[str, list[Any]] = {"id": [], "question": [], "context": [], "answers": []}
    seen: set[str] = set()
    for number, article in enumerate(_field(content, "data", list, str(path)), 1):
        where = f"{path}, article {number}"
        for place, paragraph in enumerate(_field(article, "paragraphs", list, where), 1):
            for row in _questions(paragraph, f"{where}, paragraph {place}"):
                if row["id"] in seen:
                    raise DataError(
                        f"{path}, question {reprlib.repr(row['id'])}: the id occurs twice; expected each id once; "
                        "remove one"
                    )
                seen.add(row["id"])
                for column, value in row.items():
                    found[column].append(value)
    return found


def flaw(context: str, answers: Any) -> str | None:
    """What is wrong with the answers {"text": [...], "answer_start": [...]} to a question on the context, or None.

    >>> flaw("In Lourdes, France.", {"text": ["Lourdes"], "answer_start": [3]}) is None
    True
    >>> flaw("In Lourdes, France.", {"text": ["Lourdes"], "answer_start": [0]})
    "answer 'Lourdes' at 0, where the context has 'In Lour'; expected it there"
    """
    if not isinstance(answers, dict) or not {"text", "answer_start"} <= set(answers):
        return f"answers {reprlib.repr(answers)}; expected an object with 'text' and 'answer_start'"
    texts, starts = answers["text"], answers["answer_start"]
    if len(texts) != len(starts):
        return f"{len(texts)} answers with {len(starts)} positions; expected one position per answer"
    if not texts:
        return "no answers; expected at least one, as in SQuAD 1.1"
    for text, start in zip(texts, starts, strict=True):
        if not text.strip():
            return f"answer {reprlib.repr(text)}; expected a text that is not empty"
        if start < 0 or not context.startswith(text, start):
            there = reprlib.repr(context[start : start + len(text)] if start >= 0 else "")
            at = reprlib.repr(start)
            return f"answer {reprlib.repr(text)} at {at}, where the context has {there}; expected it there"
    return None


def _questions(paragraph: Any, where: str) -> list[dict[str, Any]]:
    context = _field(paragraph, "context", str, where)
    rows = []
    for question in _field(paragraph, "qas", list, where):
        name = _field(question, "id", str, where)
        at = f"{where}, question {reprlib.repr(name)}"
        given = _field(question, "answers", list, at)
        answers = {
            "text": [_field(answer, "text", str, at) for answer in given],
            "answer_start": [_field(answer, "answer_start", int, at) for answer in given],
        }
        wrong = flaw(context, answers)
        if wrong:
            raise DataError(f"{at}: {wrong}; fix or remove the question")
        asked = _field(question, "question", str, at)
        rows.append({"id": name, "question": asked, "context": context, "answers": answers})
    return rows


def _field(record: Any, key: str, kind: type[_Value], where: str) -> _Value:
    """The record's value at the key. Raises DataError if it is missing or of another type."""
    if not isinstance(record, dict):
        raise DataError(f"{where}: {reprlib.repr(record)}; expected an object with {key!r}; use SQuAD 1.1's file")
    if key not in record:
        found = ", ".join(map(reprlib.repr, list(record)[:10])) or "nothing"
        raise DataError(f"{where}: no {key!r}; found {found}; use SQuAD 1.1's file")
    value = record[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise DataError(f"{where}: {key!r} is {reprlib.repr(value)}; expected {_WORDS[kind]}; use SQuAD 1.1's file")
    if isinstance(value, str) and not _writable(value):
        raise DataError(f"{where}: {key!r} has a lone surrogate, half a character; expected text; use SQuAD 1.1's file")
    return value


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
