"""A column of the verdict table is one entry in COLUMNS."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lth.document.rows import Document, PaperRuleRow
from lth.report.columns import COLUMNS, Column, cell
from lth.report.layout import USUAL, Layout, known_columns
from lth.report.markdown import markdown
from lth.report.site.views import views
from lth.report.table import terminal_table
from lth.verdict import Verdict
from tests.report.made_up import with_claim

Build = Callable[..., Document]
PAGE = Path(__file__).parents[2] / "docs" / "add-column.md"


@pytest.fixture
def columns() -> Iterator[dict[str, Column]]:
    """The table of columns, which is restored afterwards."""
    before = dict(COLUMNS)
    yield COLUMNS
    COLUMNS.clear()
    COLUMNS.update(before)


def shown(document: Document, *columns: str) -> list[list[str]]:
    """The titles and the first row of the terminal's table, cut at two or more spaces."""
    lines = terminal_table(document, layout=Layout(columns=columns)).splitlines()
    return [re.split(" {2,}", line) for line in (lines[1], lines[3])]


def in_markdown(document: Document, title: str) -> str:
    """The text of the first claim in a column of the Markdown report."""
    header = next(line for line in markdown(document).splitlines() if line.startswith("| claim "))
    row = next(line for line in markdown(document).splitlines() if line.startswith("| chen-1 "))
    texts = ([text.strip() for text in line.split("|")] for line in (header, row))
    return dict(zip(*texts, strict=True))[title]


def test_one_entry_is_a_column_of_the_terminal_and_of_the_markdown_report(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COLUMNS, "time", Column("worker time, s", lambda claim: f"{claim.cost.seconds:.0f}"))
    document = build("sst2", rows=1)
    assert shown(document, "verdict", "time") == [["claim", "verdict", "worker time, s"], ["chen-1", "SUPPORTED", "12"]]
    assert in_markdown(document, "worker time, s") == "12"
    assert "worker time" not in terminal_table(document)


def test_the_example_on_the_page_about_columns_works(build: Build, columns: dict[str, Column]) -> None:
    (code,) = re.findall(r"^```python.*?\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    exec(code, {})
    document = build("sst2", rows=1)
    assert shown(document, "verdict", "time") == [["claim", "verdict", "worker time, s"], ["chen-1", "SUPPORTED", "12"]]
    assert in_markdown(document, "worker time, s") == "12"


def test_the_page_shows_a_column_that_has_a_title_for_it(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "seconds"
    monkeypatch.setitem(COLUMNS, "plain", Column("plain", lambda claim: text))
    monkeypatch.setitem(COLUMNS, "time", Column("time", lambda claim: cell("12", order=12.0, note=text), page="Time"))
    (view,) = views(build("sst2", rows=1), [])
    assert list(view.row)[-1] == "Time"
    assert (view.row["Time"].page, view.row["Time"].order, view.row["Time"].note) == ("12", 12.0, text)


def test_a_columns_cells_are_empty_in_the_terminal_where_a_claim_was_not_run(
    build: Build, not_run: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COLUMNS, "wide", Column("wide", lambda claim: "x" * 40 * (claim.verdict == "NOT RUN") or "y"))
    document = build("sst2", rows=2)
    document = replace(document, claims=(document.claims[0], not_run(document.claims[1])))
    table = terminal_table(document, layout=Layout(columns=("wide",)))
    assert re.search(r"^chen-1   y$", table, re.MULTILINE)
    assert re.search(r"^chen-2a  NOT RUN: the full model ", table, re.MULTILINE)


def test_columns_of_the_markdown_report_can_be_asked_for_in_the_terminal(build: Build) -> None:
    rule = PaperRuleRow("within one std", Verdict.REFUTED)
    document = with_claim(build("sst2", rows=1), 0, adjusted_verdict=Verdict.INCONCLUSIVE, paper_rule=rule)
    titles, row = shown(document, "label", "corrected", "rule")
    assert titles == ["claim", "label", "corrected", "rule"]
    assert row == ["chen-1", "imp@0.7 − full", "INCONCLUSIVE", "REFUTED"]


def test_the_default_columns_are_named_first_and_the_others_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COLUMNS, "time", Column("time", lambda claim: ""))
    assert known_columns() == (*USUAL, "label", "over", "corrected", "rule", "needed", "collapsed", "time")
    assert set(USUAL) <= set(COLUMNS)
