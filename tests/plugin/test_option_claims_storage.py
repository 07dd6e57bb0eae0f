from pathlib import Path

import pytest

from tests.plugin.conftest import WINNING, Remember, RunClaims


def test_runs_are_kept_below_the_root_folder_by_default(
    remember: Remember, run_claims: RunClaims, pytester: pytest.Pytester
) -> None:
    options = [f"--rootdir={pytester.path}", "--claims-save=a", "--claims-only=chen-1"]
    run_claims("--claims-store", remember(WINNING), *options)
    assert (pytester.path / ".lth" / "runs" / "0001_a.json").is_file()


def test_a_folder_that_cannot_be_written_is_reported_in_one_line(
    remember: Remember, run_claims: RunClaims, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    options = [f"--claims-storage={tmp_path}/file/runs", "--claims-save=a", "--claims-only=chen-1"]
    result = run_claims("--claims-store", remember(WINNING), *options)
    result.stderr.fnmatch_lines([f"ERROR: cannot write {tmp_path}/file/runs/*: Not a directory; *-storage=FOLDER"])
    assert result.ret == 4
