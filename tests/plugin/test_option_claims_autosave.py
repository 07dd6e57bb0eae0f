import re
from pathlib import Path

from tests.plugin.conftest import WINNING, Remember, RunClaims


def test_a_run_is_autosaved_under_its_commit_and_date(
    remember: Remember, run_claims: RunClaims, tmp_path: Path
) -> None:
    options = [f"--claims-storage={tmp_path}/runs", "--claims-autosave", "--claims-only=chen-1"]
    run_claims("--claims-store", remember(WINNING), *options)
    (saved,) = (tmp_path / "runs").glob("*.json")
    assert re.fullmatch(r"0001_[0-9a-z]+_\d{8}_\d{6}(_uncommitted-changes)?\.json", saved.name)


def test_a_name_that_is_given_replaces_commit_and_date(
    remember: Remember, run_claims: RunClaims, tmp_path: Path
) -> None:
    options = [f"--claims-storage={tmp_path}/runs", "--claims-autosave", "--claims-save=mine", "--claims-only=chen-1"]
    run_claims("--claims-store", remember(WINNING), *options)
    assert [file.name for file in (tmp_path / "runs").glob("*.json")] == ["0001_mine.json"]
