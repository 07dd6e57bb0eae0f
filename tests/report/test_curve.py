import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from lth.claims.arm_id import ArmId
from lth.document.rows import ArmRow, Document
from lth.report.curve import LOST, _beside, _rows, _series, _styles, curve, half_width
from lth.report.look import BLACK, TREATMENT_LOOK
from lth.verdict.samples import Sample, Summary
from tests.report.made_up import with_claim
from tests.report.svg import texts


def shown(path: Path) -> str:
    return " ".join(texts(path))


def with_nan(document: Document, name: str) -> Document:
    """The document in which the third run of that arm of the first claim ended in NaN."""
    arms = {str(arm.id): arm for arm in document.claims[0].arms}
    lost = replace(arms[name], scores=(*arms[name].scores[:2], None, *arms[name].scores[3:]))
    return with_claim(document, 0, arms=tuple((arms | {name: lost}).values()))


def test_every_treatment_the_full_model_and_the_baseline_have_a_row_with_their_name(build, tmp_path):
    curve(build("sst2"), "sst2", tmp_path / "curve.svg")
    found = texts(tmp_path / "curve.svg")
    assert {"imp", "random", "reinitialised", "shuffled", "standard", "rewound 5%", "rewound 50%"} <= found
    assert {"full model", "majority baseline", "accuracy on dev", "at 70 % sparsity"} <= found
    assert "full-band" in (tmp_path / "curve.svg").read_text()


def test_treatments_with_several_sparsities_have_a_curve_and_no_other_has(build):
    document = build("sst2")
    rows, curves = curve(document, "sst2").axes
    assert curves.get_xlabel() == "sparsity, % of prunable weights removed"
    # imp has four sparsities; random, reinitialised, shuffled and standard have two each
    assert [len(bars.lines[0].get_xdata()) for bars in curves.containers] == [4, 2, 2, 2, 2]
    assert len(rows.containers) == len(rows.get_yticks()) == 10  # with three rewound arms, the full model, the baseline
    claims = [claim for claim in document.claims if claim.id == "chen-2a"]
    arms = tuple(arm for arm in claims[0].arms if arm.id.sparsity in (None, 0.7))
    assert len(curve(with_claim(replace(document, claims=(claims[0],)), 0, arms=arms), "sst2").axes) == 1


def test_no_name_touches_another(build):
    figure = curve(build("sst2"), "sst2")
    figure.canvas.draw()
    names = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert all(above.y0 > below.y1 for above, below in pairwise(names))
    assert min(name.x0 for name in names) > 0


def test_a_treatment_without_the_usual_sparsity_has_a_row_at_its_highest(build):
    places = [("imp", 0.5), ("imp", 0.7), ("random", 0.7), ("oneshot", 0.3), ("oneshot", 0.5)]
    arms = tuple(ArmRow(ArmId(name, at), mean=at, std=0.1, n=3) for name, at in places)
    claim = replace(build("sst2", rows=1).claims[0], arms=arms, baseline=None)
    series = _series([claim])
    usual, rows = _rows([claim], series, _styles(series))
    assert usual == 70
    assert [(name, scores.mean) for name, scores, _ in rows] == [
        ("imp", 0.7),
        ("random", 0.7),
        ("oneshot at 50 %", 0.5),
    ]


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_same_scores_give_the_same_bytes(build, suffix, tmp_path):
    for number in (1, 2):
        curve(build("sst2"), "sst2", tmp_path / f"{number}.{suffix}")
    first = (tmp_path / f"1.{suffix}").read_bytes()
    assert len(first) > 1000
    assert first == (tmp_path / f"2.{suffix}").read_bytes()
    assert b"dc:date" not in first


def test_the_band_of_the_full_model_is_its_t_interval():
    from scipy.stats import t

    scores = (0.89, 0.90, 0.91, 0.92, 0.93)
    low, high = t.interval(0.9, 4, loc=0.91, scale=math.sqrt(0.001 / 4) / math.sqrt(5))
    assert half_width(Sample((0, 1, 2, 3, 4), scores), 0.05) == pytest.approx((high - low) / 2)
    assert half_width(Summary(0.91, 0.03, 5), 0.05) == 0.03
    assert half_width(Sample((0,), (0.9,)), 0.05) == 0.0


def test_a_nan_run_takes_the_mean_from_the_curve_and_is_marked(build, tmp_path):
    curve(with_nan(build("sst2"), "imp@0.9"), "sst2", tmp_path / "curve.svg")
    assert LOST in shown(tmp_path / "curve.svg")
    curve(build("sst2"), "sst2", tmp_path / "whole.svg")
    assert LOST not in shown(tmp_path / "whole.svg")


def test_a_full_model_with_a_nan_run_is_marked_and_has_no_band(build, tmp_path):
    curve(with_nan(build("sst2"), "full"), "sst2", tmp_path / "curve.svg")
    assert LOST in shown(tmp_path / "curve.svg")
    assert "full-band" not in (tmp_path / "curve.svg").read_text()


def test_points_of_one_sparsity_are_side_by_side_around_it(build):
    places = [("imp", 0.5), ("imp", 0.7), ("random", 0.7), ("shuffled", 0.7)]
    arms = tuple(ArmRow(ArmId(name, at), mean=0.9, std=0.1, n=3) for name, at in places)
    series = _series([replace(build("sst2", rows=1).claims[0], arms=arms)])
    assert [_beside(kind, 70.0, series) for kind in series] == [69.0, 70.0, 71.0]
    assert _beside(ArmId("imp"), 50.0, series) == 50.0


def test_the_look_of_a_treatment_is_only_for_its_own_tickets():
    marker, color = TREATMENT_LOOK["imp"]
    others = [ArmId("imp", source="rte"), ArmId("random", pruning="structured"), ArmId("imp twice")]
    styles = _styles([ArmId("imp"), *others])
    assert styles[ArmId("imp")] == (marker, color, "-")
    assert {styles[kind][1] for kind in others} == {BLACK}
    assert len({marker for marker, _, _ in styles.values()}) == 4


def test_claims_that_were_all_not_run_still_give_a_curve(build, tmp_path, not_run):
    document = build("wnli")
    claims = tuple(replace(not_run(claim), arms=()) for claim in document.claims)
    curve(replace(document, claims=claims), "wnli", tmp_path / "curve.svg")
    assert "no arm of wnli was measured" in texts(tmp_path / "curve.svg")
