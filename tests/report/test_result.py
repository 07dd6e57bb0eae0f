"""The report of a run in a notebook: rows, table, frame, figures and files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

import lth
from lth.claims.effects import PLAIN, POINTS
from lth.document.rows import ClaimRow, Document
from lth.errors import EvidenceError, UsageError
from lth.report.result import Report
from lth.report.table import terminal_table
from lth.verdict import Verdict
from tests.report.made_up import interval, with_claim, with_turned

Build = Callable[..., Document]


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(UsageError) as caught:
        call()
    return str(caught.value)


# ---- rows ----


def test_a_row_is_found_by_its_name(build: Build) -> None:
    report = Report(build("sst2"))
    assert report["chen-1"] is report.document.claims[0]
    assert report["chen-3 20 %"].row == "20 %"
    assert report["sst2 chen-4"].id == "chen-4"


def test_a_row_of_several_tasks_is_found_with_its_task(build: Build) -> None:
    report = Report(build("sst2", "cola", rows=2))
    assert report["cola chen-1"].task == "cola"
    assert refused(lambda: report["chen-1"]) == (
        "'chen-1' is the name of 2 rows; expected one; give one of sst2 chen-1, cola chen-1"
    )


def test_a_claim_of_several_rows_is_refused_with_their_names(build: Build) -> None:
    assert refused(lambda: Report(build("sst2"))["chen-3"]) == (
        "'chen-3' is the name of 3 rows; expected one; give one of sst2 chen-3 5 %, sst2 chen-3 20 %, sst2 chen-3 50 %"
    )


def test_a_row_that_is_not_there_is_refused_with_the_nearest_one(build: Build) -> None:
    report = Report(build("sst2", rows=2))
    assert refused(lambda: report["chen-1a"]) == "no row 'chen-1a'; did you mean 'chen-1'? Rows: chen-1, chen-2a"
    assert refused(lambda: report["sst2 chen-2"]).startswith("no row 'sst2 chen-2'; did you mean 'sst2 chen-2a'?")
    assert refused(lambda: Report(Document(claims=()))["chen-1"]) == "no row 'chen-1'. Rows: none"


# ---- table ----


def test_the_report_is_shown_as_the_terminals_table(build: Build) -> None:
    document = build("sst2")
    assert repr(Report(document)) == Report(document).table() == terminal_table(document, 120)
    assert max(map(len, Report(document).table(width=80).splitlines())) <= 80


def test_a_notebook_shows_a_row_for_each_claim_with_its_verdict_and_a_coloured_sign(build: Build) -> None:
    html = Report(build("sst2"))._repr_html_()
    assert html.count("<tr") == 9
    colors = {Verdict.SUPPORTED: "#009E73", Verdict.REFUTED: "#D55E00", Verdict.INCONCLUSIVE: "#E69F00"}
    for verdict, color in colors.items():
        assert re.search(rf'<td><span style="color: {color}">.</span> {verdict}[< ]', html)
    assert "<td>+0.4 [−0.9, +1.7]</td>" in html
    assert "<th>estimate [90 % interval], % of full</th>" in html
    assert "8 claims: 4 supported, 3 refuted, 1 inconclusive, 0 not run" in html


def test_a_notebook_shows_why_a_claim_was_not_run(build: Build, not_run: Callable[..., ClaimRow]) -> None:
    html = Report(with_turned(build("sst2"), 0, not_run))._repr_html_()
    assert "<small>the full model does not beat the majority baseline</small>" in html
    assert '<span style="color: #767676">–</span> NOT RUN' in html


def test_what_a_claim_says_is_text_and_never_markup(build: Build) -> None:
    document = with_claim(build("sst2"), 0, statement="a < b & <script>alert(1)</script>", task="<b>", id='"&<')
    html = Report(document)._repr_html_()
    assert "a &lt; b &amp; &lt;script&gt;" in html
    assert "<script" not in html
    assert "<b>" not in html
    assert "<td>&quot;&amp;&lt;</td>" in html


# ---- frame ----


def test_a_frame_has_a_row_for_each_claim_with_numbers_in_the_unit_that_it_names(build: Build) -> None:
    document = with_claim(build("sst2", "cola"), 1, unit=PLAIN, over="seeds × examples")
    document = with_claim(document, 3, unit=POINTS)
    frame = Report(document).to_pandas()
    assert list(frame.columns) == [
        *("task", "model", "claim", "row", "statement", "verdict", "corrected_verdict", "paper_says"),
        *("effect", "low", "high", "region_low", "region_high", "unit", "seeds", "over", "mde", "reason"),
    ]
    assert len(frame) == 16
    first = frame.iloc[0]
    assert (first["effect"], first["low"], first["high"], first["region_low"]) == (0.004, -0.009, 0.017, -0.02)
    assert (first["unit"], first["seeds"], first["mde"], first["model"]) == ("share of full", "5", 0.013, "lab")
    assert frame["unit"].tolist()[1:4] == ["plain", "share of full", "points"]
    assert frame["over"].tolist()[:2] == ["", "seeds × examples"]
    assert frame["region_high"].isna().all()
    assert frame["verdict"].value_counts()["SUPPORTED"] == 8


def test_a_frame_has_no_numbers_of_a_claim_that_was_not_run(build: Build, not_run: Callable[..., ClaimRow]) -> None:
    first = Report(with_turned(build("sst2"), 0, not_run)).to_pandas().iloc[0]
    assert first[["effect", "low", "high", "seeds", "over", "mde"]].isna().all()
    assert (first["verdict"], first["reason"]) == ("NOT RUN", "the full model does not beat the majority baseline")


# ---- figures ----


@pytest.mark.parametrize(("name", "title"), [("forest", "sst2: model lab, data lab, measured"), ("curve", "sst2: ")])
def test_a_picture_is_a_figure_of_matplotlib(build: Build, name: str, title: str) -> None:
    figure = Report(build("sst2")).figure(name)
    assert isinstance(figure, Figure)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    texts += [axes.get_title(loc="left") for axes in figure.axes] + [text.get_text() for text in figure.texts]
    assert any(text.startswith(title) for text in texts)


def test_a_notebook_shows_a_figure_as_a_picture(build: Build) -> None:
    from IPython.core.formatters import DisplayFormatter

    shown, _ = DisplayFormatter().format(Report(build("sst2", rows=1)).figure())
    assert shown["image/png"].startswith(b"\x89PNG")


def test_drawing_changes_no_global_state(build: Build) -> None:
    before = dict(mpl.rcParams)
    Report(build("sst2")).figure("curve")
    assert dict(mpl.rcParams) == before
    pyplot = __import__("sys").modules.get("matplotlib.pyplot")
    assert pyplot is None or pyplot.get_fignums() == []


def test_a_picture_is_of_the_first_task_unless_one_is_named(build: Build) -> None:
    report = Report(build("sst2", "cola"))
    title = {task: report.figure("curve", task).texts[0].get_text()[:4] for task in (None, "sst2", "cola")}
    assert title == {None: "sst2", "sst2": "sst2", "cola": "cola"}


def test_a_picture_that_the_run_does_not_have_is_refused_with_the_nearest_one(build: Build) -> None:
    report = Report(build("sst2", "cola"))
    assert refused(lambda: report.figure("forrest")) == (
        "no picture 'forrest'; did you mean 'forest'? Pictures: forest, curve"
    )
    assert refused(lambda: report.figure("curve", "sst3")) == (
        "no picture 'curve' of 'sst3'; did you mean 'sst2'? Tasks: sst2, cola"
    )
    assert refused(lambda: Report(Document(claims=())).figure()) == "no picture 'forest'. Pictures: none"


# ---- files ----


def test_a_report_that_was_saved_and_loaded_is_the_same(build: Build, tmp_path: Path) -> None:
    document = build("sst2", "cola")
    open_end = interval(document.claims[0], high=None)
    report = Report(with_claim(document, 0, interval=open_end, reason="“quoted” < & >"))
    assert lth.load(report.save(tmp_path / "new" / "run.json")) == report
    assert lth.load(str(tmp_path / "new" / "run.json")).table() == report.table()


def test_a_run_that_was_judged_saved_and_loaded_is_the_same(tmp_path: Path) -> None:
    report = lth.judge({"full": [0.92, 0.93, 0.92], "imp@0.6": [0.91, float("nan"), 0.92]})
    assert lth.load(report.save(tmp_path / "run.json")) == report


def test_a_file_that_is_not_a_run_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(EvidenceError, match=r"run\.json: not a verdict document"):
        lth.load(tmp_path / "run.json")


def test_reports_of_different_runs_differ(build: Build) -> None:
    document = build("sst2")
    assert Report(document) == Report(replace(document))
    assert Report(document) != Report(with_claim(document, 0, verdict=Verdict.REFUTED))
