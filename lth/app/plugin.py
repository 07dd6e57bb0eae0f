"""The pytest plugin: options in, verdicts out. What is computed and how it is decided is elsewhere."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Generator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from lth.app import hooks
from lth.app.options import OPTIONS, read_options
from lth.app.runner import Run
from lth.claims.arms import Arms, arms_of
from lth.claims.between import Matrix
from lth.claims.claim import BETWEEN_TASKS, Claim, Declaration
from lth.claims.terms import Terms
from lth.errors import LthError
from lth.report.layout import Layout
from lth.report.progress import display

pytest_plugins = ["lth.app.history_plugin"]

VALUES = pytest.StashKey[dict[str, Any]]()
"""The typed value of every option, by name."""
RUN = pytest.StashKey[Run]()
PROBLEM = pytest.StashKey[LthError]()
INCONCLUSIVE = "inconclusive"
DOCUMENT = "claims_document"
"""Under which a worker of xdist hands over what it decided."""


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
    """Read every option, so that a bad value ends the session before anything is collected."""
    try:
        session.config.stash[VALUES] = read_options(_given(session.config))
    except LthError as problem:
        raise pytest.UsageError(str(problem)) from problem


@pytest.fixture
def claim(request: pytest.FixtureRequest) -> Terms:
    """What a claim is written with: claim.arms, difference, mean, above, below and within."""
    raise pytest.UsageError(
        f'{request.node.name} takes claim, but is none; expected @pytest.mark.claim("ID", paper="NAME", says=True)'
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every claim one test a task, or a task and source, or one for all of them, as its arguments ask.

    Options that do not fit each other are reported once, when collection ends.
    """
    if metafunc.definition.get_closest_marker("claim") is None:
        return
    try:
        settings, hook = _run(metafunc.config).settings, metafunc.config.hook
        own = (arms_of(settings, task) for task in settings.tasks)
        arms = [hook.pytest_claims_arms(config=metafunc.config, arms=each) or each for each in own]
    except LthError as problem:
        metafunc.config.stash[PROBLEM] = problem
        arms = []
    if "matrix" in metafunc.fixturenames:
        metafunc.parametrize("matrix", [Matrix(tuple(arms))] if arms else [], ids=[BETWEEN_TASKS] if arms else [])
        return
    names = [name for name in ("claim", "arms", "source") if name in metafunc.fixturenames]
    if "claim" not in names and "arms" not in names:
        names.append("arms")  # for pytest to say that the test has no such argument
    pairs = [(each, source) for each in arms for source in (each.other_sources if "source" in names else ("",))]
    values = [{"claim": Terms(each), "arms": each, "source": source} for each, source in pairs]
    ids = [f"{each.task.name}-{source}" if "source" in names else each.task.name for each, source in pairs]
    metafunc.parametrize(names, [[each[name] for name in names] for each in values], ids=ids)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """End the session if the options do not fit each other; then keep the claims that were asked for."""
    if problem := config.stash.get(PROBLEM, None):
        raise pytest.UsageError(str(problem))
    only, skip = (config.stash[VALUES][name] or () for name in ("only", "skip"))
    out = []
    for item in items:
        if claim := _claim(item):
            chosen = not only or any(fnmatchcase(claim.id, pattern) for pattern in only)
            if not chosen or any(fnmatchcase(claim.id, pattern) for pattern in skip):
                out.append(item)
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Measure what the collected claims need, before the first of them is told its verdict."""
    claims = [item for item in session.items if _claim(item)]
    if claims and not session.config.option.collectonly and not session.testsfailed:
        run = _run(session.config)
        run.declarations = {item.nodeid: _declaration(item) for item in claims}
        run.declare = partial(_declared_on, claims)
        run.published = {item.nodeid: declared for item in claims if (declared := _published(item, run))}
        try:
            if session.config.stash[VALUES]["plan"]:
                _say(session.config, run.plan_text())
                session.items[:] = []
                return (yield)
            terminal = session.config.pluginmanager.get_plugin("terminalreporter")
            run.decide(display(partial(terminal.rewrite, erase=True), terminal.isatty) if terminal else None)
            _conclude(session.config, run)
        except LthError as problem:
            raise pytest.UsageError(str(problem)) from problem
        except KeyboardInterrupt:
            _say(session.config, f"\ninterrupted; {run.means.store} keeps what was finished: run the same to go on")
            raise
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what the first worker of xdist has decided: they all decide the same."""
    text = getattr(node, "workeroutput", {}).get(DOCUMENT)
    if text is None:
        return
    run = _run(node.config)
    if run.document is None:
        run.document = json.loads(text)
        _conclude(node.config, run)


def _conclude(config: pytest.Config, run: Run) -> None:
    """Tell other plugins the verdicts and write the files; a worker of xdist leaves that to the process that began."""
    if hasattr(config, "workeroutput"):
        config.workeroutput[DOCUMENT] = json.dumps(run.document)
        return
    config.hook.pytest_claims_verdicts(config=config, document=run.document)
    run.write(config.stash[VALUES]["json"], config.stash[VALUES]["report"])
    config.hook.pytest_claims_report(config=config, document=run.document, written=[str(each) for each in run.written])


def _say(config: pytest.Config, text: str) -> None:
    if terminal := config.pluginmanager.get_plugin("terminalreporter"):
        terminal.write_line(text)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """End a claim's test as its verdict says."""
    if _claim(pyfuncitem) is None:
        return None
    run = _run(pyfuncitem.config)
    pyfuncitem.user_properties += [("verdict", str(run.decisions[pyfuncitem.nodeid].verdict))]
    ending, message = run.ending(pyfuncitem.nodeid)
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
    """Print the verdict table and the places of the files that were asked for."""
    run = config.stash.get(RUN, None)
    if run is None or run.document is None:
        return
    from lth.report import terminal_table

    terminalreporter.section("verdicts")
    width = terminalreporter._tw.fullwidth if terminalreporter.isatty else None
    values = config.stash[VALUES]
    layout = Layout(values["sort"], values["group_by"], values["columns"] or ())
    table = terminal_table(run.document, width, terminalreporter._tw.hasmarkup, layout)
    terminalreporter.write_line(table)
    for place in run.written:
        terminalreporter.write_line(f"wrote {place}")


def _run(config: pytest.Config) -> Run:
    if RUN not in config.stash:
        options = _given(config)
        if hasattr(config, "workerinput") and options["workers"] is None:
            options["workers"] = str(max(1, (os.cpu_count() or 1) // config.workerinput["workercount"]))
        config.stash[RUN] = Run.begin(options, Path(config.rootpath))
    return config.stash[RUN]


def _given(config: pytest.Config) -> dict[str, Any]:
    """What was typed for every option, by name; None where nothing was."""
    return {name: config.getoption(option.destination) for name, option in OPTIONS.items()}


def _declared_on(items: list[pytest.Item], seeds: tuple[int, ...]) -> dict[str, Declaration]:
    """The claims on these seeds alone."""
    declared = {}
    for item in items:
        params = _params(item)
        if arms := _arms(params):
            params = _with_arms(params, replace(arms, seeds=seeds))
        else:
            params["matrix"] = Matrix(tuple(replace(arms, seeds=seeds) for arms in params["matrix"].targets))
        declared[item.nodeid] = _declaration(item, params)
    return declared


def _published(item: pytest.Item, run: Run) -> Declaration | None:
    """The same claim on the arms of which the papers published figures; None where they have none of its task."""
    params = _params(item)
    arms = _arms(params)
    papers = run.papers_arms(arms.task.name) if arms else None
    return _declaration(item, _with_arms(params, papers)) if papers else None


def _declaration(item: pytest.Item, params: Mapping[str, Any] | None = None) -> Declaration:
    assert isinstance(item, pytest.Function)
    claim = _claim(item)
    assert claim
    params = params or _params(item)
    row = ", ".join(_row_text(value) for name, value in params.items() if name not in ("arms", "claim", "matrix"))
    statement = (inspect.getdoc(item.function) or item.name).splitlines()[0].rstrip(".")
    arms = _arms(params)
    return Declaration(claim, statement, row, arms.full() if arms else None, item.function(**params))


def _params(item: pytest.Item) -> dict[str, Any]:
    """The arguments of a claim's test."""
    assert isinstance(item, pytest.Function)
    return dict(item.callspec.params)


def _arms(params: Mapping[str, Any]) -> Arms | None:
    """The arms that a claim's test is given; None for one between tasks."""
    arms = params["claim"].arms if "claim" in params else params.get("arms")
    return cast(Arms | None, arms)


def _with_arms(params: Mapping[str, Any], arms: Arms) -> dict[str, Any]:
    """The same arguments with other arms."""
    given = {"arms": arms, "claim": Terms(arms)}
    return {name: given.get(name, value) for name, value in params.items()}


def _row_text(value: object) -> str:
    return f"{value:.0%}" if isinstance(value, float) else str(value)


def _claim(item: pytest.Item) -> Claim | None:
    marker = item.get_closest_marker("claim")
    if marker is None:
        return None
    if len(marker.args) == 1 and isinstance(marker.args[0], Claim):
        return marker.args[0]
    try:
        claim = Claim(*marker.args, **marker.kwargs)
    except TypeError:
        claim = None
    if claim is None or not isinstance(claim.id, str) or claim.says not in (True, False, None):
        given = ", ".join([*map(repr, marker.args), *(f"{name}={value!r}" for name, value in marker.kwargs.items())])
        raise pytest.UsageError(
            f'{item.nodeid}: the claim marker is given {given or "nothing"}; expected "ID", paper="NAME", '
            f"says=True, False or None; see lth.claims.claim.Claim"
        )
    return claim
