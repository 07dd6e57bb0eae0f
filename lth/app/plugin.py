"""The pytest plugin: options in, verdicts out. Other modules compute and decide."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from lth.app import hooks
from lth.app.declaring import (
    GIVEN,
    NO_ARMS,
    OWN,
    DeclaredRow,
    Fault,
    arguments,
    check_chosen,
    chosen,
    claim_of,
    fault_in,
    malformed,
)
from lth.app.ending import ending as end
from lth.app.interrupts import heeded
from lth.app.live import Show, progress_lines, with_verdicts
from lth.app.options import OPTIONS
from lth.app.runner import Run
from lth.app.terminal import patient, plain
from lth.app.writing import write_files
from lth.claims.arms import Arms, arms_of
from lth.claims.claim import Claim
from lth.document.files import from_json, to_json
from lth.errors import LthError
from lth.report.layout import USUAL, Layout
from lth.report.progress import line
from lth.report.table import terminal_table
from lth.runtime.executor import Progress

FIXTURES = "lth.app.fixtures"
pytest_plugins = [FIXTURES, "lth.app.history_plugin"]

VALUES = pytest.StashKey[dict[str, Any]]()
"""The typed value of every option, by name."""
RUN = pytest.StashKey[Run]()
PROBLEM = pytest.StashKey[LthError]()
COLLECTED = pytest.StashKey[dict[str, None]]()
"""The ids of all collected claims, in order."""
WRITTEN = pytest.StashKey[list[Path]]()
LEFT_OUT = pytest.StashKey[list[pytest.Item]]()
"""The claims that --claims-only and --claims-skip leave out."""
SHORT = pytest.StashKey[set[str]]()
"""The names of the options that were typed without `claims-`."""
INCONCLUSIVE = "inconclusive"
OPEN = "claim is open because"
"""The property of a test whose verdict is INCONCLUSIVE, with its reason."""
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


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the marker. A plan is made in this process, also with -n: workers of xdist would have nothing to do."""
    if config.option.claims_plan and hasattr(config.option, "dist"):
        config.option.dist = "no"
    config.addinivalue_line("markers", "claim(id, paper, says): a claim of a paper, see lth.claims.claim.Claim")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, object, object]:
    """Read --task as --claims-task, and so on, unless another plugin or a conftest.py has a --task of its own.

    All of them have added their options now. To add ours only where they are free would be too early at any time: a
    conftest.py below the first ones is read, and adds its options, while tests are collected.
    """
    result = yield
    short = {option.short_flag: option for option in OPTIONS.values() if option.short}
    words = [os.fspath(word).partition("=") for word in args]
    if any(flag in short for flag, _, _ in words):
        _, unknown = parser.parse_known_and_unknown_args(args)
        for at, (flag, equals, value) in enumerate(words):
            if flag in short and f"{flag}{equals}{value}" in unknown:
                args[at] = f"{short[flag].flag}{equals}{value}"
                early_config.stash.setdefault(SHORT, set()).add(short[flag].name)
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Read every option: a bad value ends the session before anything is collected."""
    short = session.config.stash.get(SHORT, set())
    try:
        session.config.stash[VALUES] = {
            name: OPTIONS[name].read(given, f"{OPTIONS[name].short_flag if name in short else OPTIONS[name].flag}=")
            for name, given in _given(session.config).items()
        }
        if any(value is not None for value in _given(session.config).values()):
            _show_plainly(session.config)
    except LthError as problem:
        raise pytest.UsageError(str(problem)) from problem


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make the rows of a claim from its test: for each task, for each task and source, or one for all tasks.

    Options that contradict each other are reported once, when collection ends; the first problem is the only one.
    """
    marks, stash = list(metafunc.definition.iter_markers("claim")), metafunc.config.stash
    asked = [name for name in GIVEN if name in metafunc.fixturenames]
    claim = claim_of(marks)
    if claim is None:
        if marks and asked and not any(_has_fixture(metafunc, name) for name in asked):
            metafunc.parametrize(asked, [[Fault(malformed(marks[0]))] * len(asked)], ids=["not a claim"])
        return
    arms: list[Arms] = []
    if PROBLEM not in stash:
        try:
            stash.setdefault(COLLECTED, {})[claim.id] = None
            settings, hook = _run(metafunc.config).settings, metafunc.config.hook
            own = (arms_of(settings, task) for task in settings.tasks)
            arms = [hook.pytest_claims_arms(config=metafunc.config, arms=each) or each for each in own]
        except LthError as problem:
            stash[PROBLEM] = problem
    if not {*OWN} & set(asked):  # the claim fails when it is declared, with what it lacks
        if asked:
            metafunc.parametrize(asked, [[Fault(NO_ARMS)]], ids=["no arms"])
        return
    rows = arguments(asked, arms)
    names = ["matrix"] if "matrix" in asked else asked
    metafunc.parametrize(names, [[row[name] for name in names] for row in rows.values()], ids=list(rows))


def _has_fixture(metafunc: pytest.Metafunc, name: str) -> bool:
    """Whether somebody else has a fixture of this name for the test."""
    found = metafunc._arg2fixturedefs.get(name, ())
    return any(each.func.__module__ != FIXTURES for each in found)


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
        config.stash[LEFT_OUT] = out
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Measure what the collected claims need, and decide them, before their tests run.

    Ctrl-C, SIGTERM and a terminal that closes end the session in one line, with pytest's status for it, 2.
    """
    claims, options = [item for item in session.items if _claim(item)], session.config.option
    if options.collectonly or (session.testsfailed and not options.continue_on_collection_errors):
        return (yield)
    if not claims and not any(map(fault_in, session.items)):
        return (yield)
    _show_plainly(session.config)
    run = _run(session.config)
    run.faults = {item.nodeid: fault for item in session.items if (fault := fault_in(item))}
    run.rows = {item.nodeid: _row(item) for item in claims if item.nodeid not in run.faults}
    run.left_out = {item.nodeid: _row(item) for item in session.config.stash.get(LEFT_OUT, [])}
    try:
        with heeded(session.config.add_cleanup):
            if session.config.stash[VALUES]["plan"]:
                run.only_plans = True
                _say(session.config, run.plan_text())
                session.items[:] = [item for item in session.items if item.nodeid in run.faults]
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
    if _claim(pyfuncitem) is None and not fault_in(pyfuncitem):
        return None
    run = _run(pyfuncitem.config)
    if fault := run.faults.get(pyfuncitem.nodeid):
        pytest.fail(fault, pytrace=False)
    claim = run.claims[pyfuncitem.nodeid]
    pyfuncitem.user_properties += [("verdict", str(claim.verdict))]
    ending, message = end(claim, run.rows[pyfuncitem.nodeid].claim)
    if ending == "not run":
        pytest.skip(message)
    elif ending == "xfailed":
        pytest.xfail(message)
    elif ending == "failed":
        pytest.fail(message, pytrace=False)
    elif ending == INCONCLUSIVE and pyfuncitem.config.stash[VALUES]["strict"]:
        pytest.fail(f"{message}; it fails because of --claims-strict", pytrace=False)
    elif ending == INCONCLUSIVE:
        pyfuncitem.user_properties.append((OPEN, message))
    return True


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
    """Show INCONCLUSIVE as an outcome of its own, in yellow."""
    if report.when == "call" and report.passed and any(name == OPEN for name, _ in report.user_properties):
        return INCONCLUSIVE, "i", ("INCONCLUSIVE", {"yellow": True})
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was damaged in the store, the verdict table and the paths of the files that were written."""
    run = config.stash.get(RUN, None)
    for sentence in dict.fromkeys((*(run.damage() if run else ()), *config.stash.get(DAMAGED, []))):
        terminalreporter.write_line(sentence, yellow=True)
    if run and config.option.tbstyle == "no":  # as with `lth plan`: no failure is shown
        for name, fault in run.faults.items():
            terminalreporter.write_line(f"{name}: {fault}", red=True)
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
    return DeclaredRow(claim, item.obj, item.callspec.params if hasattr(item, "callspec") else {})


def _claim(item: pytest.Item) -> Claim | None:
    return claim_of(item.iter_markers("claim"))
