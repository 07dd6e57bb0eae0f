from pathlib import Path

import pytest

from tests.plugin.conftest import CLAIMS, WINNING, Remember, RunClaims


def test_the_plan_counts_what_would_run_and_runs_nothing(run_claims: RunClaims, tmp_path: Path) -> None:
    result = run_claims("--claims-plan", f"--claims-store={tmp_path}/store", "--seeds=2")
    # By hand, a seed: full 1; rounds to 40 and 70 % of imp 2, standard pruning 2, 4 rewound ones 8; random masks
    # of both sizes 2, a re-initialised and a shuffled control: 17 fine-tunings. Masks: 2 of imp, 1 more of standard
    # pruning and of each rewound trajectory (their first round prunes the full model, as that of imp does), 2 random.
    # Measurements: the highest matching sparsities of imp, of random masks and of standard pruning.
    result.stdout.fnmatch_lines(
        [
            "plan: 49 claims need *, 0 are stored in *",
            "to run: 34 fine-tunings, 18 masks, 6 measurements, about * workers",
        ]
    )
    assert result.ret == 0
    assert result.parseoutcomes() == {}


def test_the_plan_leaves_out_what_is_stored(remember: Remember, run_claims: RunClaims) -> None:
    result = run_claims("--claims-plan", "--claims-store", remember(WINNING))
    result.stdout.fnmatch_lines(["to run: nothing, about 0:00 *"])


def test_planning_imports_neither_torch_nor_datasets(pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.makepyfile(
        look="""
        import sys

        def pytest_unconfigure(config):
            print("imported:", sorted({"torch", "transformers", "datasets", "pandas"} & set(sys.modules)))
        """
    )
    result = pytester.runpytest_subprocess(
        CLAIMS, "--claims-plan", f"--claims-store={tmp_path}/store", "-p", "look", "-p", "no:cacheprovider"
    )
    result.stdout.fnmatch_lines(["plan: *", "imported: []"])


def test_a_plan_is_made_in_this_process_also_with_n(run_claims: RunClaims, tmp_path: Path) -> None:
    result = run_claims("--claims-plan", "-n2", f"--claims-store={tmp_path}/store", "--claims-only=chen-1b")
    result.stdout.fnmatch_lines(["plan: 1 claims need *"])
    assert result.ret == 0
