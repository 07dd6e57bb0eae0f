"""The `claim` marker and fixture, with which another repository writes claims of its own."""

import pytest

CLAIMS = '''
import pytest

@pytest.mark.claim("ours-1", paper="ours", says=True)
def test_tickets_beat_one_shot_masks(claim):
    """Tickets beat masks of theta_0's own largest weights."""
    tickets, masks = claim.arms.imp(), claim.arms.oneshot()
    return claim.difference(tickets, masks).lies_in(claim.above(0))
'''

SCORES = """task,arm,seed,score
sst2,full,0,0.921
sst2,full,1,0.924
sst2,full,2,0.919
sst2,imp@0.7,0,0.917
sst2,imp@0.7,1,0.921
sst2,imp@0.7,2,0.915
sst2,oneshot@0.7,0,0.861
sst2,oneshot@0.7,1,0.858
sst2,oneshot@0.7,2,0.866
"""

OPTIONS = ("--claims-evidence=.", "--claims-sparsity=0.7", "-p", "no:cacheprovider")


def test_a_claim_takes_ten_lines_and_no_import_but_pytest(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("scores.csv").write_text(SCORES)
    assert len(CLAIMS.strip().splitlines()) <= 10
    result = pytester.runpytest_inprocess(pytester.makepyfile(CLAIMS), *OPTIONS)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["ours-1 *Tickets beat masks of theta_0's own largest*SUPPORTED*= true*"])


def test_a_claim_can_take_the_fixture_arms_and_source_together(pytester: pytest.Pytester) -> None:
    file = pytester.makepyfile(
        '''
        import pytest

        @pytest.mark.claim("ours-2", paper="ours", says=True)
        def test_tickets_cross(claim, arms, source):
            """Tickets cross."""
            assert claim.arms is arms
            return claim.difference(arms.transferred(source), arms.full()).lies_in(claim.above(-arms.margin))
        '''
    )
    result = pytester.runpytest_inprocess(file, "--task=cola,sst2", "--claims-plan", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["plan: 2 claims need *"])


@pytest.mark.parametrize(
    ("marker", "given"),
    [
        ("@pytest.mark.claim", "claim marker with no argument"),
        ("@pytest.mark.claim('ours-1')", "claim marker with 'ours-1'"),
        ("@pytest.mark.claim('ours-1', paper='ours', say=True)", "claim marker with 'ours-1', paper='ours', *"),
        ("@pytest.mark.claim(1, paper='ours', says=True)", "claim marker with 1, paper='ours', says=True"),
    ],
)
def test_a_marker_that_says_too_little_fails_its_test_in_one_line(
    pytester: pytest.Pytester, marker: str, given: str
) -> None:
    pytester.path.joinpath("scores.csv").write_text(SCORES)
    bad = f"\n\n{marker}\ndef test_bad(arms): ...\n"
    result = pytester.runpytest_inprocess(pytester.makepyfile(CLAIMS + bad), *OPTIONS)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            f'{given}; expected "ID", paper="NAME", says=True, False, None or a mapping from rows or tasks to these; '
            "see lth.claims.claim.Claim"
        ]
    )


def test_a_test_without_the_marker_is_reported_with_the_marker_to_add(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(pytester.makepyfile("def test_ours(claim): ..."), "-p", "no:cacheprovider")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ['E *test_ours takes the fixture claim, but is not marked as a claim; expected @pytest.mark.claim("ID", *']
    )


def test_pytest_lists_the_fixture(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--fixtures", "-q", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["claim -- *", "    The words to write a claim with: *"])


OWN = '''
from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.claim import claim
from lth.claims.effects import difference
from lth.verdict import above

@claim("ours-2", paper="ours", says=True)
def test_own(arms):
    """Masks of our own match those of magnitude."""
    own = Arm(ArmId("random2", sparsity=0.7), arms.task.name, arms.seeds, (), missing="its scores come from elsewhere")
    return difference(own, arms.imp(0.7)).lies_in(above(-0.2))
'''


@pytest.mark.parametrize("only", [(), ("--claims-only=ours-1",), ("--claims-only=ours-2",)])
def test_arms_of_claims_that_are_left_out_may_have_scores(pytester: pytest.Pytester, only: tuple[str, ...]) -> None:
    rows = "".join(f"sst2,random2@0.7,{seed},0.86\n" for seed in range(3))
    pytester.path.joinpath("scores.csv").write_text(SCORES + rows)
    pytester.makepyfile(test_ours=CLAIMS, test_own=OWN)
    pytester.runpytest_inprocess(*OPTIONS, *only).assert_outcomes(passed=1 if only else 2, deselected=len(only))


def test_an_arm_that_no_claim_of_the_run_is_about_is_named(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("scores.csv").write_text(SCORES + "sst2,xyz@0.7,0,0.86\nsst2,xyz@0.5,0,0.86\n")
    result = pytester.runpytest_inprocess(pytester.makepyfile(CLAIMS), *OPTIONS)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["scores.csv:11, column arm: no claim of this run is about xyz@0.7, xyz@0.5"])
