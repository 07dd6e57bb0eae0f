"""`lth claims`, `lth explain` and `lth tasks` as they are typed."""

import re
from pathlib import Path

import pytest

from lth.app.cli import main
from lth.app.papers import read_claims
from lth.claims.citations import CITATIONS
from lth.history.storage import save
from tests.conftest import WINNING, Remember
from tests.history.made_up import claim, document

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def printed(capsys: Output, *words: str) -> str:
    assert main(words) == 0
    return capsys.readouterr().out


def test_every_claim_of_a_paper_says_where_in_the_paper_it_is() -> None:
    for each in read_claims(["*"]):
        assert each.claim.paper in CITATIONS
        if each.claim.paper != "lth":
            assert re.match(r"(abstract|sections? [0-9.]+|appendix [A-Z])\b", each.claim.where), each.name


def test_all_claims_are_listed_with_place_and_published_verdicts_within_80_columns(capsys: Output) -> None:
    lines = printed(capsys, "claims").splitlines()
    assert max(map(len, lines)) <= 80
    assert {line.partition(" ")[0] for line in lines} >= {each.claim.id for each in read_claims(["*"])}
    at = next(at for at, line in enumerate(lines) if line.startswith("prasanna-1 "))
    assert lines[at : at + 3] == [
        "prasanna-1   m-pruned good subnetworks,   section 4.2,  true     6 supported",
        "             retrained, match the full    figure 2b              2 inconclusive",
        "             model",
    ]
    (one,) = [line for line in lines if line.startswith("chen-10 ")]
    assert one.split()[-1] == "INCONCLUSIVE"
    assert lines.index(one) > next(at for at, line in enumerate(lines) if line.startswith("chen-9 "))


def test_claims_are_listed_by_pattern_and_a_typo_gets_a_suggestion(capsys: Output) -> None:
    listed = re.findall(r"^(\w+-\w+) ", printed(capsys, "claims", "chen-2*", "lth-1"), re.MULTILINE)
    assert listed == [*(f"chen-2{letter}" for letter in "abcde"), "lth-1"]
    for command in ("claims", "explain"):
        assert main([command, "chen1"]) == 2
        assert capsys.readouterr().err.startswith("lth: no claim 'chen1'; did you mean 'chen-1'? Claims: chen-1, ")


def test_a_claim_is_explained_with_its_sentence_arms_and_rule(capsys: Output) -> None:
    text = printed(capsys, "explain", "chen-1")
    assert max(map(len, text.splitlines())) <= 80 + len(str(Path(__file__).parents[2]))  # the file's name is not cut
    said = " ".join(text.split())
    assert said.startswith("chen-1 IMP finds winning tickets at non-trivial sparsity. where Chen et al. 2020, arXiv")
    assert "section 3.1, table 2. The paper says that this is true." in said
    assert "effect imp@0.7 − full > −2, in % of the full model's mean score" in said
    assert "SUPPORTED if the 90 % interval of the effect lies inside the region" in said
    assert "imp@0.7: Tickets of iterative magnitude pruning, trained from theta_0." in said
    assert "stsb: NOT RUN: SUPPORTED by the paper's own rule alone; imp@0.5 has a mean" in said
    assert "nothing here yet; `lth run --only=chen-1` measures it" in said


def test_a_claim_with_rows_is_explained_row_by_row(capsys: Output) -> None:
    said = " ".join(printed(capsys, "explain", "prasanna-4", "chen-4").split())
    assert "bad: s-bad retrained − s-good retrained > −10 pts of the metric" in said
    assert "s-bad retrained: What the search removes, at the good one's size. The masks on theta_0" in said
    assert "sst2 bad SUPPORTED −1.5 [−9.1, +6.0] pts" in said
    assert "mrpc bad, mrpc random, mrpc figure 2a: NOT RUN: an arm at the majority baseline (0.684) would" in said
    assert "chen-4 IMP tickets are within 3 points" in said


def test_an_explanation_for_another_task_and_sparsity_has_their_arms(capsys: Output) -> None:
    said = printed(capsys, "explain", "chen-5", "--task=cola", "--seeds=2", "--claims-protocol=paper")
    assert "sst2: sst2 ticket@0.7 − full > −2" in said
    assert "cola: cola ticket" not in said
    assert "effect  imp@0.5 − full" in printed(capsys, "explain", "chen-1", "--task=cola", "--protocol=paper")


def test_what_a_run_with_these_options_would_not_measure_is_said(capsys: Output) -> None:
    said = " ".join(printed(capsys, "explain", "chen-7").split())
    assert "measured: nothing here; it takes several tasks; give --task=a,b or --task=all" in said


def test_the_latest_saved_run_that_has_the_claim_is_shown(tmp_path: Path, capsys: Output) -> None:
    low, high = (0.80, 0.81, 0.82, 0.81, 0.79), (0.90, 0.91, 0.92, 0.91, 0.90)
    for name, scores in (("older", low), ("newer", high)):
        save(document(claim(scores, high)), tmp_path / ".lth" / "runs", name)
    (tmp_path / ".lth" / "runs" / "0003_damaged.json").write_text("{")
    said = printed(capsys, "explain", "chen-1")
    assert "saved run .lth/runs/0002_newer.json" in said
    assert "sst2  SUPPORTED" in said
    assert "0001_older" not in said


def test_results_in_the_store_are_judged_without_training(remember: Remember, capsys: Output) -> None:
    store = remember(WINNING)
    said = printed(capsys, "explain", "chen-1", f"--store={store}")
    assert f"store {store}, model lab, data lab:\n  sst2  SUPPORTED     +0.4 [" in said
    said = printed(capsys, "explain", "prasanna-1", f"--store={store}")
    assert re.search(r"  5 of 25 results are there; a run takes about [0-9:]+", said)


def test_a_bad_option_of_an_explanation_is_shown_as_it_was_typed(capsys: Output) -> None:
    assert main(["explain", "chen-1", "--task=sst3"]) == 2
    assert "no task 'sst3'; did you mean 'sst2'?" in capsys.readouterr().err
    assert main(["explain", "chen-1", "--seeds=none"]) == 2
    assert capsys.readouterr().err.startswith("lth: --seeds=none; expected ")


def test_the_tasks_are_listed_with_metric_sizes_and_baseline(capsys: Output) -> None:
    lines = printed(capsys, "tasks").splitlines()
    assert max(map(len, lines)) <= 80
    assert "sst2    classification  accuracy               67,349     872  1,000       0.509" in lines
    assert "squad   span            f1                     87,599  10,570  1,140           –" in lines
