"""The pytest plugin: options in, verdicts out. Other modules compute and decide."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from lth.app import hooks
from lth.app.declaring import DeclaredRow, arguments, check_chosen, chosen, read_marker
from lth.app.ending import ending as end
from lth.app.interrupts import heeded
from lth.app.live import Show, progress_lines, with_verdicts
from lth.app.options import OPTIONS, read_options
from lth.app.runner import Run
from lth.app.terminal import patient, plain
from lth.app.writing import write_files
from lth.claims.arms import Arms, arms_of
from lth.claims.claim import Claim
from lth.claims.terms import Terms
from lth.document.files import from_json, to_json
from lth.errors import LthError
from lth.report.layout import USUAL, Layout
from lth.report.progress import line
from lth.report.table import terminal_table
from lth.runtime.executor import Progress

pytest_plugins = ["lth.app.history_plugin"]

VALUES = pytest.StashKey[dict[str, Any]]()
"""The typed value of every option, by name."""
RUN = pytest.StashKey[Run]()
PROBLEM = pytest.StashKey[LthError]()
COLLECTED = pytest.StashKey[dict[str, None]]()
"""The ids of all collected claims, in order."""
WRITTEN = pytest.StashKey[list[Path]]()
INCONCLUSIVE = "inconclusive"
DOCUMENT = "claims_document"
"""The key under which a worker of xdist hands over its document."""
REFUSED = "claims_problem"
"""The key under which a worker of xdist hands over the problem that ended its session."""
DAMAGE = "claims_damage"
"""The key under which a worker of xdist hands over what it says of damaged entries in the store."""
DAMAGED = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add every option of the table."""
    group = parser.getgroup("claims", "claims about lottery tickets")
    for option in OPTIONS.values():
        option.add(group.addoption)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Offer the hooks of `lth.app.hooks`."""
    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "claim(id, paper, says): a claim of a paper, see lth.claims.claim.Claim")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Read every option: a bad value ends the session before anything is collected."""
    try:
        session.config.stash[VALUES] = read_options(_given(session.config))
        if any(value is not None for value in _given(session.config).values()):
            _show_plainly(session.config)
    except LthError as problem:
        raise pytest.UsageError(str(problem)) from problem


@pytest.fixture
def claim(request: pytest.FixtureRequest) -> Terms:
    """The words to write a claim with: claim.arms, difference, mean, above, below and within."""
    raise pytest.UsageError(
        f"{request.node.name} takes the fixture claim, but is not marked as a claim; expected "
        f'@pytest.mark.claim("ID", paper="NAME", says=True)'
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make the rows of a claim from its test: for each task, for each task and source, or one for all tasks.

    Options that contradict each other are reported once, when collection ends; the first problem is the only one.
    """
    marker, stash = metafunc.definition.get_closest_marker("claim"), metafunc.config.stash
    if marker is None:
        return
    arms: list[Arms] = []
    if PROBLEM not in stash:
        try:
            stash.setdefault(COLLECTED, {})[read_marker(marker, metafunc.definition.nodeid).id] = None
            settings, hook = _run(metafunc.config).settings, metafunc.config.hook
            own = (arms_of(settings, task) for task in settings.tasks)
            arms = [hook.pytest_claims_arms(config=metafunc.config, arms=each) or each for each in own]
        except LthError as problem:
            stash[PROBLEM] = problem
    asked = [name for name in ("claim", "arms", "source", "matrix") if name in metafunc.fixturenames]
    if not {"claim", "arms", "matrix"} & set(asked):
        asked.append("arms")  # pytest then reports that the test has no such argument
    rows = arguments(asked, arms)
    names = ["matrix"] if "matrix" in asked else asked
    metafunc.parametrize(names, [[row[name] for name in names] for row in rows.values()], ids=list(rows))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """End the session if options contradict each other; otherwise keep the claims that were asked for."""
    only, skip = (config.stash[VALUES][name] or () for name in ("only", "skip"))
    try:
        if problem := config.stash.get(PROBLEM, None):
            raise problem
        if collected := config.stash.get(COLLECTED, None):
            check_chosen(tuple(collected), only, skip)
    except LthError as problem:
        raise _refusal(config, problem) from problem
    out = []
    for item in items:
        if (claim := _claim(item)) and not chosen(claim.id, only, skip):
            out.append(item)
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Measure what the collected claims need, and decide them, before their tests run.

    Ctrl-C, SIGTERM and a terminal that closes end the session in one line, with pytest's status for it, 2.
    """
    claims = [item for item in session.items if _claim(item)]
    if not claims or session.config.option.collectonly or session.testsfailed:
        return (yield)
    _show_plainly(session.config)
    run = _run(session.config)
    run.rows = {item.nodeid: _row(item) for item in claims}
    try:
        with heeded(session.config.add_cleanup):
            if session.config.stash[VALUES]["plan"]:
                run.only_plans = True
                _say(session.config, run.plan_text())
                session.items[:] = []
            else:
                terminal = session.config.pluginmanager.get_plugin("terminalreporter")
                run.decide(_live(terminal, run) if terminal else None)
                _conclude(session.config, run)
    except LthError as problem:
        raise _refusal(session.config, problem) from problem
    except KeyboardInterrupt:
        raise session.Interrupted(f"finished experiments are in {run.means.store}; run it again to go on") from None
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over the problem or the document of the first worker of xdist; all workers decide the same."""
    output = getattr(node, "workeroutput", {})
    if problem := output.get(REFUSED):
        raise pytest.UsageError(problem)
    node.config.stash.setdefault(DAMAGED, []).extend(output.get(DAMAGE, ()))
    text = output.get(DOCUMENT)
    if text is None:
        return
    run = _run(node.config)
    if run.document is None:
        run.document = from_json(text)
        _conclude(node.config, run)


def _refusal(config: pytest.Config, problem: LthError) -> pytest.UsageError:
    """What ends this session in one line. A worker of xdist has no terminal, so it hands the line over."""
    if hasattr(config, "workeroutput"):
        config.workeroutput[REFUSED] = str(problem)
    return pytest.UsageError(str(problem))


def _conclude(config: pytest.Config, run: Run) -> None:
    """Show other plugins the document and write the files. A worker of xdist only hands its document over."""
    assert run.document
    if hasattr(config, "workeroutput"):
        config.workeroutput |= {DOCUMENT: to_json(run.document), DAMAGE: list(run.damage())}
        return
    config.hook.pytest_claims_verdicts(config=config, document=run.document)
    values = config.stash[VALUES]
    written = write_files(run.document, values["json"], values["report"])
    config.stash[WRITTEN] = written
    config.hook.pytest_claims_report(config=config, document=run.document, written=[str(file) for file in written])


def _show_plainly(config: pytest.Config) -> None:
    """Let the terminal of a session with claims show what it can, also after its reader has gone."""
    plain(sys.stderr)
    if terminal := config.pluginmanager.get_plugin("terminalreporter"):
        terminal._tw._file = patient(terminal._tw._file)


def _say(config: pytest.Config, text: str) -> None:
    if terminal := config.pluginmanager.get_plugin("terminalreporter"):
        terminal.write_line(text)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Let a claim's test pass, fail or skip by its verdict."""
    if _claim(pyfuncitem) is None:
        return None
    run = _run(pyfuncitem.config)
    claim = run.claims[pyfuncitem.nodeid]
    pyfuncitem.user_properties += [("verdict", str(claim.verdict))]
    ending, message = end(claim, run.rows[pyfuncitem.nodeid].claim)
    if ending == "not run":
        pytest.skip(message)
    elif ending == "xfailed":
        pytest.xfail(message)
    elif ending == "failed" or (ending == INCONCLUSIVE and pyfuncitem.config.stash[VALUES]["strict"]):
        pytest.fail(message, pytrace=False)
    elif ending == INCONCLUSIVE:
        pyfuncitem.user_properties.append((INCONCLUSIVE, message))
    return True


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Show INCONCLUSIVE as an outcome of its own, in yellow."""
    if report.when == "call" and report.passed and any(name == INCONCLUSIVE for name, _ in report.user_properties):
        return INCONCLUSIVE, "i", ("INCONCLUSIVE", {"yellow": True})
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was damaged in the store, the verdict table and the paths of the files that were written."""
    run = config.stash.get(RUN, None)
    for sentence in dict.fromkeys((*(run.damage() if run else ()), *config.stash.get(DAMAGED, []))):
        terminalreporter.write_line(sentence, yellow=True)
    if run is None or run.document is None:
        return
    terminalreporter.section("verdicts")
    watched = terminalreporter.isatty or "COLUMNS" in os.environ
    width = terminalreporter._tw.fullwidth if watched else None
    values = config.stash[VALUES]
    layout = Layout(values["sort"], values["group_by"], values["columns"] or USUAL)
    table = terminal_table(run.document, width, terminalreporter._tw.hasmarkup, layout, terminalreporter.verbosity > 0)
    terminalreporter.write_line(table)
    for place in config.stash.get(WRITTEN, []):
        terminalreporter.write_line(f"wrote {place}")


def _live(terminal: pytest.TerminalReporter, run: Run) -> Show:
    """What shows the run's progress on the terminal, and with -v the verdicts so far."""

    def rewrite(progress: Progress) -> None:
        terminal.rewrite(line(progress), erase=True)

    def write(text: str) -> None:
        terminal.rewrite(text, erase=True)
        terminal.write_line("")

    show = rewrite if terminal.isatty else progress_lines(write)
    return with_verdicts(show, run, write) if terminal.verbosity > 0 else show


def _run(config: pytest.Config) -> Run:
    if problem := config.stash.get(PROBLEM, None):
        raise problem
    if RUN not in config.stash:
        options = _given(config)
        if hasattr(config, "workerinput") and options["workers"] is None:
            options["workers"] = str(max(1, (os.cpu_count() or 1) // config.workerinput["workercount"]))
        config.stash[RUN] = Run.begin(options, Path(config.rootpath))
    return config.stash[RUN]


def _given(config: pytest.Config) -> dict[str, Any]:
    """The text given for every option, by name; None for an option that is not given."""
    return {name: config.getoption(option.destination) for name, option in OPTIONS.items()}


def _row(item: pytest.Item) -> DeclaredRow:
    assert isinstance(item, pytest.Function)
    claim = _claim(item)
    assert claim
    return DeclaredRow(claim, item.function, item.callspec.params)


def _claim(item: pytest.Item) -> Claim | None:
    marker = item.get_closest_marker("claim")
    try:
        return marker and read_marker(marker, item.nodeid)
    except LthError as problem:
        raise pytest.UsageError(str(problem)) from problem
