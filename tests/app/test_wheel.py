"""The wheel without a clone: built, unpacked, and used from an empty folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIRST_MINUTES = """
import sys
from lth.app.cli import main

for words in (
    "claims prasanna-1*",
    "explain chen-1",
    "tasks",
    "plan --task=sst2 --only=chen-1",
    "run --claims-evidence=published --task=sst2 --only=prasanna-1 --json=verdicts.json",
    "decide published --task=sst2 --only=prasanna-1",
):
    print(f"$ lth {words}")
    assert main(words.split()) == 0
print("$ torch", "torch" in sys.modules)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the wheel is unpacked, as pip does."""
    folder = tmp_path_factory.mktemp("wheel")
    build = f"from hatchling.build import build_wheel; build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_the_claims_are_in_the_wheel(installed: Path) -> None:
    packed = {str(file.relative_to(installed / "lth" / "papers")) for file in installed.rglob("lth/papers/*/*.py")}
    assert packed == {str(file.relative_to(ROOT / "claims")) for file in (ROOT / "claims").rglob("*.py")}


def test_the_papers_are_judged_from_an_empty_folder_whatever_is_configured_around_it(
    installed: Path, tmp_path: Path
) -> None:
    at = tmp_path / "project" / "empty"
    at.mkdir(parents=True)
    (at.parent / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (at.parent / "conftest.py").write_text("raise RuntimeError\n")
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", FIRST_MINUTES]
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = dict(part.split("\n", 1) for part in done.stdout.split("$ ")[1:])
    claims, explained, tasks, plan, run, decided, torch = shown.values()
    assert "2 inconclusive" in claims
    assert f"{installed}/lth/papers/chen2020/test_chen_1.py" in explained
    assert "matthews_correlation" in tasks
    assert f"0 are stored in {at}/.lth/store" in plan
    assert "wrote verdicts.json" in run
    assert (at / "verdicts.json").exists()
    for table in (run, decided):
        assert [line.split()[0] for line in table.splitlines() if "SUPPORTED  =" in line] == ["prasanna-1"]
    assert list(shown)[-1] == "torch False"
    assert torch == ""
    assert {each.name for each in at.iterdir()} <= {"verdicts.json", ".benchmarks"}
