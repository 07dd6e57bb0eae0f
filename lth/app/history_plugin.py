"""Compare a claim run with saved runs, and save it. `lth.app.plugin` loads this plugin and gives it the document."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lth.app.options import OPTIONS
from lth.app.plugin import RUN
from lth.errors import LthError

if TYPE_CHECKING:
    from lth.history.session import Aftermath, Request

_NAMES = ("save", "autosave", "storage", "compare", "compare_fail")
"""The options about saved runs."""

REQUEST: pytest.StashKey[Request] = pytest.StashKey()
AFTERMATH: pytest.StashKey[Aftermath] = pytest.StashKey()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Before anything is computed, refuse a baseline that cannot be read. Workers of xdist do nothing here."""
    config = session.config
    given = {name: config.getoption(OPTIONS[name].destination) for name in _NAMES}
    if hasattr(config, "workerinput") or all(value is None for value in given.values()):
        return
    from lth.history.session import read_request  # most starts of pytest have nothing to do with saved runs

    try:
        values = {name: None if value is None else OPTIONS[name].read(value) for name, value in given.items()}
        config.stash[REQUEST] = read_request(values, Path(config.rootpath))
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
    outcome = session.config.stash.get(AFTERMATH, None)
    if outcome and outcome.failures and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print below the verdicts what changed, a line for each change that fails the run, and where the run was saved."""
    outcome = config.stash.get(AFTERMATH, None)
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
    run, request = config.stash.get(RUN, None), config.stash.get(REQUEST, None)
    if request and run and run.document and AFTERMATH not in config.stash:
        from lth.history.session import finish

        try:
            config.stash[AFTERMATH] = finish(request, run.document, run.settings.rule.alpha)
        except LthError as problem:
            raise pytest.UsageError(str(problem)) from problem
