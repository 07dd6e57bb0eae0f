from __future__ import annotations

from pathlib import Path

import pytest

from lth.tasks import TASKS, Splits, available, load, scores

pytestmark = pytest.mark.real


@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if task.files.columns])
def test_an_official_file_has_exactly_the_official_number_of_examples(glue: Path, name: str) -> None:
    if name not in available(str(glue)):
        pytest.skip(f"no {TASKS[name].folder}/ in '{glue}'")
    splits = load(TASKS[name], str(glue))
    assert (len(splits.train), len(splits.dev)) == TASKS[name].sizes


@pytest.fixture(scope="module")
def squad(glue: Path) -> Splits:
    if not (glue.parent / TASKS["squad"].folder).is_dir():
        pytest.skip(f"no {TASKS['squad'].folder}/ beside '{glue}'")
    return load(TASKS["squad"], str(glue.parent))


def test_squad_has_exactly_the_official_number_of_dev_questions(squad: Splits) -> None:
    assert len(squad.dev) == TASKS["squad"].sizes[1] == 10_570
    assert max(len(answers["text"]) for answers in squad.dev["answers"]) == 6


def test_squads_train_file_is_whole_or_its_first_4370_questions(squad: Splits) -> None:
    assert len(squad.train) in (TASKS["squad"].sizes[0], 4_370)
    assert squad.train[0]["id"] == "5733be284776f41900661182"
    assert squad.train[0]["answers"] == {"text": ["Saint Bernadette Soubirous"], "answer_start": [515]}


def test_squads_own_first_answers_score_one(squad: Splits) -> None:
    answers = squad.dev["answers"][:300]
    first = [answer["text"][0] for answer in answers]
    assert scores(TASKS["squad"], first, answers) == {"f1": 1.0, "exact_match": 1.0}


def test_a_full_stop_is_an_answer_of_three_dev_questions_that_shares_no_word(squad: Splits) -> None:
    answers = [answers for answers in squad.dev["answers"] if "." in answers["text"]]
    assert len(answers) == 3
    assert scores(TASKS["squad"], ["."] * 3, answers) == {"f1": 0.0, "exact_match": 1.0}


def test_wikitext_has_exactly_the_official_number_of_lines_that_are_not_blank(glue: Path) -> None:
    data = str(glue.parent)
    if not (glue.parent / TASKS["mlm"].folder).is_dir():
        pytest.skip(f"no {TASKS['mlm'].folder}/ beside '{glue}'")
    splits = load(TASKS["mlm"], data)
    assert (len(splits.train), len(splits.dev)) == TASKS["mlm"].sizes


@pytest.mark.parametrize(
    ("name", "row", "first", "label"),
    [
        ("cola", 0, "The sailors rode the breeze clear of the rocks.", 1),
        ("sst2", 0, "it 's a charming and often affecting journey . ", 1),
        ("mrpc", 0, "He said the foodservice pie business doesn 't fit the company 's long-term growth strategy .", 1),
        ("stsb", 1, "A young child is riding a horse.", 4.75),
    ],
)
def test_the_first_lines_of_dev_are_what_they_are_in_the_file(
    glue: Path, name: str, row: int, first: str, label: float
) -> None:
    if name not in available(str(glue)):
        pytest.skip(f"no {TASKS[name].folder}/ in '{glue}'")
    example = load(TASKS[name], str(glue)).dev[row]
    assert (example[TASKS[name].inputs[0]], example["label"]) == (first, label)
