"""Promises about the package as a whole."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import lth

PACKAGE = Path(lth.__file__).parent
ROOMS = ("app", "history", "report", "document", "evidence", "runtime", "claims", "spec", "verdict")
"""Rooms without tensors: what a person types is read, planned and judged without waiting for torch."""
LIGHT = {
    **{room: sorted((PACKAGE / room).rglob("*.py")) for room in ROOMS},
    "the part of compute that they use": [
        PACKAGE / "compute" / f"{name}.py" for name in ("context", "energy", "models", "store")
    ],
}
HEAVY = {"torch", "transformers", "datasets", "pandas", "matplotlib"}


def module(file: Path) -> str:
    return ".".join(("lth", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


def imported_by(modules: str) -> set[str]:
    code = f"import sys, {modules}; print(*sorted(name for name in sys.modules if '.' not in name))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("room", LIGHT)
def test_a_room_without_tensors_does_not_import_torch(room: str) -> None:
    assert LIGHT[room]
    assert not imported_by(", ".join(map(module, LIGHT[room]))) & HEAVY


def test_the_plugin_does_not_make_every_start_of_pytest_wait_for_numbers() -> None:
    assert not imported_by("lth.app.plugin, lth.app.history_plugin") & {*HEAVY, "numpy", "scipy", "jinja2", "tabulate"}


PLAN = """
import sys
from pathlib import Path
from lth.app.settings import read_settings
from lth.claims.arms import arms_of
from lth.runtime.plan import make_plan
from lth.runtime.prediction import predict_seconds

settings, _ = read_settings({}, Path())
wanted = [fit for arm in arms_of(settings, settings.tasks[0]).all() for fit in arm.experiments]
plan = make_plan(wanted, lambda key: False)
assert predict_seconds(plan, {}) > 0
print(*sys.modules)
"""


def test_a_plan_of_all_arms_does_not_import_torch() -> None:
    done = subprocess.run([sys.executable, "-c", PLAN], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & HEAVY


def test_what_a_notebook_imports_waits_for_no_library() -> None:
    assert not imported_by("lth") & {*HEAVY, "numpy", "scipy", "pytest"}
    assert not imported_by("lth, lth.app.api, lth.report.result") & HEAVY


JUDGED = """
import sys

import lth

report = lth.judge({"full": [0.92, 0.93, 0.92], "imp@0.6": [0.91, 0.92, 0.92]}, claim="chen-1")
assert report.table()
assert lth.run("*", task="all", evidence="published").table()
print(*sys.modules)
"""


def test_scores_in_hand_and_published_figures_are_judged_and_shown_without_slow_imports() -> None:
    done = subprocess.run([sys.executable, "-c", JUDGED], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {*HEAVY, "scipy.stats", "statsmodels", "tabulate"}


def test_nothing_is_ever_unpickled_and_no_code_of_others_is_trusted() -> None:
    forbidden = re.compile(r"\bpickle\b|torch\.load|trust_remote_code\s*=\s*True|allow_pickle\s*=\s*True")
    found = [str(file) for file in PACKAGE.rglob("*.py") if forbidden.search(file.read_text(encoding="utf-8"))]
    assert found == []
