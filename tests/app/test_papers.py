"""Claims that are read without a pytest session: their names, their rows, and files that cannot be read so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lth.app import papers
from lth.app.papers import claims_folder, read_rows
from lth.app.settings import read_settings
from lth.claims.arms import Arms, arms_of
from lth.errors import UsageError

ROOT = Path(__file__).parents[2]
HEAD = """
import pytest
from lth import above, claim, difference, mean

def lies(arms):
    return mean(arms.full()).lies_in(above(0))

"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A folder with one file of claims."""

    def written(code: str) -> Path:
        (tmp_path / "ours").mkdir(exist_ok=True)
        (tmp_path / "ours" / "test_ours.py").write_text(HEAD + code)
        return tmp_path / "ours"

    return written


def lab_arms(*tasks: str) -> list[Arms]:
    settings, _ = read_settings({"task": tasks, "seeds": 2}, ROOT)
    return [arms_of(settings, task) for task in settings.tasks]


def names(folder: Path | None, *tasks: str) -> list[str]:
    return list(read_rows(["*"], lab_arms(*tasks), folder))


def names_in_pytest(folder: Path, *tasks: str) -> list[str]:
    words = ["-q", "--collect-only", "-p", "no:cacheprovider", f"--task={','.join(tasks)}", "--seeds=2"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "--rootdir", str(folder), str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_all_claims_of_the_papers_have_the_names_and_the_order_of_pytest() -> None:
    folder = claims_folder()
    assert names(None, "sst2", "cola") == names_in_pytest(folder, "sst2", "cola")


def test_stacked_parameters_have_the_names_and_the_order_of_pytest(write: Write) -> None:
    folder = write(
        """
@claim("ours-1", paper="ours", says=True)
@pytest.mark.parametrize("kind", ["one", "two"])
@pytest.mark.parametrize(("low", "high"), [(1, 2), pytest.param(3, 4)])
def test_it(arms, kind, low, high):
    return lies(arms)
"""
    )
    assert names(folder, "sst2") == names_in_pytest(folder, "sst2")
    assert len(names(folder, "sst2", "cola")) == 8


def test_only_the_claims_whose_ids_match_are_read() -> None:
    rows = read_rows(["chen-2*", "chen-4"], lab_arms("sst2"))
    assert [row.claim.id for row in rows.values()] == [*(f"chen-2{part}" for part in "abcde"), "chen-4"]


def test_a_test_that_is_not_a_claim_is_left_out(write: Write) -> None:
    folder = write(
        """
def test_something_else():
    raise AssertionError

@pytest.mark.claim("ours-1", paper="ours", says=None)
def test_it(claim):
    return lies(claim.arms)
"""
    )
    assert names(folder, "sst2") == ["test_ours.py::test_it[sst2]"]


def test_a_claim_that_takes_a_fixture_is_refused_with_its_name(write: Write) -> None:
    folder = write(
        """
@claim("ours-1", paper="ours", says=True)
def test_it(arms, tmp_path):
    return lies(arms)
"""
    )
    with pytest.raises(UsageError) as caught:
        names(folder, "sst2")
    assert str(caught.value) == (
        "test_ours.py::test_it: missing a required argument: 'tmp_path'; expected claim, arms, source, matrix and "
        "parametrized arguments only; compute the rest in the claim's file"
    )


def test_a_marker_that_declares_no_claim_is_refused_with_the_name_of_its_test(write: Write) -> None:
    folder = write('@pytest.mark.claim("ours-1")\ndef test_it(arms):\n    return lies(arms)\n')
    with pytest.raises(UsageError, match=r"^test_ours\.py::test_it: claim marker with 'ours-1'; expected "):
        names(folder, "sst2")


def test_the_claims_of_an_installed_package_are_preferred(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "lth"
    package.mkdir()
    monkeypatch.setattr(papers, "PACKAGE", package)
    assert claims_folder() == tmp_path / "claims"
    (package / "papers").mkdir()
    assert claims_folder() == package / "papers"
