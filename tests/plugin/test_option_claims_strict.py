import math

from tests.plugin.conftest import WINNING, Remember, RunClaims

NOISY = WINNING | {"imp": [0.80, 0.99, 0.85, 0.95, 0.90]}


def test_an_open_verdict_fails_a_strict_run(remember: Remember, run_claims: RunClaims) -> None:
    result = run_claims("--claims-store", remember(NOISY), "--claims-only=chen-1", "--claims-strict")
    result.assert_outcomes(failed=1, deselected=48)
    result.stdout.fnmatch_lines(
        ["INCONCLUSIVE: imp@0.7 − full = *seeds would decide; it fails because of --claims-strict"]
    )


def test_a_strict_run_says_why_a_verdict_is_open(remember: Remember, run_claims: RunClaims) -> None:
    broken = WINNING | {"imp": [0.91, math.nan, 0.92, 0.92, 0.90]}
    result = run_claims("--claims-store", remember(broken), "--claims-only=chen-1", "--claims-strict")
    result.stdout.fnmatch_lines(["INCONCLUSIVE: *; a run has no finite score*; it fails because of --claims-strict"])
