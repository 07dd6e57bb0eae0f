from __future__ import annotations

from pathlib import Path

import pytest

from lth.tasks import TASKS, available, load

pytestmark = pytest.mark.real


@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if task.files.columns])
def test_an_official_file_has_exactly_the_official_number_of_examples(glue: Path, name: str) -> None:
    if name not in available(str(glue)):
        pytest.skip(f"no {TASKS[name].folder}/ in '{glue}'")
    splits = load(TASKS[name], str(glue))
    assert (len(splits.train), len(splits.dev)) == TASKS[name].sizes


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
