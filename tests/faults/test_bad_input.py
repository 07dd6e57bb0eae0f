"""Every bad input through every door that takes its kind: one line that says what is wrong, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lth.app.options import OPTIONS
from tests.faults.conftest import Ended, Enter
from tests.faults.doors import DOORS, OPTION_KINDS
from tests.faults.kinds import KINDS
from tests.faults.table import Bad, Door
from tests.faults.written_table import named

PAGE = Path(__file__).parents[2] / "docs" / "robustness.md"

REFUSED = {"lth": 2, "pytest": 4}
"""The exit status of a wrong use."""


def _cases() -> Iterator[Any]:
    """Every input through every door. By day, every second one through one door, so that each door gets its share."""
    for kind, inputs in KINDS.items():
        doors = [door for door in DOORS if door.takes == kind]
        for at, (name, bad) in enumerate(inputs.items()):
            for number, door in enumerate(doors):
                marks = () if number == at % (2 * len(doors)) else pytest.mark.night
                yield pytest.param(door, bad, id=f"{door.name}-{name}".replace(" ", "_"), marks=marks)


CASES = list(_cases())
BY_DAY = [case for case in CASES if not case.marks]
Record = Callable[[str, object], None]


@pytest.mark.parametrize(("door", "bad"), CASES)
def test_a_bad_input_is_refused_in_one_line(
    door: Door, bad: Bad, enter: Enter, good: Path, tmp_path: Path, record_property: Record
) -> None:
    record_property("door", door.key)
    check_refused(door, bad, enter(typed(door, bad, good, tmp_path)))


@pytest.mark.night
@pytest.mark.parametrize(("door", "bad"), BY_DAY)
def test_a_bad_input_is_refused_in_a_process_of_its_own(
    door: Door, bad: Bad, enter_anew: Enter, good: Path, tmp_path: Path, record_property: Record
) -> None:
    record_property("title", "Bad inputs in processes of their own")
    check_refused(door, bad, enter_anew(typed(door, bad, good, tmp_path)))


def test_there_are_at_least_450_cases() -> None:
    assert len(BY_DAY) >= 450


def test_the_page_of_the_docs_names_every_door_and_every_bad_input() -> None:
    text = PAGE.read_text()
    assert named(text) == {(door.name, door.takes) for door in DOORS}
    for kind, bad in KINDS.items():
        assert f"- **{kind}** ({len(bad)}): {', '.join(bad)}." in text


def test_every_kind_has_a_door() -> None:
    assert set(KINDS) == {door.takes for door in DOORS}


def test_every_option_with_a_value_is_a_door() -> None:
    assert set(OPTION_KINDS) == {option.flag for option in OPTIONS.values() if option.parse}


def typed(door: Door, bad: Bad, good: Path, folder: Path) -> list[str]:
    (folder / "bad").mkdir()
    return door.typed(bad.make(folder / "bad"), good, folder / "new")


def check_refused(door: Door, bad: Bad, ended: Ended) -> None:
    """One line with what is wrong, the status of a wrong use, and no traceback."""
    assert len(ended.errors) == 1, ended.err
    line = ended.errors[0]
    assert line.startswith(("lth: ", "ERROR: ")), line
    assert bad.says in line
    assert line.isprintable(), line
    assert len(line) < 1500
    assert ended.status == REFUSED[door.words.partition(" ")[0]], line
    for word in ("Traceback", "INTERNALERROR", "errors during collection"):
        assert word not in ended.out + ended.err
