"""The `lth` command and its commands: claim runs, what there is to judge, saved runs, the store, the lab, shrinking."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib.metadata import version

from lth.app.about_commands import add_commands as add_about
from lth.app.arguments import Parser
from lth.app.completion import complete
from lth.app.history_commands import add_commands as add_history
from lth.app.lab_commands import add_commands as add_lab
from lth.app.report_command import add_command as add_report
from lth.app.run_commands import add_commands as add_run
from lth.app.shrink_command import add_command as add_shrink
from lth.app.store_commands import add_commands as add_store
from lth.app.terminal import patient
from lth.errors import LthError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, 1 if a check failed, 2 for a wrong use, 130 after Ctrl-C."""
    with redirect_stdout(patient(sys.stdout)), redirect_stderr(patient(sys.stderr)):
        try:
            return _status(arguments)
        finally:
            _flush()


def _status(arguments: Sequence[str] | None) -> int:
    try:
        parser = _parser()
        complete(parser)
        options = parser.parse_args(arguments)
        status = int(options.run(options) or 0)
        _flush()
        return status
    except LthError as problem:
        print(f"lth: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lth: interrupted; finished results are kept", file=sys.stderr)
        return 130


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="lth", description="Claims about lottery tickets; run them with pytest.")
    parser.add_argument("--version", action="version", version=f"lth {version('lth')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    for add in (add_about, add_run, add_history, add_report, add_store, add_lab, add_shrink):
        add(commands)
    return parser
