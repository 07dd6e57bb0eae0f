"""A claim that cannot be declared fails alone, with a hint; all others are judged and ordinary tests run."""

from pathlib import Path

import pytest

from lth.document.files import read_json
from tests.plugin.test_claim_fixture import CLAIMS, OPTIONS, SCORES

BAD = """
@pytest.mark.claim("ours-2", paper="ours", says=True)
def test_bad(claim):
    BODY

def test_an_ordinary_one(tmp_path): pass
"""
FILE = (CLAIMS + BAD).strip()
MARKER, BODY = (1 + FILE.splitlines().index(line) for line in (BAD.splitlines()[1], "    BODY"))
"""The lines of the bad claim's marker and of its body."""
FAULTS = {
    "a typo in an arm": (
        "return claim.difference(claim.arms.ipm(), claim.arms.full()).lies_in(claim.above(0))",
        "AttributeError: 'Arms' object has no attribute 'ipm'; did you mean 'imp'?",
    ),
    "a typo in a name": ("return clam.arms", "NameError: name 'clam' is not defined; did you mean 'claim'?"),
    "a missing return": (
        "claim.difference(claim.arms.imp(), claim.arms.full()).lies_in(claim.above(0))",
        "the claim returned None; expected an effect and its region; *",
    ),
    "a missing region": (
        "return claim.mean(claim.arms.imp())",
        "the claim returned Contrast(*, an effect without a region; expected an effect and its region; *",
    ),
    "a number for a region": (
        "return claim.mean(claim.arms.imp()).lies_in(0)",
        "the claim returned Assertion(*; expected an effect and its region; *",
    ),
    "a name for an arm": (
        "return claim.difference('imp', claim.arms.full()).lies_in(claim.above(0))",
        "AttributeError: 'str' object has no attribute 'quantity'; correct the claim",
    ),
    "a start that is not there": (
        "return claim.mean(claim.arms.imp(1.5)).lies_in(claim.above(0))",
        "sparsity 1.5; expected *",
    ),
    "any error": ("raise ValueError('boom')", "ValueError: boom; correct the claim"),
    "a skip": ("pytest.skip('later')", "the claim ended with 'later'; expected an effect and its region; *"),
}


@pytest.fixture(params=FAULTS)
def said(request: pytest.FixtureRequest, pytester: pytest.Pytester) -> str:
    """What must be said of the fault in a file with a sound claim, one at fault and an ordinary test."""
    body, text = FAULTS[request.param]
    pytester.path.joinpath("scores.csv").write_text(SCORES)
    pytester.makepyfile(test_ours=FILE.replace("BODY", body))
    return f"test_ours.py:{MARKER if text.startswith('the claim') else BODY}: {text}"


def test_a_claim_at_fault_fails_alone(pytester: pytest.Pytester, said: str) -> None:
    result = pytester.runpytest_inprocess(*OPTIONS, "--claims-json=out.json")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines([said, "ours-1 *SUPPORTED*"])
    assert [claim.id for claim in read_json(Path("out.json")).claims] == ["ours-1"]


def test_a_plan_names_the_claims_at_fault(pytester: pytest.Pytester, said: str) -> None:
    result = pytester.runpytest_inprocess("--claims-plan", "-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["plan: 1 claims need *", said])


@pytest.mark.parametrize("takes", ["", "tmp_path, arms", "claim, tmp_path", "source"])
def test_a_claim_with_other_arguments_fails_alone(pytester: pytest.Pytester, takes: str) -> None:
    pytester.path.joinpath("scores.csv").write_text(SCORES)
    pytester.makepyfile(test_ours=FILE.replace("test_bad(claim)", f"test_bad({takes})").replace("BODY", "pass"))
    result = pytester.runpytest_inprocess(*OPTIONS)
    result.assert_outcomes(passed=2, failed=1)
    lacks = "the claim takes no arms" if takes in ("", "source") else "missing a required argument: 'tmp_path'"
    result.stdout.fnmatch_lines([f"*{lacks}; expected *"])


def test_claims_of_a_class_are_judged(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("scores.csv").write_text(SCORES)
    head, _, body = CLAIMS.partition("@")
    method = "".join(f"    {line}\n" for line in f"@{body}".replace("(claim)", "(self, claim)").splitlines())
    pytester.makepyfile(f"{head}\nclass TestOurs:\n{method}")
    pytester.runpytest_inprocess(*OPTIONS).assert_outcomes(passed=1)


def test_with_a_file_that_cannot_be_read_the_others_are_judged_on_request(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("scores.csv").write_text(SCORES)
    pytester.makepyfile(test_ours=CLAIMS, test_broken="import nosuch")
    result = pytester.runpytest_inprocess(*OPTIONS, "--continue-on-collection-errors")
    result.assert_outcomes(passed=1, errors=1)
