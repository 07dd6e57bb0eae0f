"""The pages of the documentation and their code blocks, and pytest as a page runs it."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<code>.*?)^```$', re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> dict[str, str]:
    """The page's code blocks in a language, by title or, without one, by their number."""
    found = [match for match in BLOCK.finditer(page.read_text(encoding="utf-8")) if match["language"] == language]
    return {match["title"] or str(number): match["code"] for number, match in enumerate(found)}


def run_pytest(*options: object, at: Path = ROOT, columns: int = 120) -> str:
    """Run pytest in the folder `at` and return its output. Fails unless it exits with 0."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *map(str, options)]
    width = os.environ | {"COLUMNS": str(columns)}
    done = subprocess.run(command, cwd=at, env=width, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def script(name: str, folder: Path = DOCS) -> ModuleType:
    """The module of a Python file in docs/ or another folder that is not a package."""
    spec = importlib.util.spec_from_file_location(f"{folder.name}_{Path(name).stem}", folder / name)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
