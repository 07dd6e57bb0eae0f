"""A run's verdicts as a file for other programs: CSV, Parquet, or a LaTeX table for a paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tabulate import tabulate

from lth.document.printable import printable
from lth.document.rows import Document
from lth.document.writing import replacing, write_text
from lth.report import cells
from lth.report.result import Report
from lth.verdict import Verdict


def write_csv(document: Document, file: Path) -> None:
    """Write the frame of `Report.to_pandas` as CSV. Raises UsageError for a place that cannot be written."""
    write_text(file, Report(document).to_pandas().to_csv(index=False))


def write_parquet(document: Document, file: Path) -> None:
    """Write the frame of `Report.to_pandas` as Parquet. Raises UsageError for a place that cannot be written."""
    with replacing(file) as partial:
        Report(document).to_pandas().to_parquet(partial, index=False)


def write_latex(document: Document, file: Path) -> None:
    """Write the claims that were judged as a `tabular` with the rules of the package booktabs.

    Raises UsageError for a place that cannot be written.
    """
    rows = [
        [
            claim.task,
            claim.name,
            claim.statement,
            cells.interval_text(claim.interval, claim.effect.unit),
            cells.region_text(claim.effect.region, claim.effect.unit),
            claim.verdict,
            cells.paper_text(claim),
        ]
        for claim in printable(document).claims
        if claim.verdict is not Verdict.NOT_RUN and claim.interval
    ]
    header = [
        "task",
        "claim",
        "statement",
        f"effect [{cells.confidence(document)} interval]",
        "region",
        "verdict",
        "paper",
    ]
    write_text(file, tabulate(rows, header, tablefmt="latex_booktabs", disable_numparse=True) + "\n")


EXPORTS: dict[str, Callable[[Document, Path], None]] = {
    "csv": write_csv,
    "parquet": write_parquet,
    "latex": write_latex,
}
"""What writes each format."""
