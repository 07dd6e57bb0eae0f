from tests.plugin.conftest import WINNING, Remember, RunClaims


def test_only_the_claims_named_are_judged(remember: Remember, run_claims: RunClaims) -> None:
    result = run_claims("--claims-store", remember(WINNING), "--claims-only=chen-1,chen-2*")
    result.assert_outcomes(passed=6, deselected=43)


def test_claims_named_are_left_out(remember: Remember, run_claims: RunClaims) -> None:
    result = run_claims("--claims-store", remember(WINNING), "--claims-skip=chen-3")
    result.assert_outcomes(passed=9, skipped=36, deselected=4)
