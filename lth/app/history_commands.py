"""`lth list` and `lth compare`: saved runs on the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lth.app.options import add_options, read_given
from lth.document.files import read_json
from lth.errors import UsageError
from lth.history import LATEST
from lth.history.changes import compare
from lth.history.conditions import check_common, failures, unmatched
from lth.history.session import comparison
from lth.history.storage import find_run, read_all
from lth.history.table import changes_markdown, runs_table
from lth.report.beside import side_by_side


def add_commands(commands: Any) -> None:
    """Add both commands to the subparsers of `lth`."""
    every = commands.add_parser("list", help="list the runs saved with --claims-save or --claims-autosave")
    every.set_defaults(run=_list)
    two = commands.add_parser("compare", help="show what changed between two saved runs, or several side by side")
    two.add_argument("old", metavar="A", help=f"the baseline: a number, a glob, {LATEST} or a file")
    two.add_argument("new", metavar="B", nargs="?", default=LATEST, help=f"the other run (default: {LATEST})")
    two.add_argument("more", metavar="C", nargs="*", help="further runs: the verdicts of all, side by side as Markdown")
    two.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    two.set_defaults(run=_compare)
    add_options(every, "list")
    add_options(two, "compare")


def _list(options: argparse.Namespace) -> None:
    whole, problems = read_all(read_given(options, "list")["storage"])
    print(runs_table(whole))
    for problem in problems:
        print(f"left out: {problem}", file=sys.stderr)


def _column(file: Path, files: Sequence[Path]) -> str:
    """The title of a run's column: its file's name, or its path if another run has the same name."""
    return file.stem if sum(each.stem == file.stem for each in files) == 1 else str(file)


def _compare(options: argparse.Namespace) -> int:
    value = read_given(options, "compare")
    conditions = value["compare_fail"] or ()
    if options.more:
        if conditions:
            raise UsageError("--fail with more than two runs; expected two, the baseline first; give only A and B")
        files = [find_run(value["storage"], which) for which in (options.old, options.new, *options.more)]
        print(side_by_side({_column(file, files): [read_json(file)] for file in files}), end="")
        return 0
    old, new = (read_json(find_run(value["storage"], which)) for which in (options.old, options.new))
    changes = compare(old, new, value["alpha"])
    check_common(changes, conditions)
    print(changes_markdown(changes) if options.markdown else comparison(old, new, changes))
    for line in unmatched(changes, conditions):
        print(f"warning: {line}", file=sys.stderr)
    failed = failures(changes, conditions)
    for line in failed:
        print(f"changed: {line}", file=sys.stderr)
    return 1 if failed else 0
