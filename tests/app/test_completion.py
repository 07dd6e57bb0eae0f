"""What the shell is offered, asked as argcomplete's shell code asks. Skipped where argcomplete is not installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lth.app.cli import main


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("lth expl", "explain"),
        ("lth run --cor", "--correction"),
        ("lth run --task=ss", "--task=sst2"),
        ("lth plan --task cola,s", "cola,squad cola,sst2 cola,stsb"),
        ("lth explain prasanna-5", "prasanna-5a prasanna-5b"),
        ("lth run --only=chen-1,lth-", "--only=chen-1,lth-1 --only=chen-1,lth-2"),
        ("lth decide scores --method=b", "--method=bootstrap"),
        ("lth decide sc", "scores.csv"),
    ],
)
def test_the_rest_of_a_word_is_offered(tmp_path: Path, line: str, words: str) -> None:
    pytest.importorskip("argcomplete", reason="argcomplete is not installed")
    (tmp_path / "scores.csv").touch()
    answer = tmp_path / "answer"
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_STDOUT_FILENAME": str(answer), "_ARGCOMPLETE_IFS": "\n"}
    asked |= {"COMP_LINE": line, "COMP_POINT": str(len(line))}
    lth = [sys.executable, "-c", "from lth.app.cli import main; main()"]
    subprocess.run(lth, cwd=tmp_path, env=os.environ | asked, check=True)
    assert sorted(word.rstrip() for word in answer.read_text(encoding="utf-8").split("\n")) == words.split(" ")


def test_without_argcomplete_nothing_is_offered_and_nothing_else_changes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "argcomplete", None)
    monkeypatch.setenv("_ARGCOMPLETE", "1")
    assert main(["tasks"]) == 0
    assert "sst2" in capsys.readouterr().out
