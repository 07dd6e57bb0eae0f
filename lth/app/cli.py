"""The `lth` command and its commands: claim runs, what there is to judge, saved runs, the store, the lab, shrinking."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib.metadata import version
from pathlib import Path

from lth.app import parsers
from lth.app.about_commands import add_commands as add_about
from lth.app.arguments import Parser, place
from lth.app.history_commands import add_commands as add_history
from lth.app.lab_commands import add_commands as add_lab
from lth.app.run_commands import add_commands as add_run
from lth.app.shrink_command import add_command as add_shrink
from lth.app.store_commands import add_commands as add_store
from lth.app.terminal import patient
from lth.app.writing import write_paper
from lth.document.files import read_json
from lth.document.rows import Document
from lth.document.writing import check_writable
from lth.errors import LthError, UsageError
from lth.history.shown import read_runs
from lth.report.beside import side_by_side
from lth.report.table import terminal_table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, 1 if a check failed, 2 for a wrong use, 130 after Ctrl-C."""
    with redirect_stdout(patient(sys.stdout)), redirect_stderr(patient(sys.stderr)):
        try:
            return _status(arguments)
        finally:
            _flush()


def _status(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    try:
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

    for add in (add_about, add_run, add_history, add_store, add_lab, add_shrink):
        add(commands)
    report = commands.add_parser("report", help="show a run saved with --claims-json as a table or as a page")
    report.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a saved run; with --site also earlier runs or their folder; with --beside NAME=FILE",
    )
    report.add_argument(
        "--beside",
        action="store_true",
        help="print the verdicts of several runs side by side, as Markdown; runs of one NAME share a column",
    )
    report.add_argument(
        "--site",
        type=place(parsers.probe_folder, "a folder for the page"),
        metavar="DIR",
        help="write a static page with the history of every effect",
    )
    report.add_argument(
        "--paper",
        metavar="PAPER",
        help="write the tables of chen2020 or prasanna2020, with the published numbers beside those of runs",
    )
    report.add_argument(
        "--to",
        type=place(parsers.probe_file, "a Markdown file"),
        metavar="FILE",
        help="where --paper writes; pictures go beside it (default: PAPER.md)",
    )
    report.set_defaults(run=_report)
    return parser


def _named(given: Sequence[Path]) -> dict[str, list[Document]]:
    """The runs by the names of their columns, from `NAME=FILE`."""
    found: dict[str, list[Document]] = {}
    for each in given:
        name, equals, file = str(each).partition("=")
        if not (name and equals and file):
            raise UsageError(f"--beside {each}; expected NAME=FILE, a column and a saved run; give lab=verdicts.json")
        found.setdefault(name, []).append(read_json(Path(file)))
    return found


def _report(options: argparse.Namespace) -> None:
    if options.site is not None:
        from lth.report.site import site  # jinja2, for this page alone

        check_writable(options.site / "index.html")
        document, history = read_runs(options.files)
        index = site(document, options.site, history)
        print(f"wrote {index}; earlier runs in its history: {len(history)}")
        return
    if options.paper:
        documents = [read_json(file) for file in options.files]
        for file in write_paper(options.paper, documents, options.to or Path(f"{options.paper}.md")):
            print(f"wrote {file}")
        return
    if options.beside:
        print(side_by_side(_named(options.files)), end="")
        return
    if len(options.files) > 1:
        raise UsageError(
            f"{len(options.files)} files, but a table shows one run; give one FILE, --site=DIR or --beside"
        )
    print(terminal_table(read_json(options.files[0])))
