"""Verdicts on recorded evidence: the papers' figures, a folder, a saved run."""

import json
import math
from pathlib import Path
from statistics import fmean, stdev

import pytest
from scipy.stats import ttest_ind

from lth.claims.subnetwork_arms import BY_CONSTRUCTION
from lth.document.files import read_json
from lth.document.rows import ClaimRow, EffectRow, PublishedRow
from lth.verdict import Verdict
from tests.plugin.conftest import CLAIMS, WINNING, Remember, RunClaims

EVERY = CLAIMS.parent


Claims = dict[tuple[str, str, str], ClaimRow]


def claims_of(file: Path) -> Claims:
    return {(claim.id, claim.row, claim.task): claim for claim in read_json(file).claims}


@pytest.fixture
def judged(pytester: pytest.Pytester, tmp_path: Path) -> Claims:
    """All claims of both papers on the published figures of two tasks."""
    file = tmp_path / "published.json"
    options = ("--claims-evidence=published", "--task=cola,wnli", "--claims-correction=none", f"--claims-json={file}")
    result = pytester.runpytest_inprocess(EVERY, "-p", "no:cacheprovider", *options)
    assert result.ret == 0
    return claims_of(file)


def test_published_figures_give_the_verdicts_of_welchs_interval(judged: Claims) -> None:
    decided = 0
    for claim in judged.values():
        if claim.interval is None or claim.interval.method != "Welch t":
            continue
        assert claim.full_mean is not None
        one, other = (arm.samples for term in claim.effect.terms if (arm := claim.arm(term.arm)))
        if claim.effect.unit == "" or claim.effect.region.low is None or claim.effect.region.high is not None:
            continue  # neither points nor a share of the full score, or another region than "above an edge"
        share = -claim.effect.terms[1].factor
        steps = [(at - 2) / stdev(range(5)) for at in range(5)]
        assert fmean(steps) == 0
        scores = [[each.mean + each.std * step for step in steps] for each in (one, other)]
        points = claim.effect.unit == "points"
        if not points and claim.effect.terms[1].arm.treatment != "full":
            continue  # the full model is then a third arm
        low, high = (math.nan if end is None else end for end in (claim.interval.low, claim.interval.high))
        for end, of in ((low, "low"), (high, "high")):
            assert end is not None
            times = share if points else share + end  # the share at which the contrast's own interval ends in 0
            found = ttest_ind(scores[0], [times * score for score in scores[1]], equal_var=False).confidence_interval(
                0.9
            )
            assert 100 * getattr(found, of) == pytest.approx(end if points else 0, abs=1e-6)
        edge = claim.effect.region.low
        assert edge is not None
        assert claim.verdict == ("SUPPORTED" if low > edge else "REFUTED" if high < edge else "INCONCLUSIVE")
        decided += 1
    assert decided == 4  # prasanna-1, -4 bad, -4 random, -4 figure 2a on CoLA


def test_what_the_papers_did_not_record_is_not_run_with_its_reason(judged: Claims) -> None:
    def why(*key: str) -> str:
        claim = judged[key]  # type: ignore[index]  # the key is a triple
        assert claim.verdict is Verdict.NOT_RUN
        return claim.reason

    assert why("chen-2b", "", "cola") == "no figures of reinitialised@0.5 on cola are recorded in chen2020"
    assert why("chen-1", "", "cola").endswith("imp@0.5 has a mean (0.538) but no std, so no interval")
    assert why("prasanna-5a", "m-heads", "cola") == (
        "no figures of m-spread of heads on cola are recorded in prasanna2020"
    )
    assert why("lth-1", "", "cola") == "no figures of full on cola are recorded in lth"
    assert why("prasanna-2", "", "cola") == BY_CONSTRUCTION
    for name, full in (("chen-1", 0.549), ("prasanna-1", 0.338)):
        assert why(name, "", "wnli") == (
            f"the full model ({full} over 5 seeds) does not beat the majority baseline (0.563)"
        )


def test_the_source_of_every_verdict_is_in_the_json(judged: Claims) -> None:
    assert {claim.source for claim in judged.values()} == {"recorded"}
    assert all(claim.published is None for claim in judged.values())
    assert judged["prasanna-1", "", "cola"].data == "prasanna2020"


def test_the_table_folds_claims_without_figures(run_claims: RunClaims) -> None:
    result = run_claims("--claims-evidence=published", "--task=sst2,wnli")
    result.stdout.fnmatch_lines(
        [
            "*sst2: model bert-base-uncased, data chen2020, recorded, full accuracy 0.921*",
            "chen-1 *NOT RUN: undecided by the paper's own rule alone;*",
            " * imp@0.6 has a mean (0.919) but no std, so no interval",
            "*wnli: model bert-base-uncased, data chen2020, recorded, full accuracy 0.549*",
            "chen-10 *0.56 [[]-0.08, 0.88]*INCONCLUSIVE*",
            "NOT RUN, no figures published: chen-2b; chen-2c; chen-2d; chen-2e; chen-3; chen-4; *",
        ]
    )
    reason = "NOT RUN: the full model (0.549 over 5 seeds) does not beat the majority baseline (0.563)"
    assert f"{reason}: chen-1, chen-1b, chen-1c, chen-2a" in " ".join(str(result.stdout).split())


def test_published_figures_are_judged_without_importing_torch(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import sys

        def pytest_unconfigure(config):
            heavy = {"torch", "transformers", "datasets", "matplotlib", "sklearn"}
            print("imported:", sorted(heavy & set(sys.modules)))
        """
    )
    alone = ("-p", "no:cacheprovider", f"--confcutdir={pytester.path}", "-c", "/dev/null", "--rootdir", pytester.path)
    result = pytester.runpytest_subprocess(EVERY, "--claims-evidence=published", *alone, "-p", "conftest")
    result.stdout.fnmatch_lines(["*prasanna-3a *SUPPORTED*", "imported: []"])
    assert result.ret == 0


def test_a_folder_of_scores_gets_verdicts(run_claims: RunClaims, tmp_path: Path) -> None:
    lines = ["task,arm,seed,score"]
    for arm in ("full", "imp", "random"):
        name = arm if arm == "full" else f"{arm}@0.7"
        lines += [f"sst2,{name},{seed},{score}" for seed, score in enumerate(WINNING[arm])]
    (tmp_path / "scores.csv").write_text("\n".join(lines) + "\n")
    options = (f"--claims-evidence={tmp_path}", "--claims-sparsity=0.7", f"--claims-json={tmp_path}/v.json")
    run_claims(*options).stdout.fnmatch_lines(["*chen-1 *SUPPORTED*"])
    claims = claims_of(tmp_path / "v.json")
    first = claims["chen-1", "", "sst2"]
    assert first.interval
    assert first.interval.method == "paired t"
    assert {str(arm.id) for arm in first.arms} == {"full", "imp@0.7", "random@0.7"}
    assert first.source == "recorded"
    assert claims["chen-2b", "", "sst2"].reason == (
        f"no figures of reinitialised@0.7 on sst2 are recorded in {tmp_path}"
    )


def test_the_reason_names_the_sparsity_that_your_scores_have(run_claims: RunClaims, tmp_path: Path) -> None:
    text = "task,arm,mean,std,n\nsst2,full,0.9,0.01,5\nsst2,imp@0.3,0.9,0.01,5\n"
    (tmp_path / "scores.csv").write_text(text)
    result = run_claims(f"--claims-evidence={tmp_path}", "--claims-only=chen-1", "-rs")
    result.stdout.fnmatch_lines(
        ["*no figures of imp@0.6 on sst2 are recorded in *; it has imp@0.3: --claims-sparsity=0.3"]
    )


@pytest.fixture
def saved(remember: Remember, run_claims: RunClaims, tmp_path: Path) -> Path:
    """A measured run, saved."""
    file = tmp_path / "saved.json"
    run_claims("--claims-store", remember(WINNING), f"--claims-json={file}")
    return file


def verdicts(file: Path) -> dict[tuple[str, str, str], tuple[Verdict, EffectRow]]:
    return {key: (claim.verdict, claim.effect) for key, claim in claims_of(file).items()}


def test_a_saved_run_judged_again_gives_the_same_verdicts(saved: Path, run_claims: RunClaims, tmp_path: Path) -> None:
    again, third = tmp_path / "again.json", tmp_path / "third.json"
    run_claims(f"--claims-evidence={saved}", f"--claims-json={again}")
    run_claims(f"--claims-evidence={again}", f"--claims-json={third}")
    assert verdicts(again) == verdicts(saved) == verdicts(third)
    assert {claim.source for claim in claims_of(again).values()} == {"measured"}


def test_a_saved_run_is_judged_by_another_margin_and_alpha(saved: Path, run_claims: RunClaims, tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    run_claims(f"--claims-evidence={saved}", f"--claims-json={again}", "--claims-margin=0.001", "--claims-alpha=0.2")
    first = claims_of(again)["chen-1", "", "sst2"]
    assert first.effect.region.low == -0.001
    assert first.interval
    assert first.interval.alpha == 0.2
    third = tmp_path / "third.json"
    run_claims(f"--claims-evidence={again}", f"--claims-json={third}")
    assert claims_of(third)["chen-1", "", "sst2"].effect.region.low == -0.001


def test_a_saved_run_is_judged_by_an_exact_method(saved: Path, run_claims: RunClaims) -> None:
    result = run_claims(f"--claims-evidence={saved}", "--claims-method=permutation", "--claims-only=chen-2a", "-v")
    result.stdout.fnmatch_lines(["*chen-2a *SUPPORTED*"])


def test_a_measured_run_shows_the_published_verdict_beside_its_own(saved: Path) -> None:
    claims = claims_of(saved)
    reason = "undecided by the paper's own rule alone; imp@0.6 has a mean (0.919) but no std, so no interval"
    assert claims["chen-1", "", "sst2"].published == PublishedRow(Verdict.NOT_RUN, "chen2020", reason=reason)
    assert claims["chen-2b", "", "sst2"].published is None


def test_the_table_and_the_report_have_a_column_for_the_published_verdict(
    remember: Remember, run_claims: RunClaims, tmp_path: Path
) -> None:
    file = tmp_path / "v.md"
    result = run_claims("--claims-store", remember(WINNING), f"--claims-report={file}")
    result.stdout.fnmatch_lines(["claim *verdict *pub. *paper*", "chen-1 *SUPPORTED *– *= true*"])
    assert "paper's data show" in file.read_text()


def test_a_run_whose_seeds_were_added_look_by_look_is_not_judged_again(saved: Path, run_claims: RunClaims) -> None:
    saved.write_text(
        json.dumps(json.loads(saved.read_text()) | {"sequential": {"looks": [], "experiments": 1, "of": 2}})
    )
    result = run_claims(f"--claims-evidence={saved}")
    result.stderr.fnmatch_lines(
        [f"ERROR: {saved}: its seeds were added while verdicts were open, *; run the claims with *"]
    )
    assert result.ret == 4


def test_a_truncated_run_is_reported_with_its_line(saved: Path, run_claims: RunClaims) -> None:
    saved.write_text(saved.read_text()[:300])
    result = run_claims(f"--claims-evidence={saved}")
    result.stderr.fnmatch_lines([f"ERROR: {saved}: not whole JSON (*line *); run the claims again to write it anew"])
    assert result.ret == 4


def test_scores_that_cannot_be_judged_are_reported_with_claim_and_arm(saved: Path, run_claims: RunClaims) -> None:
    document = json.loads(saved.read_text())
    scores = document["claims"][1]["arms"][0]["scores"]
    first = scores[0]
    scores[0] = "good"
    saved.write_text(json.dumps(document))
    result = run_claims(f"--claims-evidence={saved}")
    result.stderr.fnmatch_lines([f"ERROR: {saved}: * ($.claims[[]1].arms[[]0].scores[[]0]: 'good'; *"])
    scores[:] = [first]
    saved.write_text(json.dumps(document))
    result = run_claims(f"--claims-evidence={saved}")
    result.stderr.fnmatch_lines(
        [f"ERROR: {saved}: *$.claims[[]1] (* on sst2).arms[[]0]: arm random@0.7: 5 seeds with 1 scores; *"]
    )


BAD = {
    "--claims-evidence=publishd": (
        "--claims-evidence=publishd; expected measured, published, a folder with scores.csv or the JSON "
        "file of a run (did you mean 'published'?); give --claims-evidence=published"
    ),
    "--model=lab": "model lab with the evidence published; expected no model, because the evidence has its own; *",
    "--seeds=3": "seeds 3 with the evidence published; expected no seeds, because the evidence has its own; *",
    "--task=sst3": "--task=sst3: no task 'sst3'; did you mean 'sst2'? Tasks: *",
    "--task=squad": "no task 'squad' in the evidence published; it holds cola, sst2, *; choose among these",
    "--claims-method=bootstrap": "bootstrap of a mean and std; expected the score of each seed; use the method 't'",
}


@pytest.mark.parametrize("option", BAD)
def test_a_wrong_use_is_reported_in_one_line(option: str, pytester: pytest.Pytester) -> None:
    place = EVERY / "prasanna2020" / "test_prasanna_01.py"
    result = pytester.runpytest_inprocess(place, "-p", "no:cacheprovider", "--claims-evidence=published", option)
    result.stderr.fnmatch_lines([f"ERROR: {BAD[option]}"])
    assert result.ret == 4


def test_a_plan_on_recorded_evidence_runs_nothing(run_claims: RunClaims) -> None:
    result = run_claims("--claims-evidence=published", "--task=sst2", "--claims-plan")
    result.stdout.fnmatch_lines(["plan: * claims on the evidence published; nothing to run"])


def test_a_table_in_place_of_its_folder_is_refused(run_claims: RunClaims, tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("task,arm,seed,score\nsst2,full,0,0.9\n")
    result = run_claims(f"--claims-evidence={tmp_path}/scores.csv")
    result.stderr.fnmatch_lines([f"ERROR: {tmp_path}/scores.csv: a single table is not evidence; *give the folder, *"])
