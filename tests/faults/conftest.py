"""Runs a command as a person types it, in this process or in one of its own, and writes the table of the docs."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import datasets  # noqa: F401 - as below
import matplotlib.figure  # noqa: F401 - compiled modules cannot be imported twice in one process, which pytester tries
import pytest
import scipy.special  # noqa: F401 - as above
import statsmodels.stats.multitest  # noqa: F401 - as above
import torch  # noqa: F401 - as above
import transformers.models.bert.modeling_bert  # noqa: F401 - as above

from lth.app.cli import main
from tests.faults import written_table
from tests.tiny import write_data, write_gates, write_model

CLAIMS = Path(__file__).parents[2] / "claims" / "chen2020"
LTH = "import sys; from lth.app.cli import main; sys.exit(main())"
BASELINE = Path(__file__).parents[2] / "reports" / "baseline.json"


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit status, what it printed, and its seconds."""

    status: int
    out: str
    err: str
    seconds: float

    @property
    def errors(self) -> list[str]:
        """The lines of the error stream that are not empty."""
        return [line for line in self.err.splitlines() if line.strip()]


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with good input: `run.json`, `scores/scores.csv`, `model/`, its `gates.safetensors` and `data/`."""
    root = tmp_path_factory.mktemp("good")
    shutil.copyfile(BASELINE, root / "run.json")
    (root / "scores").mkdir()
    (root / "scores" / "scores.csv").write_text(
        "task,arm,seed,score\n" + "".join(f"sst2,full,{seed},0.9{seed}\n" for seed in range(3))
    )
    write_model(root / "model")
    write_gates(root / "gates.safetensors")
    write_data(root / "data")
    return root


Enter = Callable[[list[str]], Ended]


@pytest.fixture
def enter(pytester: pytest.Pytester) -> Enter:
    """Run `lth …` or `pytest …` in an empty folder, in this process."""

    def run(words: list[str]) -> Ended:
        program, *rest = (word.replace("CLAIMS", str(CLAIMS)) for word in words)
        start = time.perf_counter()
        if program == "pytest":
            result = pytester.runpytest_inprocess("-p", "no:cacheprovider", *rest)
            out, err, status = result.outlines, result.errlines, int(result.ret)
            return Ended(status, "\n".join(out), "\n".join(err), time.perf_counter() - start)
        out_text, err_text = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out_text), contextlib.redirect_stderr(err_text):
            try:
                status = main(rest)
            except SystemExit as ended:
                status = int(ended.code or 0)
        return Ended(status, out_text.getvalue(), err_text.getvalue(), time.perf_counter() - start)

    return run


@pytest.fixture
def enter_anew(pytester: pytest.Pytester) -> Enter:
    """Run `lth …` or `pytest …` in an empty folder, in a process of its own, as a person does."""

    def run(words: list[str]) -> Ended:
        program, *rest = (word.replace("CLAIMS", str(CLAIMS)) for word in words)
        starts = {"lth": ["-c", LTH], "pytest": ["-m", "pytest", "-p", "no:cacheprovider"]}
        command = [sys.executable, *starts[program], *rest]
        start = time.perf_counter()
        ended = subprocess.run(command, cwd=pytester.path, capture_output=True, timeout=120)
        seconds = time.perf_counter() - start
        return Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode(), seconds)

    return run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults-table", type=Path, help="write what held into the marked part of this page of the docs")


OUTCOMES = written_table.Outcomes()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the cases, of bad input by door and of other faults by title."""
    seen = dict(report.user_properties)
    if report.skipped or (report.when != "call" and report.passed):
        return
    for name in ("door", "title"):
        if name in seen:
            OUTCOMES.add(str(seen[name]), report.passed, report.duration)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the table, if asked for, from the process that saw all reports."""
    page = session.config.getoption("faults_table", None)
    if page and not hasattr(session.config, "workerinput"):
        from tests.faults.doors import DOORS

        others = sorted(set(OUTCOMES.ran) - {door.key for door in DOORS})
        written_table.write(page, written_table.table(OUTCOMES, DOORS, others))


@pytest.fixture(autouse=True)
def _titled(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> None:
    """Give every test of faults that are not bad input the title of its module, which is the fault's."""
    if request.module.__name__ != "tests.faults.test_bad_input":
        record_property("title", (request.module.__doc__ or "").splitlines()[0].rstrip("."))
