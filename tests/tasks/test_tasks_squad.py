"""SQuAD 1.1's official JSON, right or refused by file, article, paragraph and question."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lth.errors import DataError
from lth.tasks import TASKS, available, fingerprint, load
from lth.tasks.splits import features

SQUAD = TASKS["squad"]
CONTEXT = " In 1858, at Lourdes, she saw a “lady” — 18 times."
Write = Callable[..., Path]


def answer(text: str, start: int | None = None) -> dict[str, Any]:
    return {"text": text, "answer_start": CONTEXT.index(text) if start is None else start}


def question(name: str, *answers: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "question": f"What is {name}?", "answers": list(answers)}


def content(*questions: dict[str, Any]) -> dict[str, Any]:
    """A file's content: a good first article, and in a second one's second paragraph these questions."""
    first = {"context": CONTEXT, "qas": [question("q1", answer("1858"))]}
    second = [{"context": "No question.", "qas": []}, {"context": CONTEXT, "qas": list(questions)}]
    articles = [{"title": "One", "paragraphs": [first]}, {"title": "Two", "paragraphs": second}]
    return {"version": "1.1", "data": articles}


def refusal(write: Write, train: Any) -> str:
    write("squad/dev-v1.1.json", json.dumps(content()))
    data = write("squad/train-v1.1.json", train if isinstance(train, str) else json.dumps(train))
    with pytest.raises(DataError) as error:
        load(SQUAD, str(data))
    message = str(error.value)
    assert "\n" not in message
    return message.removeprefix(f"{data}/squad/")


@pytest.mark.parametrize("home", ["", "squad/"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_each_question_is_an_example_with_its_context_and_all_its_answers(write: Write, home: str, start: str) -> None:
    asked = content(question("q2", answer("Lourdes"), answer("at Lourdes")), question("q3", answer("18", 41)))
    write(f"{home}train-v1.1.json", json.dumps(asked), start=start)
    data = write(f"{home}dev-v1.1.json", json.dumps(content(), ensure_ascii=False), end="\r\n")
    assert available(str(data)) == ["squad"]
    splits = load(SQUAD, str(data))
    assert splits.train.column_names == ["id", "question", "context", "answers"] == list(SQUAD.columns)
    assert splits.train.features == splits.dev.features == features(SQUAD)
    assert splits.train["id"][:] == ["q1", "q2", "q3"]
    assert splits.train[1] == {
        "id": "q2",
        "question": "What is q2?",
        "context": CONTEXT,
        "answers": {"text": ["Lourdes", "at Lourdes"], "answer_start": [13, 10]},
    }
    assert splits.train[2]["answers"] == {"text": ["18"], "answer_start": [41]}
    assert splits.dev["context"][:] == [CONTEXT]


def test_a_fingerprint_follows_the_bytes(write: Write) -> None:
    write("train-v1.1.json", json.dumps(content()))
    data = str(write("dev-v1.1.json", json.dumps(content())))
    before = fingerprint(SQUAD, data)
    write("dev-v1.1.json", json.dumps(content(question("q2", answer("1858")))))
    assert fingerprint(SQUAD, data) != before


def test_a_missing_file_is_named_with_the_layout_expected(write: Write) -> None:
    data = write("squad/train-v1.1.json", json.dumps(content()))
    with pytest.raises(DataError) as error:
        load(SQUAD, str(data))
    assert str(error.value) == (
        f"no file '{data}/squad/dev-v1.1.json'; squad is read from squad/train-v1.1.json and squad/dev-v1.1.json; "
        "put it there or give another --data"
    )


def test_what_is_not_json_is_refused_by_line_and_character(write: Write) -> None:
    assert refusal(write, '{"version": "1.1",\n "data": [}') == (
        "train-v1.1.json, line 2, character 11: not JSON (Expecting value); expected SQuAD 1.1's JSON; "
        "fetch the official file again"
    )


def test_bytes_that_are_not_utf_8_are_refused_by_line_number(write: Write) -> None:
    write("dev-v1.1.json", json.dumps(content()))
    data = write("train-v1.1.json", "{}")
    (data / "train-v1.1.json").write_bytes('{\n"data": "café"}'.encode("latin-1"))
    with pytest.raises(DataError, match=r"train-v1\.1\.json, line 2: not UTF-8 \(invalid continuation byte\); save"):
        load(SQUAD, str(data))


def test_a_file_without_a_question_is_refused(write: Write) -> None:
    assert refusal(write, {"data": []}) == (
        "train-v1.1.json has no examples; expected at least one; fetch the official file again"
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (["data"], "train-v1.1.json: no 'data'; found 'version'"),
        (["data", 1, "paragraphs"], "train-v1.1.json, article 2: no 'paragraphs'; found 'title'"),
        (["data", 1, "paragraphs", 1, "context"], "train-v1.1.json, article 2, paragraph 2: no 'context'; found 'qas'"),
        (["data", 1, "paragraphs", 1, "qas"], "train-v1.1.json, article 2, paragraph 2: no 'qas'; found 'context'"),
        (
            ["data", 1, "paragraphs", 1, "qas", 0, "id"],
            "train-v1.1.json, article 2, paragraph 2: no 'id'; found 'question', 'answers'",
        ),
        (
            ["data", 1, "paragraphs", 1, "qas", 0, "question"],
            "train-v1.1.json, article 2, paragraph 2, question 'q2': no 'question'; found 'id', 'answers'",
        ),
        (
            ["data", 1, "paragraphs", 1, "qas", 0, "answers"],
            "train-v1.1.json, article 2, paragraph 2, question 'q2': no 'answers'; found 'id', 'question'",
        ),
        (
            ["data", 1, "paragraphs", 1, "qas", 0, "answers", 0, "text"],
            "train-v1.1.json, article 2, paragraph 2, question 'q2': no 'text'; found 'answer_start'",
        ),
        (
            ["data", 1, "paragraphs", 1, "qas", 0, "answers", 0, "answer_start"],
            "train-v1.1.json, article 2, paragraph 2, question 'q2': no 'answer_start'; found 'text'",
        ),
    ],
)
def test_a_missing_key_is_refused_by_its_place(write: Write, path: list[Any], message: str) -> None:
    given: Any = content(question("q2", answer("1858")))
    holder = given
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]
    assert refusal(write, given) == f"{message}; use SQuAD 1.1's file"


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("q2", "article 2, paragraph 2: 'q2'; expected an object with 'id'"),
        ({"id": 2, "question": "?", "answers": []}, "article 2, paragraph 2: 'id' is 2; expected a text"),
        (
            {"id": "q2", "question": "?", "answers": {"text": ["1858"], "answer_start": [4]}},
            "article 2, paragraph 2, question 'q2': 'answers' is {'answer_start': [4], 'text': ['1858']}; "
            "expected a list",
        ),
        (
            question("q2", {"text": "1858", "answer_start": "4"}),
            "article 2, paragraph 2, question 'q2': 'answer_start' is '4'; expected a whole number",
        ),
        (
            question("q2", {"text": "1858", "answer_start": True}),
            "article 2, paragraph 2, question 'q2': 'answer_start' is True; expected a whole number",
        ),
        (
            question("q2", {"text": None, "answer_start": 4}),
            "article 2, paragraph 2, question 'q2': 'text' is None; expected a text",
        ),
    ],
)
def test_a_value_of_another_kind_is_refused_by_its_place(write: Write, asked: Any, message: str) -> None:
    assert refusal(write, content(asked)) == f"train-v1.1.json, {message}; use SQuAD 1.1's file"


def test_a_file_that_is_a_list_is_refused(write: Write) -> None:
    assert refusal(write, []) == "train-v1.1.json: []; expected an object with 'data'; use SQuAD 1.1's file"


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ([], "no answers; expected at least one, as in SQuAD 1.1"),
        ([answer("1858", 3)], "answer '1858' at 3, where the context has ' 185'; expected it there"),
        ([answer("1858"), answer("1858", 5)], "answer '1858' at 5, where the context has '858,'; expected it there"),
        ([answer("times.", -6)], "answer 'times.' at -6, where the context has ''; expected it there"),
        ([answer("1858", 999)], "answer '1858' at 999, where the context has ''; expected it there"),
        ([answer("lourdes", 13)], "answer 'lourdes' at 13, where the context has 'Lourdes'; expected it there"),
        ([answer(" ", 0)], "answer ' '; expected a text that is not empty"),
        ([answer("", 0)], "answer ''; expected a text that is not empty"),
    ],
)
def test_answers_that_do_not_fit_are_refused_by_question(write: Write, answers: list[Any], wrong: str) -> None:
    assert refusal(write, content(question("q2", *answers))) == (
        f"train-v1.1.json, article 2, paragraph 2, question 'q2': {wrong}; fix or remove the question"
    )


def test_a_question_that_is_there_twice_is_refused(write: Write) -> None:
    assert refusal(write, content(question("q1", answer("18")))) == (
        "train-v1.1.json, question 'q1': the id occurs twice; expected each id once; remove one"
    )
