from dataclasses import replace
from pathlib import Path

import pytest

from lth.document.rows import OptionsRow
from lth.errors import EvidenceError, UsageError
from lth.history.conditions import parse
from lth.history.session import finish, read_request
from lth.history.storage import save
from tests.history.made_up import claim, document

GOOD, CONTROL = (0.91, 0.91, 0.92, 0.92, 0.90), (0.90, 0.91, 0.92, 0.91, 0.90)
FALLEN = (0.80, 0.81, 0.82, 0.81, 0.79)
BEFORE, AFTER = document(claim(GOOD, CONTROL)), document(claim(FALLEN, CONTROL))
VERDICT = (parse("verdict"),)


def test_a_run_that_asks_for_nothing_does_nothing(tmp_path: Path) -> None:
    aftermath = finish(read_request({}, tmp_path), BEFORE, 0.05)
    assert (aftermath.text, aftermath.warnings, aftermath.failures, aftermath.saved) == ("", (), (), None)
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_compared_with_what_was_there_before_it_is_saved(tmp_path: Path) -> None:
    save(BEFORE, tmp_path / ".lth" / "runs", "first")
    request = read_request({"save": "second", "compare": "latest", "compare_fail": VERDICT}, tmp_path)
    aftermath = finish(request, AFTER, 0.05)
    assert aftermath.saved == tmp_path / ".lth" / "runs" / "0002_second.json"
    assert aftermath.title == "compared with 0001_first.json"
    assert len(aftermath.failures) == 1


def test_a_condition_without_a_named_run_compares_with_the_latest(tmp_path: Path) -> None:
    save(BEFORE, tmp_path, "first")
    request = read_request({"storage": tmp_path, "compare_fail": VERDICT}, tmp_path)
    assert request.place == tmp_path / "0001_first.json"


def test_a_missing_baseline_is_a_warning_and_no_failure(tmp_path: Path) -> None:
    aftermath = finish(read_request({"compare": "latest", "compare_fail": VERDICT}, tmp_path), AFTER, 0.05)
    assert aftermath.failures == ()
    assert aftermath.warnings == (
        f"no saved run 'latest' in {tmp_path}/.lth/runs, so nothing is compared; save one with --claims-save",
    )


def test_a_pattern_that_covers_no_claim_is_a_warning(tmp_path: Path) -> None:
    save(BEFORE, tmp_path, "first")
    aftermath = finish(
        read_request({"storage": tmp_path, "compare_fail": (parse("chen2=verdict"),)}, tmp_path), AFTER, 0.05
    )
    assert aftermath.warnings == ("chen2=verdict covers no claim that both runs have; check its pattern",)


def test_every_error_is_reported_before_anything_is_computed(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_request({"save": "a/b"}, tmp_path)
    broken = save(BEFORE, tmp_path, "first")
    broken.write_text(broken.read_text()[:200])
    with pytest.raises(EvidenceError, match=r"0001_first\.json: not whole JSON"):
        read_request({"storage": tmp_path, "compare": "latest"}, tmp_path)


def test_what_else_differs_is_listed_below_the_table(tmp_path: Path) -> None:
    save(replace(BEFORE, options=OptionsRow(seeds=(0,))), tmp_path, "first")
    aftermath = finish(read_request({"storage": tmp_path, "compare": "1"}, tmp_path), AFTER, 0.05)
    assert aftermath.text.endswith("\nthe runs differ in: seeds 0 -> 0, 1.")
