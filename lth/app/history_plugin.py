"""The pytest options about saved runs. `lth.app.plugin` loads this room and leaves the run's document in its stash."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from lth.errors import LthError
from lth.history import DEFAULT_STORAGE, LATEST

OPTIONS: dict[str, dict[str, Any]] = {
    "save": {"metavar": "NAME", "help": "keep the run's JSON as the next numbered run, under this name"},
    "autosave": {"action": "store_true", "help": "keep it under its commit and date"},
    "storage": {"metavar": "FOLDER", "help": f"where runs are kept (default: {DEFAULT_STORAGE})"},
    "compare": {
        "metavar": "NUM|GLOB",
        "nargs": "?",
        "const": LATEST,
        "help": "compare with a kept run, by number, pattern or file (default: the latest)",
    },
    "compare-fail": {
        "metavar": "EXPR",
        "action": "append",
        "help": "fail if a claim changed: [GLOB=](verdict|effect:X|effect:X%%|pvalue:P); may be given several times",
    },
}

PLAN = pytest.StashKey[Any]()  # a session.Request: that room is imported when it is needed
OUTCOME = pytest.StashKey[Any]()  # a session.Aftermath


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add every option of OPTIONS."""
    group = parser.getgroup("claims", "claims about lottery tickets")
    for name, details in OPTIONS.items():
        group.addoption(f"--claims-{name}", dest=_dest(name), default=None, **details)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Tell a bad name, expression or baseline before anything is computed; workers of xdist do nothing here."""
    config = session.config
    given = {name.replace("-", "_"): config.getoption(_dest(name)) for name in OPTIONS}
    if hasattr(config, "workerinput") or all(value is None for value in given.values()):
        return
    from lth.history.session import begin

    try:
        config.stash[PLAN] = begin(given, Path(config.rootpath))
    except LthError as problem:
        raise pytest.UsageError(str(problem)) from problem


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Compare and save once the claims are decided: before they are told their verdicts, or after workers did that."""
    _conclude(session.config)
    result = yield
    _conclude(session.config)
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a run that only its changes fail end with the status of failed tests."""
    outcome = session.config.stash.get(OUTCOME, None)
    if outcome and outcome.failures and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the changes, below the verdicts, those that fail the run in one line each, and where the run is kept."""
    outcome = config.stash.get(OUTCOME, None)
    if outcome is None:
        return
    if outcome.text:
        terminalreporter.section(outcome.title)
        terminalreporter.write_line(outcome.text)
    for line in outcome.warnings:
        terminalreporter.write_line(f"warning: {line}", yellow=True)
    for line in outcome.failures:
        terminalreporter.write_line(f"changed: {line}", red=True)
    if outcome.saved:
        terminalreporter.write_line(f"saved {outcome.saved}")


def _conclude(config: pytest.Config) -> None:
    from lth.app.plugin import RUN

    run, plan = config.stash.get(RUN, None), config.stash.get(PLAN, None)
    if plan and run and run.document and OUTCOME not in config.stash:
        from lth.history.session import finish

        try:
            config.stash[OUTCOME] = finish(plan, run.document, run.settings.rule.alpha)
        except LthError as problem:
            raise pytest.UsageError(str(problem)) from problem


def _dest(name: str) -> str:
    return f"claims_{name.replace('-', '_')}"
