from pathlib import Path

from lth.document.files import read_json
from lth.verdict import Verdict
from tests.plugin.conftest import WINNING, Remember, RunClaims

CLEAR = {
    "full": [0.90, 0.901, 0.899, 0.90, 0.901, 0.90, 0.899, 0.90],
    "imp": [0.911, 0.910, 0.909, 0.91, 0.911, 0.91, 0.909, 0.91],
    "random": [0.521, 0.523, 0.519, 0.52, 0.521, 0.52, 0.519, 0.52],
    "standard": [0.85, 0.97, 0.91, 0.86, 0.96, 0.91, 0.85, 0.97],
}
"""Eight seeds: the tickets match and beat random masks at once; standard pruning scatters about them."""


def test_seeds_are_added_only_where_a_verdict_is_open(
    remember: Remember, run_claims: RunClaims, tmp_path: Path
) -> None:
    made_up = {
        arm: CLEAR.get(arm, [scores[0] + 0.001 * (seed % 3) for seed in range(8)]) for arm, scores in WINNING.items()
    }
    file = tmp_path / "verdicts.json"
    result = run_claims(
        "--claims-store",
        remember(made_up, seeds="8"),
        "--seeds=auto",
        "--claims-skip=chen-3",
        "-v",
        f"--claims-json={file}",
    )
    document = read_json(file)
    # standard@0.4 is only shown, and keeps the seeds of the first look
    seeds = {
        claim.id: [len(arm.seeds) for arm in claim.arms if str(arm.id) != "standard@0.4"] for claim in document.claims
    }
    assert set(seeds["chen-1"]) == set(seeds["chen-2a"]) == {3}
    assert set(seeds["chen-4"]) == {8}
    # A look's interval has the look's own level: by n of 8 seeds n/8 of .05 is spent, 3/8 of it at the first look.
    alphas = {claim.id: claim.interval.alpha for claim in document.claims if claim.interval}
    assert (alphas["chen-1"], alphas["chen-4"]) == (0.05 * 3 / 8, 0.05 * 3 / 8)
    assert document.sequential
    assert [look.seeds for look in document.sequential.looks] == [3, 5, 8]
    assert document.sequential.experiments < document.sequential.of
    result.stdout.fnmatch_lines(["seeds were added while a verdict was INCONCLUSIVE (looks after 3, 5, 8): *"])


def test_an_open_claim_gets_its_seeds_and_its_picture_keeps_the_first_ones(
    remember: Remember, run_claims: RunClaims, tmp_path: Path
) -> None:
    noisy = [0.85, 0.97, 0.91, 0.86, 0.96, 0.91, 0.85, 0.97]
    made_up = {arm: [scores[0] + 0.001 * (seed % 3) for seed in range(8)] for arm, scores in WINNING.items()}
    file = tmp_path / "verdicts.json"
    store = remember(made_up | {"imp": noisy}, seeds="8")
    asked = ("--seeds=auto", "--claims-only=chen-1", "--claims-pictures")
    run_claims("--claims-store", store, *asked, f"--claims-json={file}")
    (claim,) = read_json(file).claims
    arms = {str(arm.id): arm for arm in claim.arms}
    assert claim.verdict is Verdict.INCONCLUSIVE
    assert list(arms["imp@0.7"].scores) == noisy
    assert len(arms["imp@0.4"].seeds) == len(arms["random@0.7"].seeds) == 3


def test_the_plan_says_what_is_computed_first_and_what_at_most(run_claims: RunClaims, tmp_path: Path) -> None:
    asked = ("--seeds=auto", "--claims-only=chen-1b", "--claims-plan", f"--claims-store={tmp_path}/store")
    # A seed takes a full model, imp's first round, whose ticket gives the random mask its size, and the random ticket.
    run_claims(*asked).stdout.fnmatch_lines(
        [
            "plan: 1 claims need at most 16 results, 0 are stored in *",
            "to run: 9 fine-tunings, 9 masks, about * with * workers, for 3 seeds",
            "then at most: 15 fine-tunings, 15 masks, about * workers, for seeds 3..7, while a verdict is INCONCLUSIVE",
        ]
    )


def test_the_plan_of_a_store_with_the_first_seeds_names_the_others(remember: Remember, run_claims: RunClaims) -> None:
    store = remember({arm: scores[:3] for arm, scores in WINNING.items()}, seeds="3")
    result = run_claims("--claims-store", store, "--seeds=auto:4", "--claims-only=chen-1b", "--claims-plan")
    result.stdout.fnmatch_lines(
        ["to run: nothing, about 0:00 * for 3 seeds", "then at most: 3 fine-tunings, * for seeds 3..3, *"]
    )
