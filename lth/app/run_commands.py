"""`lth run`, `lth plan`, `lth decide`: pytest on the claims of the papers, or of a folder, without its own output."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Generator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest

from lth.app import parsers
from lth.app.arguments import place
from lth.app.declaring import claim_of, fault_in
from lth.app.options import OPTIONS, RUN, add_options, options_of, read_given
from lth.app.papers import claims_folder
from lth.errors import UsageError, reason, shown

ALONE = ["--noconftest", "-c", os.devnull]
"""The papers' claims are judged alike in every folder, whatever pytest's configuration there is."""


def add_commands(commands: Any) -> None:
    """Add the three commands to the subparsers of `lth`."""
    run = commands.add_parser("run", help="judge the papers' claims, and measure what is not stored")
    run.add_argument("pytest", nargs="*", metavar="-- OPTION", help="options of pytest itself, such as -- -x -v")
    plan = commands.add_parser("plan", help="show what a claim run would compute, and how long that would take")
    decide = commands.add_parser(
        "decide", help="judge recorded evidence without training: your own scores or a saved run"
    )
    decide.add_argument("evidence", help=OPTIONS["evidence"].help)
    for name, parser, judge in ((RUN, run, _run), ("plan", plan, _plan), ("decide", decide, _decide)):
        folder = place(parsers.probe_known, "the folder of claim tests")
        text = "folder of your own claims (default: the papers' claims)"
        parser.add_argument("--claims", type=folder, metavar="FOLDER", help=text)
        add_options(parser, name)
        parser.set_defaults(run=judge)


def _run(options: argparse.Namespace) -> int:
    if options.pytest and not options.pytest[0].startswith("-"):
        raise UsageError(
            f"{shown(options.pytest[0])} is not an option; expected options; choose claims with --only=ID, and give "
            f"pytest's own options behind --"
        )
    return _run_claims(options, RUN, *options.pytest)


def _plan(options: argparse.Namespace) -> int:
    return _run_claims(options, "plan", "--claims-plan")


def _decide(options: argparse.Namespace) -> int:
    OPTIONS["evidence"].read(options.evidence, prefix="")
    return _run_claims(options, "decide", f"--claims-evidence={options.evidence}")


def _run_claims(options: argparse.Namespace, command: str, *more: str) -> int:
    """Run pytest on the claims and show only what the plugin prints; the status is that of `lth.app.cli.main`.

    Results are kept in the current folder, wherever the claims are.
    """
    read_given(options, command)
    flags = [word for each in options_of(command) for word in each.words(getattr(options, each.name))]
    own: Path | None = options.claims
    if own is not None and not own.exists():
        raise UsageError(f"no claims in {own}; expected the folder of claim tests; give --claims=FOLDER")
    quiet = ["-q", "--no-header", "--tb=no", "-rN", "-p", "no:cacheprovider", "--rootdir=."]
    quiet += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # this package is imported before pytest looks at it
    quiet += ["-p", "no:unraisableexception"]  # it searches all memory for garbage, which takes most of a second
    quiet += ALONE if own is None else []
    errors = io.StringIO()
    with redirect_stderr(errors):
        words = [str(own or claims_folder()), *quiet, *flags, *more]
        try:
            status = pytest.main(words, plugins=[_ClaimsOnly()])
        except Exception as problem:  # a conftest.py or a plugin, before pytest catches anything
            raise UsageError(
                f"pytest cannot start: {type(problem).__name__}: {reason(problem)}; correct it"
            ) from problem
    if status == pytest.ExitCode.USAGE_ERROR:
        raise UsageError(_cause(errors.getvalue()))
    print(errors.getvalue(), end="", file=sys.stderr)
    return {0: 0, 1: 1}.get(int(status), 2)


def _cause(page: str) -> str:
    """The line of pytest's error page that says what was wrong; its own options have a page of several."""
    lines = [line.strip() for line in page.splitlines() if line.strip()]
    first = next((line for line in lines if ": error: " in line), lines[0]).removeprefix("ERROR: ")
    why = [line.removeprefix("E ").strip() for line in lines if line.startswith("E  ")]
    return f"{first.rstrip('.')}: {why[-1]}; correct it" if why else first


class _ClaimsOnly:
    """A plugin of pytest that ends the session with one line at the first file that is not one of claims."""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            reason = [line for line in report.longreprtext.splitlines() if line.strip()][-1].removeprefix("E").strip()
            problem = UsageError(f"{report.nodeid} cannot be read ({reason}); expected a file of claims; correct it")
            raise pytest.UsageError(str(problem))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, object, object]:
        try:
            return (yield)
        except SystemExit as ended:
            problem = UsageError(f"{collector.nodeid} ended pytest ({ended!r}); expected a file of claims; correct it")
            raise pytest.UsageError(str(problem)) from ended

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if not any(claim_of(item.iter_markers("claim")) or fault_in(item) for item in items):
            folder = " ".join(config.args)
            problem = UsageError(f"no claims in {folder}; expected test_*.py files with claims; give --claims=FOLDER")
            raise pytest.UsageError(str(problem))
