from pathlib import Path

import pytest

from tests.plugin.conftest import CLAIMS, WINNING, Remember, RunClaims


def test_the_plan_counts_what_would_run_and_runs_nothing(run_claims: RunClaims, tmp_path: Path) -> None:
    result = run_claims("--claims-plan", f"--claims-store={tmp_path}/store", "--seeds=2")
    # By hand, for rounds at 40 and 70 %: full 1, imp 2, standard 2, rewound to 4 points of training 4 x 2, random
    # controls at both sparsities 2, re-initialised and shuffled ones where tickets are judged 2: 17 fine-tunings a seed. Masks: one for every round
    # of imp, standard (its first is imp's) and the rewound, 2 + 1 + 4 x 1 (each first is imp's), and 2 random ones: 9.
    result.stdout.fnmatch_lines(
        ["plan: 9 claims need *, 0 are stored in *", "to run: 34 fine-tunings and 18 masks, about * workers"]
    )
    assert result.ret == 0
    assert result.parseoutcomes() == {}


def test_the_plan_leaves_out_what_is_stored(remember: Remember, run_claims: RunClaims) -> None:
    result = run_claims("--claims-plan", "--claims-store", remember(WINNING))
    result.stdout.fnmatch_lines(["to run: 0 fine-tunings and 0 masks, about 0:00 *"])


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
