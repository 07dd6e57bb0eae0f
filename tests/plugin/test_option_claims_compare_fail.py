import json
import shutil
from pathlib import Path

import pytest

from tests.plugin.conftest import WINNING, Remember, RunClaims

ONLY = "--claims-only=chen-1,chen-2a"
NOISY = WINNING | {"imp": [0.91, 0.92, 0.91, 0.92, 0.90]}
LESS = WINNING | {"imp": [0.89, 0.90, 0.905, 0.90, 0.88]}


@pytest.fixture
def runs(remember: Remember, run_claims: RunClaims, tmp_path: Path) -> Path:
    """A storage with one run; its evidence is then removed."""
    store = remember(WINNING)
    run_claims("--claims-store", store, f"--claims-storage={tmp_path}/runs", "--claims-save=before", ONLY)
    shutil.rmtree(store)
    return tmp_path / "runs"


def test_a_baseline_edited_by_hand_fails_the_run_in_one_line(
    runs: Path, remember: Remember, run_claims: RunClaims
) -> None:
    (file,) = runs.glob("*.json")
    baseline = json.loads(file.read_text())
    next(claim for claim in baseline["claims"] if claim["id"] == "chen-1")["verdict"] = "REFUTED"
    file.write_text(json.dumps(baseline))
    options = [f"--claims-storage={runs}", "--claims-compare-fail=verdict", ONLY]
    result = run_claims("--claims-store", remember(WINNING), *options)
    result.stdout.fnmatch_lines(
        ["changed: chen-1 on sst2 (measured): REFUTED +0.* [[]*] -> SUPPORTED +0.* [[]*], change *; fails verdict"]
    )
    assert str(result.stdout).count("fails verdict") == 1
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "failed" not in result.parseoutcomes()


def test_an_effect_that_moves_within_noise_fails_nothing(runs: Path, remember: Remember, run_claims: RunClaims) -> None:
    options = [f"--claims-storage={runs}", "--claims-compare-fail=verdict", "--claims-compare-fail=effect:0", ONLY]
    result = run_claims("--claims-store", remember(NOISY), *options)
    assert result.ret == 0
    result.stdout.no_fnmatch_line("changed: *")


@pytest.mark.parametrize(
    ("expression", "fails"),
    [("chen-1=effect:0.01", True), ("chen-1=effect:0.05", False), ("chen-2*=verdict", False), ("pvalue:0.01", True)],
)
def test_an_effect_that_falls_fails_by_the_condition_given(
    expression: str, fails: bool, runs: Path, remember: Remember, run_claims: RunClaims
) -> None:
    options = [f"--claims-storage={runs}", f"--claims-compare-fail={expression}", ONLY]
    result = run_claims("--claims-store", remember(LESS), *options)
    assert ("changed: chen-1" in str(result.stdout)) is fails
    assert (f"; fails {expression}" in str(result.stdout)) is fails


def test_a_pattern_that_covers_nothing_is_a_warning(runs: Path, remember: Remember, run_claims: RunClaims) -> None:
    options = [f"--claims-storage={runs}", "--claims-compare-fail=chen2*=verdict", ONLY]
    result = run_claims("--claims-store", remember(WINNING), *options)
    result.stdout.fnmatch_lines(["warning: chen2*=verdict covers no claim that both runs have; check its pattern"])
    assert result.ret == 0


def test_a_bad_expression_is_reported_before_anything_runs(run_claims: RunClaims, tmp_path: Path) -> None:
    result = run_claims(f"--claims-store={tmp_path}/none", "--claims-compare-fail=effects:2")
    result.stderr.fnmatch_lines(
        ["ERROR: --claims-compare-fail=effects:2: cannot read 'effects:2' as a condition to fail on; expected *"]
    )
    assert result.ret == 4
    assert not (tmp_path / "none").exists()
