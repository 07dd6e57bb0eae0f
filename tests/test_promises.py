"""Promises about the package as a whole."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import lth

PACKAGE = Path(lth.__file__).parent
LIGHT = (
    "verdict",
    "evidence",
    "report",
    "experiment",
    "history",
    "claim",
    "decide",
    "settings",
    "runner",
    "plugin",
    "cli",
    "transfer",
    "shrinking",
    "hooks",
    "options",
)


def imported_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(*sorted(name for name in sys.modules if '.' not in name))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("room", LIGHT)
def test_a_room_that_knows_no_tensor_does_not_import_torch(room: str) -> None:
    place = PACKAGE / room
    modules = [f"lth.{room}.{file.stem}" for file in place.glob("[a-z]*.py")] if place.is_dir() else [f"lth.{room}"]
    assert modules
    assert not imported_by(", ".join(modules)) & {"torch", "transformers", "datasets", "pandas", "matplotlib"}


def test_nothing_is_ever_unpickled_and_no_code_of_others_is_trusted() -> None:
    forbidden = re.compile(r"\bpickle\b|torch\.load|trust_remote_code\s*=\s*True|allow_pickle\s*=\s*True")
    found = [str(file) for file in PACKAGE.rglob("*.py") if forbidden.search(file.read_text(encoding="utf-8"))]
    assert found == []
