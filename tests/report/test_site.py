import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth.app.cli import main
from lth.claims.arm_id import ArmId
from lth.claims.effects import PLAIN, POINTS
from lth.document.files import write_json
from lth.document.rows import (
    ArmRow,
    ClaimRow,
    CollapsedRow,
    CostRow,
    Document,
    FamilyRow,
    IntervalRow,
    PaperRuleRow,
    PublishedRow,
    PValues,
    RegionRow,
    Term,
    TransferRow,
)
from lth.errors import EvidenceError, UsageError
from lth.evidence.recorded import FULL
from lth.history.shown import read_runs
from lth.history.storage import save
from lth.report.look import VERDICT_LOOK
from lth.report.pictures import pictures, unique
from lth.report.site import site
from lth.report.site.track import HEIGHT, LEFT, LONGEST_HISTORY, RIGHT, TOP, WIDTH, Point, track
from lth.verdict import Verdict
from tests.report.made_up import changed, interval, with_arm, with_claim, with_turned
from tests.report.test_structure_plots import structure

Build = Callable[..., Document]
NotRun = Callable[..., ClaimRow]
VOID = {"meta", "link", "input", "img", "br", "hr"}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'><b onclick=alert(1)>"


class Page(HTMLParser):
    """Every tag with its attributes, and whether all are closed in order."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(" ".join(data.split()))

    def every(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def earlier(document: Document, day: int, moved: float = 0.0, **changes: Any) -> Document:
    """The document as of another day of July 2020, its first effect moved, and its first claim changed."""
    was = document.claims[0].interval
    assert was
    ends = {part: getattr(was, part) + moved for part in ("estimate", "low", "high")}
    older = with_claim(document, 0, interval=replace(was, **ends), **changes)
    return replace(older, created=f"2020-07-{day:02}T12:00:00+00:00")


def test_every_claim_is_a_row_and_a_section_with_sentence_source_and_verdict(build: Build, tmp_path: Path) -> None:
    page = Page(site(build("sst2", "mnli", rows=3), tmp_path / "site"))
    rows = [tag for tag in page.every("tr") if "data-claim" in tag]
    assert [(row["data-task"], row["data-verdict"]) for row in rows] == [
        (task, "SUPPORTED") for task in ("sst2", "mnli") for _ in range(3)
    ]
    anchors = {tag.get("id") for tag in page.every("details")}
    assert {row["data-claim"] for row in rows} <= anchors
    assert "claim-sst2-chen-2b" in anchors
    assert page.texts.count("IMP tickets beat random masks") == 4
    assert {"href": "https://arxiv.org/abs/2007.12223"} in page.every("a")


def test_a_claim_says_how_it_was_decided(build: Build, tmp_path: Path) -> None:
    changes = {
        "p": PValues(0.73, 0.00001),
        "cost": CostRow(seconds=12.5, energy_kwh=0.002),
        "paper_rule": PaperRuleRow("notable gain", Verdict.REFUTED),
    }
    document = with_claim(build("sst2", rows=6), 5, **changes)
    texts = Page(site(document, tmp_path)).texts
    assert {
        "INCONCLUSIVE: the 90 % interval [−0.6, +2.8] crosses the edge of the region > 2.",
        "rewound 20%@0.7 − imp@0.7: +1.1 [−0.6, +2.8] % of the full model's mean score",
        "paired t, alpha 0.05 on each side",
        "support p = 0.7300, refutation p < 0.0001",
        "notable gain: REFUTED (disagrees)",
        "5; about 12 would decide",
        "a loss below 2 % counts as matching",
        "random@0.7: 2",
        "12.5 s of one worker, 2 Wh",
        "measured, model lab, data lab, metric accuracy",
    } <= set(texts)


def test_a_claim_in_points_says_so_and_what_it_generalises_over(build: Build, tmp_path: Path) -> None:
    lost = IntervalRow("paired t", 0.05, -9.51, -12.0, -7.0)
    counts = (CollapsedRow(FULL, 0, 5, 0.0, 0.4507), CollapsedRow(ArmId("imp", 0.7), 2, 5, 0.0764, 0.8107))
    changes = {"unit": POINTS, "region": RegionRow(low=-10.0), "interval": lost, "verdict": Verdict.INCONCLUSIVE}
    document = with_claim(build("sst2", rows=1), 0, **changes, over="seeds × examples", collapsed=counts, mde=1.26)
    texts = Page(site(document, tmp_path)).texts
    assert {
        "INCONCLUSIVE: the 90 % interval [−12.0, −7.0] pts crosses the edge of the region > −10 pts.",
        "imp@0.7 − full: −9.5 [−12.0, −7.0] pts of the metric",
        "> −10 pts of the metric",
        "seeds × examples",
        "imp@0.7: 2 of 5 [8 %, 81 %]",
    } <= set(texts)


def test_a_claim_that_turns_on_collapsed_runs_says_so_beside_where_its_interval_lies(
    build: Build, tmp_path: Path
) -> None:
    changes = {"verdict": Verdict.INCONCLUSIVE, "reason": "turns on 5 collapsed runs"}
    texts = Page(site(with_claim(build("sst2", rows=1), 0, **changes), tmp_path)).texts
    assert (
        "INCONCLUSIVE: the 90 % interval [−0.9, +1.7] lies inside the region > −2, but the verdict turns on 5 "
        "collapsed runs." in texts
    )


def test_a_claim_on_several_tasks_has_a_headline(build: Build, tmp_path: Path) -> None:
    document = build("sst2", "cola", rows=1)
    families = (FamilyRow("chen-1", "", "tickets win", 2, 2, 1, 0), FamilyRow("chen-9", "", "not run", 2, 0, 0, 0))
    texts = Page(site(replace(document, families=families), tmp_path / "two")).texts
    assert "chen-1 holds on at least 1 of 2 tasks" in texts
    assert not any("chen-9" in text for text in texts)
    assert "Over tasks" not in Page(site(document, tmp_path / "one")).texts


def test_a_claims_arms_are_listed_with_seeds_scores_and_means(build: Build, tmp_path: Path) -> None:
    recorded = ArmRow(ArmId("published"), mean=0.8, std=0.02, n=3)
    document = with_arm(build("sst2", rows=2), 1, ArmId("random", 0.7), scores=(0.487, None, 0.507, 0.517, 0.527))
    document = with_turned(document, 1, lambda claim: replace(claim, arms=(*claim.arms, recorded)))
    texts = Page(site(document, tmp_path)).texts
    # The full model's five scores are 0.91 - 0.02, - 0.01, 0, + 0.01, + 0.02.
    assert {"0: 0.89, 1: 0.9, 2: 0.91, 3: 0.92, 4: 0.93", "0.9100 ± 0.0158", "majority baseline", "0.5000"} <= set(
        texts
    )
    assert {"no mean: 1 of 5 NaN", "0: 0.487, 1: NaN, 2: 0.507, 3: 0.517, 4: 0.527", "0.8000 ± 0.0200"} <= set(texts)


def test_an_arm_of_another_measure_has_no_share_of_the_full_score(build: Build, tmp_path: Path) -> None:
    kappa = ArmRow(ArmId("good", measure="kappa", units="heads"), (0,), (0.455,))
    document = with_claim(build("sst2", rows=1), 0, arms=(kappa,), baseline=None)
    texts = Page(site(document, tmp_path)).texts
    assert {"kappa of heads", "0.4550", "0: 0.455"} <= set(texts)
    assert "% of full" not in texts


def test_a_claim_that_was_not_run_gives_its_reason(build: Build, not_run: NotRun, tmp_path: Path) -> None:
    document = with_turned(build("wnli", rows=1), 0, lambda claim: not_run(claim, "nothing & <nobody>"))
    page = Page(site(document, tmp_path))
    assert "NOT RUN: nothing & <nobody>" in page.texts
    assert "Method" not in page.texts


def test_the_history_of_an_effect_is_drawn_and_listed(build: Build, tmp_path: Path) -> None:
    document = build("sst2", rows=2)
    verdicts = {1: (-0.03, Verdict.REFUTED), 2: (-0.02, Verdict.INCONCLUSIVE)}
    older = [earlier(document, day, moved, verdict=verdict) for day, (moved, verdict) in verdicts.items()]
    page = Page(site(document, tmp_path, older))
    first, second = (tag["aria-label"] for tag in page.every("svg"))
    assert first == (
        "Effect of sst2 chen-1 over 3 runs, from −2.6 [−3.9, −1.3] in run 1 to +0.4 [−0.9, +1.7] in run 3; "
        "the table below lists all"
    )
    assert "sst2 chen-2a" in str(second)
    assert {"2020-07-01 12:00", "2020-07-02 12:00", "3 (this run)", "before: INCONCLUSIVE"} <= set(page.texts)
    assert {tag["data-verdict"] for tag in page.every("g")} == {"REFUTED", "INCONCLUSIVE", "SUPPORTED"}


def test_without_earlier_runs_there_is_no_history_and_the_page_says_so(build: Build, tmp_path: Path) -> None:
    page = Page(site(build("sst2", rows=1), tmp_path))
    assert "No earlier run was given, so there is no history of the effects." in page.texts
    assert page.every("svg") == []


def test_a_claim_that_earlier_runs_did_not_judge_has_no_history(build: Build, tmp_path: Path) -> None:
    document = build("sst2", rows=2)
    other = earlier(document, 1, task="mnli")
    assert len(Page(site(document, tmp_path, [other])).every("svg")) == 1


def hostile(claim: ClaimRow) -> ClaimRow:
    """The claim with all its texts replaced."""
    names = ("statement", "row", "paper", "task", "model", "metric", "reason", "outcome")
    full = claim.arms[0]
    claim = changed(
        claim,
        interval=interval(claim, method=HOSTILE),
        arms=(*claim.arms, replace(full, id=ArmId(HOSTILE))),
        collapsed=(CollapsedRow(ArmId(HOSTILE), 1),),
        published=PublishedRow(Verdict.NOT_RUN, HOSTILE, reason=HOSTILE),
        **dict.fromkeys(names, HOSTILE),
    )
    return replace(claim, effect=replace(claim.effect, label=HOSTILE))


def test_no_text_of_a_document_becomes_markup(build: Build, tmp_path: Path) -> None:
    document = build("sst2", rows=2)
    document = replace(
        document,
        claims=tuple(map(hostile, document.claims)),
        warnings=(HOSTILE,),
        commit=HOSTILE,
        environment={"lth": HOSTILE},
        options=replace(document.options, protocol=HOSTILE),
        notes={"zeal": HOSTILE},
    )
    older = replace(document, created=HOSTILE)
    page = Page(site(document, tmp_path / "deep" / "site", [older]))
    assert page.every("script") == [{"src": "site.js", "defer": None}]
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert {tag["src"] for tag in page.every("img")} == {
        f"pictures/{file.name}" for file in (tmp_path / "deep" / "site" / "pictures").iterdir()
    }
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["site"]
    assert sum(text == HOSTILE for text in page.texts) > 10


def test_a_claim_between_tasks_is_shown_like_any_other(build: Build, not_run: NotRun, tmp_path: Path) -> None:
    between = {"task": "all tasks", "full_mean": None, "baseline": None, "metric": "", "unit": PLAIN, "mde": None}

    def of_one_task(claim: ClaimRow) -> ClaimRow:
        return replace(claim, arms=tuple(replace(arm, id=replace(arm.id, task="sst2")) for arm in claim.arms))

    document = with_turned(with_claim(build("sst2", rows=3), 1, **between), 1, of_one_task)
    document = with_claim(document, 2, **between, arms=())
    document = with_turned(document, 2, lambda claim: not_run(claim, "it compares tasks; give several"))
    page = Page(site(document, tmp_path))
    assert {"all tasks", "sst2: full", "score, mean ± std", "NOT RUN: it compares tasks; give several"} <= set(
        page.texts
    )
    assert (tmp_path / "pictures" / "forest-all-tasks.svg").is_file()


def test_a_run_with_transfer_has_its_three_pictures(build: Build, tmp_path: Path) -> None:
    document = with_claim(build("sst2", rows=2), 1, task="all tasks", full_mean=None, metric="")
    document = replace(document, transfer=TransferRow({"sst2": 1000}, sparsity=0.7))
    site(document, tmp_path)
    drawn = {file.name for file in (tmp_path / "pictures").iterdir()}
    assert {"transfer-all-tasks.svg", "transfer-sizes-all-tasks.svg", "overlap-all-tasks.svg"} <= drawn
    assert "curve-all-tasks.svg" not in drawn


def test_the_pictures_are_those_that_the_document_gives(build: Build) -> None:
    document = build("sst2", "mnli", rows=2)
    assert [each.name for drawn in pictures(document).values() for each in drawn] == [
        "forest-sst2.svg",
        "curve-sst2.svg",
        "forest-mnli.svg",
        "curve-mnli.svg",
    ]
    claim = document.claims[0]
    good = ArmRow(ArmId("good", pruning="structured", weights="pruned"), mean=0.9, std=0.1, n=3)
    document = replace(document, claims=(replace(claim, arms=(*claim.arms, good)),), structures=(structure(),))
    (drawn,) = pictures(document).values()
    assert [each.name.removesuffix("-sst2.svg") for each in drawn] == [
        "forest",
        "curve",
        "subnetworks",
        "survival",
        "importance",
    ]


def test_every_picture_has_a_text_and_a_size_and_lies_beside_the_page(build: Build, tmp_path: Path) -> None:
    page = Page(site(build("sst2", rows=2), tmp_path))
    images = page.every("img")
    assert len(images) == 2
    for image in images:
        assert str(image["alt"]).startswith("sst2. ")
        assert int(image["width"] or 0) > 300
        assert int(image["height"] or 0) > 50
        assert (tmp_path / str(image["src"])).is_file()


def test_each_paper_of_the_run_has_a_page_with_its_own_tables_and_figures(build: Build, tmp_path: Path) -> None:
    document = build("sst2")
    terms = (Term(1.0, ArmId("rewound", 0.7, share=0.05)), Term(-1.0, ArmId("imp", 0.7)))
    effect = replace(document.claims[0].effect, terms=terms)
    between = replace(document.claims[4], id="chen-9", row="", statement=HOSTILE, effect=effect)
    page = Page(site(replace(document, claims=(*document.claims, between)), tmp_path))
    pages = [tag["href"] for tag in page.every("a") if str(tag["href"]).endswith(".html")]
    assert pages == ["chen2020.html"]
    assert not (tmp_path / "prasanna2020.html").exists()
    paper = Page(tmp_path / "chen2020.html")
    assert {"Chen 2020: the paper's tables and figures", "Table 2: Winning tickets and their controls, retrained"} <= {
        *paper.texts
    }
    # the ticket of Chen et al. 2020, table 2, has .919 on SST-2
    assert "91.4 ± 1.6 (91.9) chen-1 S" in paper.texts
    assert any(HOSTILE in text for text in paper.texts)
    assert paper.every("script") == []
    assert [(tmp_path / str(image["src"])).is_file() for image in paper.every("img")] == [True]
    assert "index.html" in [tag["href"] for tag in paper.every("a")]


def test_the_page_loads_nothing_from_elsewhere(build: Build, tmp_path: Path) -> None:
    page = Page(site(build("sst2", rows=1), tmp_path))
    loaded = [tag.get("src") or tag.get("href") for kind in ("link", "script", "img") for tag in page.every(kind)]
    assert [place for place in loaded if place != "data:," and not (tmp_path / str(place)).is_file()] == []
    for name in ("site.css", "site.js"):
        assert not re.search(r"https?:|@import|url\(", (tmp_path / name).read_text(encoding="utf-8"))


def test_the_page_forbids_all_that_is_not_its_own(build: Build, tmp_path: Path) -> None:
    page = Page(site(build("sst2", rows=1), tmp_path))
    (policy,) = (tag["content"] for tag in page.every("meta") if tag.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in str(policy).split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self' file:"
    assert not any("unsafe" in rule or "http" in rule for rule in rules.values())
    inline = [tag for tag, attributes in page.tags if tag == "style" or (tag == "script" and "src" not in attributes)]
    handlers = [name for _, attributes in page.tags for name in attributes if name == "style" or name.startswith("on")]
    assert inline == handlers == []


def test_the_verdicts_have_their_colours_in_the_style_sheet(build: Build, tmp_path: Path) -> None:
    site(build("sst2", rows=1), tmp_path)
    style = (tmp_path / "site.css").read_text(encoding="utf-8")
    for name, (_, color, _) in VERDICT_LOOK.items():
        assert f"--{name.lower().replace(' ', '-')}: {color};" in style


def test_the_same_documents_give_the_same_page(build: Build, tmp_path: Path) -> None:
    document = build("sst2", rows=2)
    first, second = (site(document, tmp_path / name, [earlier(document, 1)]) for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()


def test_a_page_without_claims_says_so(build: Build, tmp_path: Path) -> None:
    assert "No claim was judged." in Page(site(build(), tmp_path)).texts


def test_a_folder_that_cannot_be_written_is_refused(build: Build, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(
        UsageError, match=r"^cannot write .*index\.html: Not a directory; name a file in a folder you may write to$"
    ):
        site(build("sst2", rows=1), tmp_path / "taken")


def test_every_id_of_the_page_is_there_once(build: Build, tmp_path: Path) -> None:
    document = build("sst2", rows=5)
    document = replace(document, claims=(*document.claims, document.claims[0]))
    ids = [attributes["id"] for _, attributes in Page(site(document, tmp_path)).tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {"claim-sst2-chen-1", "claim-sst2-chen-1-2", "claim-sst2-chen-3-5"} <= set(ids)


@given(st.lists(st.text(max_size=8), max_size=20))
def test_names_of_files_are_plain_and_never_the_same(texts: list[str]) -> None:
    taken: set[str] = set()
    names = [unique(text, taken) for text in texts]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


ends = st.one_of(st.none(), st.floats(-5, 5))
estimates = st.one_of(st.none(), st.floats(-3, 3))
intervals = st.one_of(st.none(), st.builds(IntervalRow, st.just("t"), st.just(0.05), estimates, ends, ends))


@given(st.lists(st.tuples(intervals, st.builds(RegionRow, ends, ends)), min_size=2, max_size=LONGEST_HISTORY))
def test_every_mark_of_a_history_lies_inside_its_frame(runs: list[tuple[IntervalRow | None, RegionRow]]) -> None:
    points = [
        Point(number, "", "", Verdict.SUPPORTED, "", interval, region)
        for number, (interval, region) in enumerate(runs, start=1)
    ]
    drawn = track(points, "x", PLAIN)
    assert (drawn is None) == all(point.estimate is None for point in points)
    for mark in drawn.marks if drawn else ():
        assert LEFT < mark.x < WIDTH - RIGHT
        assert all(TOP - 1 <= y <= HEIGHT for y in (*mark.ends, *mark.region) if mark.y is not None)
        assert (mark.y is None) == (points[mark.number - 1].estimate is None)


def test_the_first_run_is_shown_and_the_ones_before_it_are_its_history(build: Build, tmp_path: Path) -> None:
    document = build("sst2", rows=1)
    for day in (3, 1, 2):
        write_json(earlier(document, day), tmp_path / f"{day}.json")
    days = [tmp_path / f"{day}.json" for day in (2, 3, 1, 2)]
    shown, history = read_runs(days)
    assert shown.created.startswith("2020-07-02")
    assert [run.created[:10] for run in history] == ["2020-07-01"]


def test_a_storage_folder_gives_its_runs_the_latest_first(build: Build, tmp_path: Path) -> None:
    document = build("sst2", rows=1)
    for day in (1, 2, 3):
        save(earlier(document, day), tmp_path, "night")
    shown, history = read_runs([tmp_path])
    assert [run.created[8:10] for run in (*history, shown)] == ["01", "02", "03"]


def test_a_place_without_a_run_is_refused(build: Build, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^no run to show; expected a file that --claims-json wrote"):
        read_runs([])
    with pytest.raises(UsageError, match=r"^no saved run in .*; expected NNNN_NAME.json files; save one with"):
        read_runs([tmp_path])
    (tmp_path / "old.json").write_text(json.dumps({"schema": 99, "claims": []}))
    with pytest.raises(EvidenceError, match="schema 99, but this version of lth reads 1, 2 and 3"):
        read_runs([tmp_path / "old.json"])


def test_importing_the_site_imports_neither_torch_nor_matplotlib() -> None:
    code = "import sys, lth.report.site; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & {"torch", "transformers", "matplotlib", "scipy", "datasets"}


def test_the_command_writes_the_page_of_the_first_run(
    build: Build, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = build("sst2", rows=1)
    files = [tmp_path / f"{day}.json" for day in (2, 1)]
    for file, day in zip(files, (2, 1), strict=True):
        write_json(earlier(document, day), file)
    folder = tmp_path / "site"
    assert main(["report", "--site", str(folder), *map(str, files)]) == 0
    assert capsys.readouterr().out == f"wrote {folder / 'index.html'}; earlier runs in its history: 1\n"
    assert len(Page(folder / "index.html").every("svg")) == 1


def test_a_table_of_several_runs_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "one.json", "two.json"]) == 2
    assert capsys.readouterr().err == "lth: 2 files, but a table shows one run; give one FILE, --site=DIR or --beside\n"
