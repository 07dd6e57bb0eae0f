"""`lth plan` as it is typed, in its own process because it starts pytest."""

import subprocess
import sys
from pathlib import Path

import pytest

CLAIMS = Path(__file__).parents[2] / "claims"


def plan(at: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import sys; from lth.app.cli import main; sys.exit(main())", "plan"]
    return subprocess.run([*command, f"--claims={CLAIMS}", *options], capture_output=True, text=True, cwd=at)


def test_the_plan_of_a_claim_run_is_shown(tmp_path: Path) -> None:
    result = plan(tmp_path, "--task=cola,sst2", "--seeds=2", "--only=chen-5", "--schedule=0.7", "--store=kept")
    # Two tasks, two seeds: a full model each, and a ticket of each on the other; a mask for each ticket.
    assert "plan: 2 claims need 8 results, 0 are stored in kept" in result.stdout
    assert "to run: 8 fine-tunings, 4 masks, about " in result.stdout
    assert result.returncode == 0
    assert not any((tmp_path / "kept").rglob("*.json"))


def test_a_wrong_task_is_reported_in_one_line(tmp_path: Path) -> None:
    result = plan(tmp_path, "--task=sst3")
    assert result.stderr.startswith("lth: --task=sst3: no task 'sst3'; did you mean 'sst2'?")
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.returncode == 2


def test_a_bad_value_is_reported_as_it_was_typed(tmp_path: Path) -> None:
    result = plan(tmp_path, "--workers=none")
    assert result.stderr == "lth: --workers=none; expected a whole number from 1 to 1,000; give --workers=1\n"
    assert result.returncode == 2


def test_an_error_page_of_pytest_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--nosuch")
    result = plan(tmp_path)
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stderr.startswith("lth: ")
    assert "--nosuch" in result.stderr
    assert result.returncode == 2


def test_a_claim_at_fault_is_named_and_the_others_are_planned(tmp_path: Path) -> None:
    (tmp_path / "test_ours.py").write_text(
        "import pytest\n\n@pytest.mark.claim('a', paper='ours', says=True)\ndef test_a(claim): return claim.ams\n"
        "@pytest.mark.claim('b', paper='ours', says=True)\n"
        "def test_b(claim): return claim.mean(claim.arms.full()).lies_in(claim.above(0.9))\n"
    )
    result = plan(tmp_path, f"--claims={tmp_path}")
    assert "plan: 1 claims need 5 results" in result.stdout
    hint = "AttributeError: 'Terms' object has no attribute 'ams'; did you mean 'arms'?"
    assert f"test_ours.py::test_a[sst2]: test_ours.py:4: {hint}\n" in result.stdout
    assert result.returncode == 1


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("test_a.py", "raise SystemExit(3)", "test_a.py ended pytest (SystemExit(3)); expected a file of claims; "),
        ("conftest.py", "import nosuch", "*conftest.py': ModuleNotFoundError: No module named 'nosuch'; correct it"),
        ("conftest.py", "def pytest_addoption(): 1 / 0", "pytest cannot start: ZeroDivisionError: division by zero; "),
    ],
)
def test_code_that_ends_pytest_is_one_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(f"{text}\n")
    result = plan(tmp_path, f"--claims={tmp_path}")
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("lth: ")
    assert said.strip("*") in line
    assert (result.stdout.strip().startswith("INTERNALERROR"), result.returncode) == (False, 2)
