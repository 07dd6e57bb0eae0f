import shutil
from pathlib import Path

import pytest

from tests.plugin.conftest import WINNING, Remember, RunClaims

ONLY = "--claims-only=chen-1,chen-2a"
LOSING = WINNING | {"imp": [0.80, 0.81, 0.82, 0.81, 0.80]}


@pytest.fixture
def saved(remember: Remember, run_claims: RunClaims, tmp_path: Path) -> Path:
    """A storage with two runs of the same evidence, `one` and `two`; the evidence is then removed."""
    store, runs = remember(WINNING), tmp_path / "runs"
    run_claims("--claims-store", store, f"--claims-storage={runs}", "--claims-save=one", ONLY)
    (runs / "0002_two.json").write_bytes((runs / "0001_one.json").read_bytes())
    shutil.rmtree(store)
    return runs


def test_a_run_is_compared_with_the_latest_and_says_what_changed(
    saved: Path, remember: Remember, run_claims: RunClaims
) -> None:
    result = run_claims("--claims-store", remember(LOSING), f"--claims-storage={saved}", "--claims-compare", ONLY)
    result.stdout.fnmatch_lines(
        ["*compared with 0002_two.json*", "chen-1 *SUPPORTED *REFUTED *verdict, worse", "claims compared: *"]
    )


def test_a_comparison_without_a_condition_fails_nothing(saved: Path, remember: Remember, run_claims: RunClaims) -> None:
    noisy = WINNING | {"imp": [0.80, 0.99, 0.85, 0.95, 0.90]}
    options = [f"--claims-storage={saved}", "--claims-compare", "--claims-only=chen-1"]
    assert run_claims("--claims-store", remember(noisy), *options).ret == 0


def test_equal_evidence_is_the_same(saved: Path, remember: Remember, run_claims: RunClaims) -> None:
    result = run_claims("--claims-store", remember(WINNING), f"--claims-storage={saved}", "--claims-compare", ONLY)
    result.stdout.fnmatch_lines(
        ["chen-1 * same", "chen-2a * same", "*effects changed beyond noise: 0, for the worse: 0; *"]
    )
    result.stdout.no_fnmatch_line("*worse and better*")


@pytest.mark.parametrize(("which", "found"), [("1", "0001_one"), ("*o*", "0002_two")])
def test_an_older_run_is_chosen_by_number_or_pattern(
    which: str, found: str, saved: Path, remember: Remember, run_claims: RunClaims
) -> None:
    options = [f"--claims-storage={saved}", f"--claims-compare={which}", ONLY]
    result = run_claims("--claims-store", remember(WINNING), *options)
    result.stdout.fnmatch_lines([f"*compared with {found}.json*"])


def test_a_file_elsewhere_is_a_baseline_too(saved: Path, remember: Remember, run_claims: RunClaims) -> None:
    place = saved.parent / "baseline.json"
    (saved / "0001_one.json").rename(place)
    result = run_claims("--claims-store", remember(WINNING), f"--claims-compare={place}", ONLY)
    result.stdout.fnmatch_lines(["*compared with baseline.json*"])


def test_a_missing_baseline_is_a_warning_the_first_time(
    remember: Remember, run_claims: RunClaims, tmp_path: Path
) -> None:
    options = [f"--claims-storage={tmp_path}/runs", "--claims-compare", "--claims-compare-fail=verdict", ONLY]
    result = run_claims("--claims-store", remember(WINNING), *options)
    result.stdout.fnmatch_lines([f"warning: no saved run 'latest' in {tmp_path}/runs, so nothing is compared; *"])
    assert result.ret == 0


def test_a_run_that_was_never_saved_is_reported_before_anything_runs(
    saved: Path, run_claims: RunClaims, tmp_path: Path
) -> None:
    options = [f"--claims-store={tmp_path}/none", f"--claims-storage={saved}", "--claims-compare=7"]
    result = run_claims(*options)
    result.stderr.fnmatch_lines(
        [f"ERROR: no saved run '7' in {saved}, which has runs 1 to 2; expected *; see lth list"]
    )
    assert result.ret == 4
    assert not (tmp_path / "none").exists()


def test_a_truncated_baseline_is_refused_by_name(saved: Path, run_claims: RunClaims) -> None:
    file = saved / "0002_two.json"
    file.write_text(file.read_text()[:1000])
    result = run_claims(f"--claims-storage={saved}", "--claims-compare")
    result.stderr.fnmatch_lines([f"ERROR: {file}: not whole JSON (*); run the claims again to write it anew"])
    assert result.ret == 4
