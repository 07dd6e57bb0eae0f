"""The script that files an issue, with a replacement for GitHub's command that writes down its calls."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".github" / "nightly_issue.sh"
CHANGED = (
    "changed: chen-1 on sst2 (measured): SUPPORTED +1.0 [+0.5, +1.5] -> REFUTED -4.0 [-5.0, -3.0], fails verdict\n"
)
OTHER = (
    "changed: chen-4 on sst2 (measured): INCONCLUSIVE -2.0 [-4.0, +0.0] -> REFUTED -4.0 [-5.0, -3.0], fails verdict\n"
)


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in whose bin/ `gh` lists the issue in `open`, if there is one, and notes its other calls in `calls`."""
    (tmp_path / "bin").mkdir()
    gh = tmp_path / "bin" / "gh"
    gh.write_text(f'#!/bin/sh\nif [ "$2" = list ]; then cat {tmp_path}/open; else echo "$@" >> {tmp_path}/calls; fi\n')
    gh.chmod(0o755)
    (tmp_path / "open").write_text("")
    (tmp_path / "calls").write_text("")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    return tmp_path


def night(folder: Path, lines: str) -> str:
    """One night's end with these failing lines; what `gh` was called with."""
    (folder / "tonight.txt").write_text(lines)
    subprocess.run([SCRIPT, folder / "tonight.txt", folder / "kept" / "last.txt"], check=True)
    calls = (folder / "calls").read_text()
    (folder / "calls").write_text("")
    return calls


def test_an_issue_is_opened_on_the_second_night_and_updated_on_the_third(nights: Path) -> None:
    assert night(nights, CHANGED) == ""
    opened = night(nights, CHANGED + OTHER)
    assert opened.startswith("issue create --title A verdict differs from the baseline")
    assert "- chen-1 on sst2 (measured): SUPPORTED" in opened
    assert "chen-4" not in opened
    (nights / "open").write_text("7\n")
    assert night(nights, CHANGED + OTHER).startswith("issue comment 7 --body On two nights in a row")


def test_a_change_that_went_away_between_two_nights_files_nothing(nights: Path) -> None:
    night(nights, CHANGED)
    assert night(nights, "") == ""
    assert night(nights, CHANGED) == ""
