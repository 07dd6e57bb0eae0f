"""Compare a claim run with saved runs, and save it. `lth.app.plugin` loads this plugin and gives it the document."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from lth.app.options import OPTIONS
from lth.errors import LthError

_NAMES = ("save", "autosave", "storage", "compare", "compare_fail")
"""The options about saved runs."""

PLAN = pytest.StashKey[Any]()  # a session.Request: that room is imported when it is needed
OUTCOME = pytest.StashKey[Any]()  # a session.Aftermath


def pytest_sessionstart(session: pytest.Session) -> None:
    """Before anything is computed, refuse a baseline that cannot be read. Workers of xdist do nothing here."""
    config = session.config
    given = {name: config.getoption(OPTIONS[name].destination) for name in _NAMES}
    if hasattr(config, "workerinput") or all(value is None for value in given.values()):
        return
    from lth.history.session import read_request

    try:
        values = {name: None if value is None else OPTIONS[name].read(value) for name, value in given.items()}
        config.stash[PLAN] = read_request(values, Path(config.rootpath))
    except LthError as problem:
        raise pytest.UsageError(str(problem)) from problem


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Compare and save when the claims are decided: before their tests run here, or after they ran in workers."""
    _conclude(session.config)
    result = yield
    _conclude(session.config)
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End with the status of failed tests if every test passed but a change fails the run."""
    outcome = session.config.stash.get(OUTCOME, None)
    if outcome and outcome.failures and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print below the verdicts what changed, a line for each change that fails the run, and where the run was saved."""
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
