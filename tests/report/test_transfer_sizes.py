import re
from dataclasses import replace
from pathlib import Path

import pytest

from lth.claims.effects import FULL_SCORE
from lth.document.rows import ClaimRow, Document, IntervalRow, OptionsRow
from lth.report.transfer_sizes import transfer_by_size
from lth.tasks import TASKS
from lth.verdict import Verdict
from tests.report.made_up import interval
from tests.report.svg import ids, texts
from tests.report.transfers import SHARES, between, eleven_tasks, transferred, transfers, with_sizes


@pytest.fixture
def document() -> Document:
    return transfers(SHARES)


def test_a_source_is_where_its_size_and_mean_share_are(document: Document, tmp_path: Path) -> None:
    transfer_by_size(with_sizes(document, {"sst2": 1000, "rte": 192, "mlm": 2000}), tmp_path / "size.svg")
    svg = (tmp_path / "size.svg").read_text()
    found = re.findall(r'id="source-(\w+)".*?<use [^>]*x="([\d.]+)" y="([\d.]+)"', svg, re.S)
    places = {name: (float(x), float(y)) for name, x, y in found}
    # sst2's ticket has .874 of rte, rte's .953 of sst2: the larger source is to the right and lower.
    assert places["sst2"][0] > places["rte"][0]
    assert places["sst2"][1] > places["rte"][1]
    assert {"sst2", "rte", "single sentence", "inference", "200", "500", "1,000"} <= texts(tmp_path / "size.svg")


def test_a_hard_target_does_not_flatter_its_own_source(tmp_path: Path) -> None:
    # Every ticket keeps the same of a target, and rte keeps less than the others. The plain mean of rte's own ticket is
    # the highest, because rte is the one target that it is not tried on.
    kept = {"sst2": 0.95, "rte": 0.80, "cola": 0.95}
    rows = [transferred(a, b, share, "REFUTED") for a in kept for b, share in kept.items() if a != b]
    transfer_by_size(with_sizes(transfers({}, *rows), dict.fromkeys(kept, 1000)), tmp_path / "size.svg")
    svg = (tmp_path / "size.svg").read_text()
    heights = [float(y) for y in re.findall(r'id="source-\w+".*?<use [^>]*y="([\d.]+)"', svg, re.S)]
    assert len(heights) == 3
    assert max(heights) - min(heights) < 0.1


def test_masked_language_modelling_is_a_line_and_neither_source_nor_target(document: Document, tmp_path: Path) -> None:
    transfer_by_size(document, tmp_path / "size.svg")
    assert ids(tmp_path / "size.svg", r"source-\w+") == ["source-sst2", "source-rte"]
    assert {"mlm's ticket", "full model"} <= texts(tmp_path / "size.svg")
    transfer_by_size(transfers({**SHARES, ("sst2", "mlm"): (0.5, "INCONCLUSIVE")}), tmp_path / "other.svg")
    assert (tmp_path / "other.svg").read_bytes() == (tmp_path / "size.svg").read_bytes()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (between(), "chen-7: ρ = 0.62 [−0.10, 0.87], SUPPORTED"),
        (
            between(verdict=Verdict.NOT_RUN, interval=None, reason="it compares tasks"),
            "chen-7 NOT RUN: it compares tasks",
        ),
        (
            between(verdict=Verdict.INCONCLUSIVE, interval=IntervalRow("Spearman of source effects", 0.05)),
            "chen-7: ρ = ? [−∞, +∞], INCONCLUSIVE",
        ),
    ],
)
def test_rho_is_the_title_with_its_interval_and_verdict(
    document: Document, row: ClaimRow, said: str, tmp_path: Path
) -> None:
    transfer_by_size(replace(document, claims=(*document.claims[:-1], row)), tmp_path / "size.svg")
    assert said in texts(tmp_path / "size.svg")


def test_another_number_between_tasks_is_not_taken_for_rho(document: Document, tmp_path: Path) -> None:
    kinship = interval(between(), method="additive fit, pairs clustered")
    for row in ((), (between(unit=FULL_SCORE),), (between(interval=kinship),)):
        transfer_by_size(replace(document, claims=(*document.claims[:-1], *row)), tmp_path / "without.svg")
        assert "chen-7" not in (tmp_path / "without.svg").read_text()


def test_the_whiskers_are_said_to_be_over_targets_at_the_reports_level(document: Document, tmp_path: Path) -> None:
    transfer_by_size(replace(document, options=OptionsRow(alpha=0.01)), tmp_path / "size.svg")
    assert {"whiskers: 98 % t interval", "over targets, without the"} <= texts(tmp_path / "size.svg")


def test_a_source_without_a_verdict_of_its_own_is_said_to_be_hollow(document: Document, tmp_path: Path) -> None:
    transfer_by_size(document, tmp_path / "all.svg")
    assert "hollow: no verdict on the" not in texts(tmp_path / "all.svg")
    idle = {("rte", "sst2"): (None, "NOT RUN"), ("mlm", "sst2"): (None, "NOT RUN")}
    more = [transferred(source, "cola", 0.9, "REFUTED") for source in ("rte", "sst2")]
    transfer_by_size(transfers({**SHARES, **idle}, *more), tmp_path / "hollow.svg")
    assert "hollow: no verdict on the" in texts(tmp_path / "hollow.svg")


def test_a_source_with_an_unknown_share_has_a_cross_and_no_mean(tmp_path: Path) -> None:
    transfer_by_size(transfers({**SHARES, ("sst2", "rte"): (None, "INCONCLUSIVE")}), tmp_path / "size.svg")
    assert ids(tmp_path / "size.svg", r"source-\w+") == ["source-rte"]
    assert "× at the bottom: a share is" in texts(tmp_path / "size.svg")
    assert "sst2" in texts(tmp_path / "size.svg")


def test_eleven_tasks_are_named_at_different_places_even_if_of_one_size(tmp_path: Path) -> None:
    transfer_by_size(with_sizes(eleven_tasks(), dict.fromkeys(TASKS, 3000)), tmp_path / "size.svg")
    assert set(TASKS) - {"mlm"} <= texts(tmp_path / "size.svg")
    assert "sources of equal size are" in texts(tmp_path / "size.svg")
    svg = (tmp_path / "size.svg").read_text()
    names = re.findall(r"<!-- (\w+) -->\s*<g [^>]*translate\(([\d.]+) ([\d.]+)\)", svg)
    assert len({(x, y) for name, x, y in names if name in TASKS}) == 10
