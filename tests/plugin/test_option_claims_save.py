from pathlib import Path

import pytest

from lth.document.files import read_json
from tests.plugin.conftest import WINNING, Remember, RunClaims


def test_a_run_is_saved_under_its_name_with_the_next_number(
    remember: Remember, run_claims: RunClaims, tmp_path: Path
) -> None:
    store, runs = remember(WINNING), tmp_path / "runs"
    for name in ("before", "after"):
        result = run_claims(
            "--claims-store", store, f"--claims-storage={runs}", f"--claims-save={name}", "--claims-only=chen-1"
        )
    result.stdout.fnmatch_lines([f"saved {runs}/0002_after.json"])
    assert sorted(file.name for file in runs.glob("*.json")) == ["0001_before.json", "0002_after.json"]
    saved = read_json(runs / "0001_before.json")
    assert [claim.id for claim in saved.claims] == ["chen-1"]
    assert saved.environment["python"]


@pytest.mark.parametrize("name", ["a/b", ""])
def test_a_bad_name_is_reported_before_anything_runs(name: str, run_claims: RunClaims, tmp_path: Path) -> None:
    result = run_claims(f"--claims-store={tmp_path}/store", f"--claims-save={name}")
    result.stderr.fnmatch_lines(
        [f"ERROR: --claims-save={name}: name '{name}' of a run; expected only letters, digits, *; give one such as *"]
    )
    assert result.ret == 4
