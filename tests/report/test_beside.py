"""The page that puts the verdicts of several runs side by side."""

from dataclasses import replace
from pathlib import Path

import pytest

from lth.app.cli import main
from lth.document.files import write_json
from lth.document.rows import Document, IntervalRow, PublishedRow
from lth.report.beside import side_by_side
from lth.verdict import Verdict


def judged(document: Document, verdict: Verdict, published: Verdict | None = None) -> Document:
    """The document with that verdict on its first claim, and with a verdict from the papers' own figures."""
    first, *others = document.claims
    bounds = IntervalRow("paired t", 0.05, 0.01, -0.005, 0.025)
    first = replace(first, verdict=verdict, effect=replace(first.effect, interval=bounds))
    if published:
        first = replace(first, published=PublishedRow(published, "figures", IntervalRow("t", 0.05, 0.02, 0.01, 0.03)))
    return replace(document, claims=(first, *others))


def line_of(page: str, claim: str) -> str:
    return next(line for line in page.splitlines() if line.startswith(f"| {claim} "))


def test_each_run_has_a_column_and_so_have_the_papers_figures(build) -> None:
    lab = judged(build("sst2"), Verdict.SUPPORTED, Verdict.SUPPORTED)
    real = judged(build("sst2"), Verdict.INCONCLUSIVE)
    page = side_by_side({"lab": [lab], "real": [real]})
    cells = [cell.strip() for cell in line_of(page, "chen-1").split("|")]
    assert cells[4:7] == [
        "SUPPORTED +1.0 [−0.5, +2.5]",
        "INCONCLUSIVE +1.0 [−0.5, +2.5]",
        "SUPPORTED +2.0 [+1.0, +3.0]",
    ]
    assert "No claim is supported by one evidence and refuted by another" in page


def test_opposite_verdicts_are_listed_first(build) -> None:
    lab, real = (judged(build("sst2"), verdict) for verdict in (Verdict.SUPPORTED, Verdict.REFUTED))
    page = side_by_side({"lab": [lab], "real": [real]})
    assert "lab: SUPPORTED +1.0 [−0.5, +2.5]; real: REFUTED +1.0 [−0.5, +2.5]." in page
    assert page.index("## Where they differ") < page.index("## All rows")


def test_verdicts_against_the_paper_are_listed(build) -> None:
    real = judged(build("sst2"), Verdict.REFUTED)
    (block,) = [text for text in side_by_side({"real": [real]}).split("## ") if text.startswith("Against")]
    assert "- **chen-1** on sst2, IMP finds" in block
    assert block.rstrip().endswith("real: REFUTED +1.0 [−0.5, +2.5], where the paper says true.")
    assert "No verdict is the opposite" in side_by_side({"lab": [judged(build("sst2", rows=1), Verdict.SUPPORTED)]})


def test_runs_of_one_name_share_a_column_and_a_run_row_comes_before_one_that_was_not_run(build) -> None:
    document = build("sst2")
    idle = replace(document, claims=tuple(replace(claim, verdict=Verdict.NOT_RUN) for claim in document.claims))
    page = side_by_side({"real": [idle, judged(document, Verdict.SUPPORTED), build("cola")]})
    rows = [line for line in page.splitlines() if line.startswith("| chen-1 ")]
    assert ["sst2" in rows[0], "cola" in rows[1]] == [True, True]
    assert "SUPPORTED" in rows[0]


def test_the_command_prints_the_page(build, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_json(build("sst2"), tmp_path / "run.json")
    assert main(["report", "--beside", f"lab={tmp_path}/run.json"]) == 0
    assert capsys.readouterr().out.startswith("# Verdicts side by side\n")
    assert main(["report", "--beside", f"{tmp_path}/run.json"]) == 2
    assert "expected NAME=FILE, a column and a saved run; give lab=verdicts.json" in capsys.readouterr().err
