"""The end of a run on stored evidence: outcomes, table, exit status."""

import math

import pytest

from tests.plugin.conftest import WINNING, Remember, RunClaims


def test_every_claim_passes_where_the_evidence_is_as_the_paper_says(remember: Remember, run_claims: RunClaims) -> None:
    result = run_claims("--claims-store", remember(WINNING))
    result.assert_outcomes(passed=13, skipped=36)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*verdicts*", "*chen-1 *SUPPORTED*", "*chen-3 5% *REFUTED*"])


def test_a_claim_fails_where_the_evidence_is_the_opposite_and_says_so_in_one_line(
    remember: Remember, run_claims: RunClaims
) -> None:
    losing = WINNING | {"imp": [0.80, 0.81, 0.82, 0.81, 0.80]}
    result = run_claims("--claims-store", remember(losing), "--claims-only=chen-1")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["REFUTED: imp@0.7 − full = -11.0 * % of the full score, claimed > -2 %; the paper says true"]
    )


def test_an_open_verdict_is_an_outcome_of_its_own(remember: Remember, run_claims: RunClaims) -> None:
    noisy = WINNING | {"imp": [0.80, 0.99, 0.85, 0.95, 0.90]}
    result = run_claims("--claims-store", remember(noisy), "--claims-only=chen-1")
    assert result.parseoutcomes() == {"inconclusive": 1, "deselected": 48}
    assert result.ret == 0


def test_a_claim_is_not_run_where_the_full_model_does_not_beat_the_majority(
    remember: Remember, run_claims: RunClaims
) -> None:
    result = run_claims("--claims-store", remember(WINNING, majority=0.95), "--claims-only=chen-1", "-rs")
    result.assert_outcomes(skipped=1, deselected=48)
    result.stdout.fnmatch_lines(["*NOT RUN: the full model (0.908 over 5 seeds) does not beat the majority baseline*"])


def test_a_run_that_broke_down_is_counted_and_leaves_the_claim_open(remember: Remember, run_claims: RunClaims) -> None:
    broken = WINNING | {"imp": [0.91, math.nan, 0.92, 0.92, 0.90]}
    for verbose in ((), ("-v",)):
        result = run_claims("--claims-store", remember(broken), "--claims-only=chen-1", *verbose)
        assert result.parseoutcomes() == {"inconclusive": 1, "deselected": 48}
        result.stdout.fnmatch_lines(["*note on chen-1: a run has no finite score*"])
        assert str(result.stdout).count("a run has no finite score") == 1
    result.stdout.fnmatch_lines(["*collapsed runs*", "*imp@0.7: 1 of 5 [[]1 %, 66 %]*"])


def test_stored_evidence_is_judged_without_importing_torch(remember: Remember, pytester: pytest.Pytester) -> None:
    from tests.plugin.conftest import CLAIMS

    store = remember(WINNING)
    pytester.makeconftest(
        """
        import sys

        def pytest_unconfigure(config):
            print("imported:", sorted({"torch", "transformers", "datasets"} & set(sys.modules)))
        """
    )
    result = pytester.runpytest_subprocess(
        CLAIMS,
        f"--claims-store={store}",
        "-p",
        "no:cacheprovider",
        f"--confcutdir={pytester.path}",
        "-c",
        "/dev/null",
        "--rootdir",
        pytester.path,
        "-p",
        "conftest",
    )
    result.stdout.fnmatch_lines(["imported: []"])
    assert result.ret == 0
