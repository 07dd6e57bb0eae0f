import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from lth.document.rows import RegionRow
from lth.errors import UsageError
from lth.report.forest import forest
from lth.report.look import TREATMENT_LOOK, VERDICT_LOOK
from tests.report.made_up import interval, with_claim
from tests.report.svg import ids, texts


def regions(path: Path) -> list[str]:
    return ids(path, 'region[^"]*')


def band(path: Path, gid: str) -> tuple[float, float]:
    """The left and right end of a filled box of an SVG, in its units."""
    (group,) = [g for g in ET.parse(path).iter("{http://www.w3.org/2000/svg}g") if g.get("id") == gid]
    numbers = re.findall(r"[ML] ([\d.]+) [\d.]+", group[0].get("d", ""))
    return min(map(float, numbers)), max(map(float, numbers))


def test_the_forest_names_every_claim_with_effect_and_verdict(build, tmp_path):
    forest(build("sst2"), tmp_path / "forest.svg")
    found = texts(tmp_path / "forest.svg")
    assert {"chen-1", "chen-3 20 %", "rewinding notably helps", "sst2: model lab, data lab, measured"} <= found
    assert {"+0.4 [−0.9, +1.7]", "+45.3 [+43.1, +47.5]", "SUPPORTED", "REFUTED", "INCONCLUSIVE"} <= found
    assert any(text.startswith("effect, % of the full model's mean score") for text in found)


def test_the_forest_shades_the_region_of_every_claim_that_was_run(build, tmp_path, not_run):
    document = build("sst2", "cola", rows=2)
    document = replace(document, claims=(*document.claims[:3], not_run(document.claims[3])))
    forest(document, tmp_path / "forest.svg")
    assert regions(tmp_path / "forest.svg") == [
        "region-of-sst2-chen-1",
        "region-of-sst2-chen-2a",
        "region-of-cola-chen-1",
    ]
    assert "NOT RUN: the full model does not beat the majority baseline" in texts(tmp_path / "forest.svg")


def test_an_open_region_reaches_the_edge_and_a_closed_one_is_as_wide_as_claimed(build, tmp_path):
    document = build("sst2", rows=1)
    ends = {}
    for name, (low, high) in {"open": (-0.02, None), "both": (-0.02, 0.02), "narrow": (-0.01, 0.01)}.items():
        forest(with_claim(document, 0, region=RegionRow(low, high)), tmp_path / f"{name}.svg")
        ends[name] = band(tmp_path / f"{name}.svg", "region-of-sst2-chen-1")
    width = {name: right - left for name, (left, right) in ends.items()}
    assert width["both"] == pytest.approx(2 * width["narrow"], rel=1e-3)
    assert ends["open"][0] == pytest.approx(ends["both"][0], rel=1e-3)
    assert width["open"] > width["both"]


def test_an_infinite_interval_is_drawn_as_arrows(build, tmp_path):
    document = build("sst2", rows=1)
    forest(document, tmp_path / "finite.svg")
    endless = interval(document.claims[0], low=None, high=None)
    forest(with_claim(document, 0, interval=endless), tmp_path / "infinite.svg")
    assert "+0.4 [−∞, +∞]" in texts(tmp_path / "infinite.svg")
    for name, ends in {"finite": [], "infinite": ["open-low", "open-high"]}.items():
        assert ids(tmp_path / f"{name}.svg", r"open-\w+") == ends


def test_a_verdict_has_a_shape_and_a_colour_of_its_own():
    for looks in (VERDICT_LOOK, TREATMENT_LOOK):
        assert len({look[0] for look in looks.values()}) == len(looks)
        assert len({look[1] for look in looks.values()}) == len(looks)


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_same_effects_give_the_same_bytes(build, suffix, tmp_path):
    for number in (1, 2):
        forest(build("sst2"), tmp_path / f"{number}.{suffix}")
    first = (tmp_path / f"1.{suffix}").read_bytes()
    assert len(first) > 1000
    assert first == (tmp_path / f"2.{suffix}").read_bytes()
    assert b"dc:date" not in first


def test_a_persons_matplotlib_settings_change_nothing_and_stay(build, tmp_path):
    import matplotlib

    forest(build("sst2", rows=1), tmp_path / "usual.svg")
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9}):
        forest(build("sst2", rows=1), tmp_path / "other.svg")
        assert matplotlib.rcParams["font.size"] == 30
    assert (tmp_path / "usual.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_claims_that_were_all_not_run_still_give_a_forest(build, tmp_path, not_run):
    document = build("wnli")
    claims = tuple(replace(not_run(claim), arms=()) for claim in document.claims)
    forest(replace(document, claims=claims), tmp_path / "forest.svg")
    assert "NOT RUN: the full model does not beat the majority baseline" in texts(tmp_path / "forest.svg")
    assert regions(tmp_path / "forest.svg") == []


def test_effects_of_very_different_size_get_an_axis_that_says_it_is_not_linear(build, tmp_path):
    forest(build("sst2"), tmp_path / "wide.svg")
    forest(build("sst2", rows=1), tmp_path / "narrow.svg")
    assert any("linear to ±5, logarithmic beyond" in text for text in texts(tmp_path / "wide.svg"))
    assert not any("logarithmic" in text for text in texts(tmp_path / "narrow.svg"))


def test_a_dollar_sign_is_text_and_not_a_formula(build, tmp_path):
    forest(with_claim(build("sst2", rows=1), 0, statement="costs $5 or $6"), tmp_path / "forest.svg")
    assert "costs $5 or $6" in texts(tmp_path / "forest.svg")


def test_a_suffix_that_is_not_a_pictures_is_refused(build, tmp_path):
    with pytest.raises(UsageError) as caught:
        forest(build("sst2"), tmp_path / "forest.txt")
    assert str(caught.value) == f"cannot draw {tmp_path}/forest.txt: suffix '.txt'; expected one of .svg, .png, .pdf"


def test_a_picture_that_cannot_be_written_is_named(build, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"forest\.svg: Not a directory; name a file in a folder you may write to"):
        forest(build("sst2"), tmp_path / "file" / "forest.svg")


def test_the_report_is_imported_without_torch_matplotlib_scipy_or_numpy():
    heavy = "sorted({'torch', 'matplotlib', 'scipy', 'numpy'} & set(sys.modules))"
    code = f"import sys, lth.report; print({heavy})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
