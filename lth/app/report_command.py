"""The command `lth report`: a saved run as a table, a page, a paper's exhibits, or a file for other programs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lth.app import parsers
from lth.app.arguments import place
from lth.app.writing import write_paper
from lth.document.files import read_json
from lth.document.rows import Document
from lth.document.writing import check_writable
from lth.errors import UsageError
from lth.history.shown import read_runs
from lth.report.beside import side_by_side
from lth.report.table import terminal_table

FORMATS = {
    "csv": "as CSV, a row for each claim",
    "parquet": "as Parquet, with the columns of the CSV",
    "latex": "as a LaTeX table (booktabs)",
}


def add_command(commands: Any) -> None:
    """Add `report` to the subparsers of `lth`."""
    report = commands.add_parser("report", help="show a run saved with --claims-json as a table or as a page")
    report.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="a saved run; with --site also earlier runs or their folder; with --beside NAME=FILE",
    )
    report.add_argument("-v", "--verbose", action="store_true", help="explain every mark and unit of the table")
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
    for name, text in FORMATS.items():
        report.add_argument(
            f"--{name}",
            type=place(parsers.probe_file, f"a file for {name}"),
            metavar="FILE",
            help=f"write the verdicts {text}",
        )
    report.set_defaults(run=_report)


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
    document = read_json(options.files[0])
    asked = {name: file for name in FORMATS if (file := getattr(options, name)) is not None}
    for name, file in asked.items():
        from lth.report.export import EXPORTS  # pandas, for these files alone

        EXPORTS[name](document, file)
        print(f"wrote {file}")
    if not asked:
        print(terminal_table(document, verbose=options.verbose))
