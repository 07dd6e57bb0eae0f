"""The papers' own tables and figures, from runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from lth.app.cli import main
from lth.claims.arm_id import ArmId
from lth.document.files import write_json
from lth.document.rows import ArmRow, Document, Term
from lth.errors import UsageError
from lth.report.exhibits import PAPERS
from lth.report.papers import paper_page
from lth.verdict import Verdict
from tests.report.transfers import SHARES, transfers


@pytest.fixture
def document(build) -> Document:
    """A run on sst2 whose first claim, chen-1, compares imp@0.7 with the full model."""
    run = build("sst2")
    arms = tuple(
        ArmRow(ArmId(name, at), (0, 1, 2), scores)
        for name, at, scores in (("imp", 0.7, (0.90, 0.91, 0.92)), ("full", None, (0.92, 0.93, 0.94)))
    )
    terms = (Term(1.0, ArmId("imp", 0.7)), Term(-1.0, ArmId("full")))
    first = run.claims[0]
    judged = replace(
        first,
        id="chen-1",
        row="",
        full_mean=0.93,
        arms=arms,
        effect=replace(first.effect, terms=terms),
        verdict=Verdict.REFUTED,
    )
    return replace(run, claims=(judged,))


def line_of(page: str, label: str) -> str:
    return next(line for line in page.splitlines() if line.startswith(f"| {label} "))


def test_a_cell_has_the_measured_and_the_published_number_and_the_verdict(document: Document) -> None:
    page = paper_page("chen2020", [document], {})
    # Chen et al. 2020, table 2: the ticket of SST-2 at 60 % has .919, the full model .921 ± .001.
    assert "91.0 ± 1.0 (91.9) chen-1 R" in line_of(page, "ticket of IMP")
    assert "93.0 ± 1.0 (92.1 ± 0.1)" in line_of(page, "full model")
    assert line_of(page, "shuffled").count("%") == 0


def test_every_table_and_figure_of_the_paper_is_there_in_its_order(document: Document) -> None:
    for paper, exhibits in PAPERS.items():
        page = paper_page(paper, [document], {})
        places = [page.index(f"## {exhibit.place}: ") for exhibit in exhibits]
        assert places == sorted(places)


def test_transfer_is_a_matrix_of_sources_and_targets() -> None:
    page = paper_page("chen2020", [transfers(SHARES)], {})
    assert [cell.strip() for cell in line_of(page, "sst2").split("|")[2:5]] == ["", "87 % R", "96 % I"]
    assert "No ticket was tried on another task." not in page


def test_a_run_without_tickets_on_other_tasks_says_so(document: Document) -> None:
    assert "- No ticket was tried on another task." in paper_page("chen2020", [document], {}).splitlines()


def test_a_run_that_has_a_claim_counts_before_one_in_which_it_was_not_run(document: Document) -> None:
    idle = replace(
        document, claims=tuple(replace(claim, verdict=Verdict.NOT_RUN, arms=()) for claim in document.claims)
    )
    page = paper_page("chen2020", [idle, document], {})
    assert "91.0 ± 1.0 (91.9) chen-1 R" in line_of(page, "ticket of IMP")


def test_the_command_writes_the_page_and_its_pictures(
    document: Document, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_json(document, tmp_path / "run.json")
    assert main(["report", "--paper=chen2020", f"--to={tmp_path}/page.md", f"{tmp_path}/run.json"]) == 0
    written = [Path(line.removeprefix("wrote ")) for line in capsys.readouterr().out.splitlines()]
    assert [file.name for file in written] == ["page.md", "page-curve-sst2.svg"]
    assert "(page-curve-sst2.svg)" in written[0].read_text()
    assert written[1].read_text().startswith("<?xml")


def test_an_unknown_paper_is_refused_with_a_suggestion(document: Document) -> None:
    with pytest.raises(UsageError, match="no paper 'prasana2020'; did you mean 'prasanna2020'"):
        paper_page("prasana2020", [document], {})
