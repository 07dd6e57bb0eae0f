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

from lth import hooks
from lth.claim import BETWEEN_TASKS, Claim, Declaration
from lth.errors import LthError
from lth.experiment.arms import Arms
from lth.report.progress import display
from lth.runner import Run
from lth.transfer import Matrix

pytest_plugins = ["lth.history.plugin"]

OPTIONS: dict[str, dict[str, Any]] = {
    "--task": {"metavar": "A,B|all", "help": "tasks to judge claims on (default: sst2)"},
    "--claims-source": {
        "metavar": "A,B|all",
        "help": "tasks whose tickets are tried on the others (default: those of --task)",
    },
    "--model": {
        "metavar": "lab|ID|FOLDER",
        "help": "pre-trained encoder: the embedded lab's (default), a hub id, a folder",
    },
    "--data": {"metavar": "lab|hub|FOLDER", "help": "examples (default: lab for the lab's model, hub otherwise)"},
    "--seeds": {
        "metavar": "N|A,B,C|auto[:MAX]",
        "help": "how many replicates, or which, or as many as open verdicts need (default: 5)",
    },
    "--claims-protocol": {
        "metavar": "NAME[:K=V,…]",
        "help": "training recipe: lab, paper or short, with changes (default: lab for the lab's model, else paper)",
    },
    "--claims-schedule": {
        "metavar": "TEXT",
        "help": "rounds of pruning: original:0.1 (of the original weights), remaining:0.1 or 0.3,0.5,0.7",
    },
    "--claims-sparsity": {"metavar": "SHARE", "help": "share of weights removed at which tickets are judged"},
    "--claims-prunable": {"choices": ["encoder", "paper"], "help": "the encoder's matrices, or those and the pooler"},
    "--claims-alpha": {"metavar": "P", "help": "error rate of each side of an interval (default: 0.05)"},
    "--claims-margin": {"metavar": "SHARE", "help": "share of the full score that still counts as matching (0.02)"},
    "--claims-method": {
        "choices": ["t", "bootstrap", "permutation"],
        "help": "how intervals are computed (default: t)",
    },
    "--claims-correction": {
        "choices": ["holm", "none"],
        "help": "correction of a paper's claims on several tasks (default: holm)",
    },
    "--claims-only": {"metavar": "ID,…", "help": "judge only these claims (shell patterns such as chen-2*)"},
    "--claims-skip": {"metavar": "ID,…", "help": "leave these claims out"},
    "--claims-strict": {"action": "store_true", "help": "INCONCLUSIVE fails"},
    "--claims-plan": {"action": "store_true", "help": "print what would be computed, and compute nothing"},
    "--claims-json": {"metavar": "FILE", "help": "write all verdicts and their evidence as JSON"},
    "--claims-report": {"metavar": "FILE", "help": "write a Markdown report with its pictures beside it"},
    "--claims-evidence": {
        "metavar": "measured|published|PLACE",
        "help": "judge what the papers published, a folder with scores.csv or a run saved as JSON (default: measured)",
    },
    "--claims-store": {"metavar": "FOLDER", "help": "where results are kept (default: .lth/store)"},
    "--claims-workers": {"metavar": "N", "help": "worker processes (default: one a core)"},
    "--claims-device": {"choices": ["auto", "cpu", "cuda", "mps"], "help": "where to compute (default: auto)"},
}

RUN = pytest.StashKey[Run]()
PROBLEM = pytest.StashKey[LthError]()
INCONCLUSIVE = "inconclusive"
DOCUMENT = "claims_document"
"""Under which a worker of xdist hands over what it decided."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add every option of OPTIONS."""
    group = parser.getgroup("claims", "claims about lottery tickets")
    for flag, details in OPTIONS.items():
        group.addoption(flag, dest=_dest(flag), default=None, **details)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Offer the hooks of `lth.hooks`."""
    pluginmanager.add_hookspecs(hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", "claim(Claim): a claim of a paper; use lth.claim.claim")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every claim one test a task, or a task and source, or one for all of them, as its arguments ask.

    A bad option is kept and told once, when collection ends.
    """
    if metafunc.definition.get_closest_marker("claim") is None:
        return
    try:
        settings, hook = _run(metafunc.config).settings, metafunc.config.hook
        own = (settings.arms(task) for task in settings.tasks)
        arms = [hook.pytest_claims_arms(config=metafunc.config, arms=each) or each for each in own]
    except LthError as problem:
        metafunc.config.stash[PROBLEM] = problem
        arms = []
    if "matrix" in metafunc.fixturenames:
        metafunc.parametrize("matrix", [Matrix(tuple(arms))] if arms else [], ids=[BETWEEN_TASKS] if arms else [])
    elif "source" in metafunc.fixturenames:
        pairs = [(each, source) for each in arms for source in each.other_sources]
        metafunc.parametrize(("arms", "source"), pairs, ids=[f"{each.task.name}-{source}" for each, source in pairs])
    else:
        metafunc.parametrize("arms", arms, ids=[each.task.name for each in arms])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tell a bad option; then keep the claims that were asked for."""
    if problem := config.stash.get(PROBLEM, None):
        raise pytest.UsageError(str(problem))
    only, skip = (_patterns(config.getoption(name)) for name in ("claims_only", "claims_skip"))
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
            if session.config.getoption("claims_plan"):
                _say(session.config, run.plan_text())
                session.items[:] = []
                return (yield)
            terminal = session.config.pluginmanager.get_plugin("terminalreporter")
            run.decide(display(partial(terminal.rewrite, erase=True), terminal.isatty) if terminal else None)
            _conclude(session.config, run)
        except LthError as problem:
            raise pytest.UsageError(str(problem)) from problem
        except KeyboardInterrupt:
            _say(session.config, f"\ninterrupted; {run.settings.store} keeps what was finished: run the same to go on")
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
    run.write(config.getoption("claims_json"), config.getoption("claims_report"))
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
    elif ending == "failed" or (ending == INCONCLUSIVE and pyfuncitem.config.getoption("claims_strict")):
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
    terminalreporter.write_line(terminal_table(run.document, width, color=terminalreporter._tw.hasmarkup))
    for place in run.written:
        terminalreporter.write_line(f"wrote {place}")


def _run(config: pytest.Config) -> Run:
    if RUN not in config.stash:
        options = {_dest(flag).removeprefix("claims_"): config.getoption(_dest(flag)) for flag in OPTIONS}
        if hasattr(config, "workerinput") and options["workers"] is None:
            options["workers"] = str(max(1, (os.cpu_count() or 1) // config.workerinput["workercount"]))
        config.stash[RUN] = Run.begin(options, Path(config.rootpath))
    return config.stash[RUN]


def _declared_on(items: list[pytest.Item], seeds: tuple[int, ...]) -> dict[str, Declaration]:
    """The claims on these seeds alone."""
    declared = {}
    for item in items:
        assert isinstance(item, pytest.Function)
        params: dict[str, Any] = dict(item.callspec.params)
        if "matrix" in params:
            targets = tuple(replace(arms, seeds=seeds) for arms in params["matrix"].targets)
            params["matrix"] = Matrix(targets)
        else:
            params["arms"] = replace(params["arms"], seeds=seeds)
        declared[item.nodeid] = _declaration(item, params)
    return declared


def _published(item: pytest.Item, run: Run) -> Declaration | None:
    """The same claim on the arms of which the papers published figures; None where they have none of its task."""
    assert isinstance(item, pytest.Function)
    params = dict(item.callspec.params)
    arms = params.get("arms")
    if not isinstance(arms, Arms) or (papers := run.papers_arms(arms.task.name)) is None:
        return None
    return _declaration(item, {**params, "arms": papers})


def _declaration(item: pytest.Item, params: Mapping[str, Any] | None = None) -> Declaration:
    assert isinstance(item, pytest.Function)
    claim = _claim(item)
    assert claim
    params = dict(params or item.callspec.params)
    row = ", ".join(_row_text(value) for name, value in params.items() if name not in ("arms", "matrix"))
    statement = (inspect.getdoc(item.function) or item.name).splitlines()[0].rstrip(".")
    full = cast(Arms, params["arms"]).full() if "arms" in params else None
    return Declaration(claim, statement, row, full, item.function(**params))


def _row_text(value: object) -> str:
    return f"{value:.0%}" if isinstance(value, float) else str(value)


def _claim(item: pytest.Item) -> Claim | None:
    marker = item.get_closest_marker("claim")
    return marker.args[0] if marker else None


def _patterns(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _dest(flag: str) -> str:
    return flag.lstrip("-").replace("-", "_")
