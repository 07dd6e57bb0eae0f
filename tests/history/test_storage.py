import doctest
import json
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from lth.document.files import read_json
from lth.document.rows import OptionsRow
from lth.errors import EvidenceError, UsageError
from lth.history import storage
from lth.history.storage import autosave_name, find_baseline, find_run, read_all, runs, save
from lth.history.table import runs_table
from lth.verdict import Verdict
from tests.history.made_up import claim, document

STEADY = claim((0.90, 0.91, 0.92, 0.91, 0.90), (0.5, 0.51, 0.5, 0.52, 0.5))


def test_the_example_in_the_docstring_holds() -> None:
    results = doctest.testmod(storage)
    assert (results.attempted, results.failed) == (1, 0)


def test_runs_are_numbered_from_one_and_read_as_they_were_saved(tmp_path: Path) -> None:
    places = [save(document(STEADY, commit=name), tmp_path / "runs", name) for name in ("before", "after")]
    assert [place.name for place in places] == ["0001_before.json", "0002_after.json"]
    assert [run.number for run in runs(tmp_path / "runs")] == [1, 2]
    assert read_json(places[1]).commit == "after"


def test_a_number_that_was_removed_in_between_is_not_taken_again(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        save(document(), tmp_path, name)
    (tmp_path / "0002_b.json").unlink()
    assert save(document(), tmp_path, "d").name == "0004_d.json"


def test_numbers_go_on_beyond_four_digits(tmp_path: Path) -> None:
    (tmp_path / "9999_a.json").write_text("{}")
    assert save(document(), tmp_path, "b").name == "10000_b.json"
    assert find_run(tmp_path, "latest").name == "10000_b.json"


def save_ten(folder: str, name: str) -> None:
    for _ in range(10):
        save(document(), Path(folder), name)


def test_processes_that_save_at_once_take_different_numbers(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=save_ten, args=(str(tmp_path), name)) for name in ("a", "b", "c")]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert [run.number for run in runs(tmp_path)] == list(range(1, 31))
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("name", ["", "a/b", "../up", ".hidden", "two words"])
def test_a_name_that_is_not_a_plain_file_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        save(document(), tmp_path, name)
    assert str(caught.value) == (
        f"name {name!r} of a run; expected only letters, digits, '.', '_' and '-', at most 200 in all; "
        "give one such as before-upgrade"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot write to .*/file/runs: .*; name a folder .* --claims-storage=FOLDER"):
        save(document(), tmp_path / "file" / "runs", "a")


def test_an_autosaved_run_is_named_by_commit_and_date() -> None:
    assert autosave_name(document()) == "0123abc_20200723_120000"
    assert autosave_name(document(commit="")) == "unversioned_20200723_120000"


def test_a_run_is_found_by_latest_number_name_pattern_and_file(tmp_path: Path) -> None:
    first, second, third = (save(document(), tmp_path, name) for name in ("nightly-1", "nightly-2", "release"))
    assert find_run(tmp_path, "latest") == third
    assert find_run(tmp_path, "1") == find_run(tmp_path, "0001") == first
    assert find_run(tmp_path, "nightly-*") == find_run(tmp_path, "0002_*") == second
    assert find_run(tmp_path, "release") == find_run(tmp_path, "0003_release") == third
    assert find_run(tmp_path / "none", str(first)) == first


def test_a_run_that_was_never_saved_is_reported_with_the_saved_ones(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(document(), tmp_path, name)
    with pytest.raises(UsageError) as caught:
        find_run(tmp_path, "7")
    assert str(caught.value) == (
        f"no saved run '7' in {tmp_path}, which has runs 1 to 2; expected a number, a glob, a file or latest; "
        "see lth list"
    )
    with pytest.raises(UsageError, match="which has no run; expected"):
        find_run(tmp_path / "none", "latest")


def test_a_baseline_may_be_missing_the_first_time_but_a_named_one_may_not(tmp_path: Path) -> None:
    assert find_baseline(tmp_path / "none", "latest") is None
    assert find_baseline(tmp_path, "3") is None
    saved = save(document(), tmp_path, "a")
    assert find_baseline(tmp_path, "latest") == saved
    assert find_baseline(tmp_path, "nightly*") is None
    with pytest.raises(UsageError, match="no saved run '3'"):
        find_baseline(tmp_path, "3")


def test_a_truncated_run_is_named_in_one_line_and_left_out_of_the_list(tmp_path: Path) -> None:
    save(document(STEADY), tmp_path, "whole")
    broken = save(document(STEADY), tmp_path, "broken")
    broken.write_text(broken.read_text()[:500])
    save(document(STEADY), tmp_path, "later")
    whole, problems = read_all(tmp_path)
    assert [run.name for run, _ in whole] == ["whole", "later"]
    assert len(problems) == 1
    assert problems[0].startswith(f"{broken}: not whole JSON (")
    with pytest.raises(EvidenceError, match=r"0002_broken\.json: not whole JSON"):
        read_json(find_run(tmp_path, "2"))


def test_other_files_of_the_folder_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("[]")
    (tmp_path / "0001_x.txt").write_text("")
    assert runs(tmp_path) == ()
    assert save(document(), tmp_path, "a").name == "0001_a.json"


def test_the_list_gives_number_name_date_commit_tasks_seeds_and_verdicts(tmp_path: Path) -> None:
    save(document(STEADY, replace(STEADY, task="cola", verdict=Verdict.NOT_RUN)), tmp_path, "first")
    header, _, line = runs_table(read_all(tmp_path)[0]).splitlines()
    assert " ".join(header.split()) == "run name date commit tasks seeds supported refuted inconclusive not run"
    assert " ".join(line.split()) == "0001 first 2020-07-23 12:00 0123abc sst2, cola 0, 1 1 0 0 1"
    save(document(STEADY, options=OptionsRow()), tmp_path / "other", "recorded")
    assert "sst2     5  " in runs_table(read_all(tmp_path / "other")[0])
    assert runs_table([]) == "no saved run"


def test_a_saved_run_is_plain_json(tmp_path: Path) -> None:
    assert json.loads(save(document(STEADY), tmp_path, "a").read_text())["claims"][0]["id"] == "chen-1"
