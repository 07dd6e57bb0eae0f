"""The Python API: lth.run and lth.judge, compared with `pytest claims/` under the same options."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lth
from lth.app.api import JudgeOptions, RunOptions
from lth.app.options import OPTIONS
from lth.document.files import read_json
from lth.document.rows import Document
from lth.errors import EvidenceError, LthError, TaskNotFound, UsageError
from lth.report.result import Report
from lth.runtime.store import FolderStore
from lth.verdict import Verdict
from tests.conftest import WINNING, Remember
from tests.tiny import write_model

ROOT = Path(__file__).parents[2]
SCORES = {
    "full": [0.921, 0.924, 0.919, 0.92],
    "imp@0.6": [0.917, 0.921, 0.915, 0.921],
    "random@0.6": [0.71, 0.74, 0.7, 0.72],
}
"""Made-up scores of sst2, whose majority baseline is 0.509 and whose tickets the paper judges at 60 % sparsity."""


def by_pytest(file: Path, *options: object, at: Path = ROOT / "claims") -> Document:
    """What pytest writes for the claims in `at`, under these options."""
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--claims-json={file}"]
    subprocess.run([*words, str(at), *map(str, options)], cwd=ROOT, capture_output=True, check=False)
    return read_json(file)


def saved(report: lth.Report, file: Path) -> Document:
    """The report's document as JSON keeps it."""
    return lth.load(report.save(file)).document


def verdicts(report: lth.Report) -> dict[str, Verdict]:
    return {claim.name: claim.verdict for claim in report.document.claims}


def judged(scores: Any, claim: str = "chen-1", **given: Any) -> Verdict:
    return lth.judge(scores, claim, **given)["sst2 " + claim].verdict


# ---- lth.run and pytest share one path ----


def test_a_store_and_an_executor_of_your_own_are_handed_over(remember: Remember, tmp_path: Path) -> None:
    class Asked(Exception):
        pass

    def executor(count: int, threads: int) -> ThreadPoolExecutor:
        raise Asked

    filled = FolderStore(remember(WINNING))
    with_store = lth.run("chen-1", store=filled, executor=executor, progress=False)
    assert with_store["chen-1"].verdict is Verdict.SUPPORTED  # all is stored, so no executor was asked for
    with pytest.raises(Asked):
        lth.run("chen-1", store=FolderStore(tmp_path / "empty"), executor=executor, progress=False)


def test_a_run_is_the_run_of_pytest_with_the_same_options(remember: Remember, tmp_path: Path) -> None:
    store = remember(WINNING, task="sst2,cola")
    chosen = ["chen-1", "chen-2*", "chen-3", "chen-4"]
    ours = lth.run(chosen, task=["sst2", "cola"], seeds=5, alpha=0.01, store=store)
    theirs = by_pytest(
        tmp_path / "theirs.json",
        "--task=sst2,cola",
        "--seeds=5",
        "--claims-alpha=0.01",
        f"--claims-store={store}",
        f"--claims-only={','.join(chosen)}",
    )
    assert len(theirs.claims) == 22
    assert replace(saved(ours, tmp_path / "ours.json"), created=theirs.created, commit=theirs.commit) == theirs


def test_options_that_are_not_given_are_those_of_pytest(
    remember: Remember, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = remember(WINNING)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".lth").mkdir()
    store.rename(tmp_path / ".lth" / "store")
    options = lth.run("chen-1").document.options
    assert (options.tasks, options.seeds, options.model) == (("sst2",), (0, 1, 2, 3, 4), "lab")


def test_published_figures_give_the_rows_of_pytest_on_all_their_tasks(tmp_path: Path) -> None:
    ours = lth.run(evidence="published")
    theirs = by_pytest(tmp_path / "theirs.json", "--claims-evidence=published")
    assert len({claim.task for claim in theirs.claims}) > 9
    assert saved(ours, tmp_path / "ours.json").claims == theirs.claims


def test_a_saved_run_is_judged_under_another_rule(remember: Remember, tmp_path: Path) -> None:
    file = lth.run("chen-1", store=remember(WINNING)).save(tmp_path / "run.json")
    again = lth.run("chen-1", evidence=file, margin=0.001)
    assert again["chen-1"].effect.region.low == -0.001
    assert again["chen-1"].arms == lth.load(file)["chen-1"].arms


def test_scores_in_hand_get_the_verdicts_of_the_same_numbers_in_a_folder(tmp_path: Path) -> None:
    lines = [f"sst2,{arm},{seed},{score}" for arm, scores in SCORES.items() for seed, score in enumerate(scores)]
    (tmp_path / "scores.csv").write_text("\n".join(["task,arm,seed,score", *lines, "sst2,majority,0,0.6"]) + "\n")
    theirs = by_pytest(tmp_path / "theirs.json", f"--claims-evidence={tmp_path}", "--claims-sparsity=0.6")
    ours = saved(lth.judge(SCORES | {"majority": 0.6}), tmp_path / "ours.json")
    place = "the scores given"
    same = [
        replace(claim, data=place, source=claim.source, reason=claim.reason.replace(str(tmp_path), place))
        for claim in theirs.claims
    ]
    assert {claim.verdict for claim in same} == {Verdict.SUPPORTED, Verdict.NOT_RUN}
    assert ours.claims == tuple(same)


def test_claims_of_ones_own_are_judged_instead_of_the_papers(remember: Remember, tmp_path: Path) -> None:
    (tmp_path / "test_ours.py").write_text(
        'import lth\n\n@lth.claim("ours-1", paper="ours", says=True)\ndef test_it(arms):\n'
        '    """Tickets beat random masks by ten percent."""\n'
        "    return lth.difference(arms.imp(), arms.random()).lies_in(lth.above(0.1))\n"
    )
    assert verdicts(lth.run(folder=tmp_path, store=remember(WINNING))) == {"ours-1": Verdict.SUPPORTED}
    assert verdicts(lth.judge(SCORES, folder=str(tmp_path))) == {"ours-1": Verdict.SUPPORTED}


SCRIPT = """
import lth

report = lth.run(
    "chen-1",
    model={model!r},
    data={data!r},
    seeds=1,
    protocol="short:epochs=1",
    schedule=[0.5],
    sparsity=0.5,
    store={store!r},
    workers=2,
)
print(report["chen-1"].verdict)
"""


@pytest.mark.slow
def test_a_script_needs_no_guard(tiny: Path, tmp_path: Path) -> None:
    code = SCRIPT.format(model=str(tiny / "model"), data=str(tiny / "data"), store=str(tmp_path / "store"))
    (tmp_path / "script.py").write_text(code)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in {str(verdict) for verdict in Verdict}
    assert len(re.findall(r"experiments (\d+)/\1 done", done.stderr)) == 1  # the script ran once


def test_over_three_models_each_claim_is_about_models_and_averages_their_seeds(tiny: Path, tmp_path: Path) -> None:
    models = [write_model(tmp_path / f"model-{seed}", seed=seed) for seed in range(3)]

    def judged(model: Path | Sequence[Path]) -> Report:
        return lth.run(
            "prasanna-6",
            model=model,
            data=tiny / "data",
            protocol="paper:epochs=1,lr=0.01,batch=16",
            seeds=2,
            store=tmp_path / "store",
            executor=lambda count, threads: ThreadPoolExecutor(1),
            progress=False,
        )

    over, alone = judged(models), [judged(model) for model in models]  # those alone find all results in the store
    claim, others = over["prasanna-6 heads"], [one["prasanna-6 heads"] for one in alone]
    assert [str(arm.id) for arm in claim.arms] == ["s-unimportant heads", "full"]
    for at, arm in enumerate(claim.arms):
        each = [other.arms[at] for other in others]
        assert (arm.of, arm.seeds) == ("models", (0, 1, 2))
        assert [(one.of, one.seeds) for one in each] == [("seeds", (0, 1))] * 3
        assert arm.scores == pytest.approx([one.samples.mean for one in each])
    assert claim.cost.seconds == pytest.approx(sum(other.cost.seconds or 0 for other in others))
    document = over.document
    assert document.options.model == ",".join(map(str, models))
    (structure,) = document.structures
    assert replace(structure, model=str(models[0])) == alone[0].document.structures[0]
    assert "the pictures and sizes of subnetworks are those of the first of 3 models alone" in document.warnings


# ---- values in Python ----


@pytest.mark.parametrize(
    ("seeds", "numbers", "looks"),
    [(2, (0, 1), 0), ([1, 2], (1, 2), 0), ((3,), (3,), 0), (range(3), (0, 1, 2), 0), ("auto:5", (0, 1, 2, 3, 4), 2)],
)
def test_seeds_are_a_number_the_seeds_themselves_or_auto(
    remember: Remember, seeds: Any, numbers: Sequence[int], looks: int
) -> None:
    scores = {arm: values[: len(numbers)] for arm, values in WINNING.items()}
    named = str(seeds) if isinstance(seeds, (int, str)) else ",".join(map(str, seeds)) + ","
    document = lth.run("chen-1", seeds=seeds, store=remember(scores, seeds=named)).document
    assert document.options.seeds == tuple(numbers)
    assert len(document.sequential.looks if document.sequential else ()) == looks


def test_numbers_and_paths_are_taken_as_they_are(remember: Remember) -> None:
    store = remember(WINNING, sparsity="0.4", schedule="0.4")
    row = lth.run("chen-1", sparsity=0.4, schedule=[0.4], margin=0.05, store=Path(store))["chen-1"]
    assert row.effect.label == "imp@0.4 − full"
    assert row.effect.region.low == -0.05


@pytest.mark.parametrize("options", [RunOptions, JudgeOptions])
def test_every_option_of_the_api_is_an_option_of_pytest(options: type) -> None:
    assert set(options.__annotations__) <= OPTIONS.keys()


def test_every_public_name_is_known_to_type_checkers_and_can_be_imported() -> None:
    text = Path(lth.__file__).read_text(encoding="utf-8")
    typed = text.partition("if TYPE_CHECKING:")[2].partition("\n\n")[0]
    assert {line.rpartition(" ")[2] for line in typed.splitlines() if line} == set(lth.__all__) - {"__version__"}
    assert all(hasattr(lth, name) for name in lth.__all__)
    assert dir(lth) == sorted(lth.__all__)
    with pytest.raises(AttributeError, match="module 'lth' has no attribute 'ruin'"):
        _ = lth.ruin


# ---- errors ----


def message(kind: type[LthError], *given: Any, call: Any = lth.run, **options: Any) -> str:
    with pytest.raises(kind) as caught:
        call(*given, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert "--" not in text
    return text


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"seeds": 0},
            "seeds=0; expected the number of seeds (at least 1), the seeds themselves (each once) or ",
        ),
        ({"seeds": [1, 1]}, "seeds=[1, 1]; expected the number of seeds"),
        (
            {"seeds": "some"},
            "seeds='some'; expected the number of seeds (at least 1), the seeds themselves (each once) or",
        ),
        ({"alpha": 0.7}, "alpha=0.7; expected a number between 0 and 0.5; give alpha=0.01"),
        ({"sparsity": "much"}, "sparsity='much'; expected a number between 0 and 1; give sparsity=0.7"),
        (
            {"method": "bootstrp"},
            "method='bootstrp'; expected crossed, t, bootstrap or permutation (did you mean 'boot",
        ),
        ({"workers": 0}, "workers=0; expected a whole number from 1 to 1,000; give workers=1"),
        ({"task": "sst3"}, "task='sst3': no task 'sst3'; did you mean 'sst2'? Tasks: cola, "),
        ({"schedule": "often"}, "schedule='often': schedule 'often'; expected original:STEP, "),
        ({"protocol": "papre"}, "protocol='papre': no protocol 'papre'; did you mean 'paper'? Protocols: "),
        ({"evidence": "publishd"}, "evidence='publishd'; expected measured, published, a folder with scores.csv or"),
        ({"evidence": Path("publishd")}, "evidence='publishd'; expected measured, published, a folder with scores"),
        ({"sed": 3}, "no option 'sed'; did you mean 'seeds'? Options: sparsity, alpha, "),
        ({"json": "verdicts.json"}, "no option 'json'. Options: sparsity, alpha, margin, "),
        ({"model": "./nowhere"}, "no model folder ./nowhere; expected an existing folder, a hub id or lab; check "),
        ({"task": "squad", "evidence": "published"}, "no task 'squad' in the evidence published; it holds cola, "),
        ({"store": ""}, "store=''; expected a value; give store='path/to/store'"),
        ({"folder": ""}, "folder=''; expected a value; give the folder of your claims"),
        ({"folder": "./nowhere"}, "folder='./nowhere'; expected a file or a folder that exists; give the folder of "),
        ({"seeds": "²"}, "seeds='²'; expected the number of seeds (at least 1), the seeds themselves (each once) or"),
        ({"json": "a\nb"}, "no option 'json'. Options: sparsity, alpha, margin, "),
        ({"seeds": 3, "evidence": "published"}, "seeds 3 with the evidence published; expected no seeds, because the "),
    ],
)
def test_what_cannot_be_used_is_refused_in_the_words_of_python(options: dict[str, Any], expected: str) -> None:
    assert message(LthError, **options).startswith(expected)


def test_a_claim_that_is_not_there_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    assert message(UsageError, "chen-11").startswith("no claim 'chen-11'; did you mean 'chen-1'? Claims: chen-1, ")
    assert message(UsageError, ["chen-1", "chem-*"]).startswith("no claim 'chem-*'")
    assert message(UsageError, folder=tmp_path) == (
        f"no claims in {tmp_path}; expected test_*.py files with claims; give their folder"
    )


# ---- lth.judge: the forms of scores ----


def test_scores_are_lists_arrays_scores_by_seed_or_summaries() -> None:
    for form in (list, np.array, lambda scores: dict(enumerate(scores)), lambda scores: dict(enumerate(scores, 3))):
        row = lth.judge({arm: form(scores) for arm, scores in SCORES.items()}, "chen-1")["chen-1"]
        assert (row.verdict, row.interval and row.interval.method) == (Verdict.SUPPORTED, "paired t")
    unpaired = lth.judge({"full": [0.92, 0.93], "imp@0.6": {7: 0.91, 8: 0.92}}, "chen-1")["chen-1"]
    assert unpaired.interval
    assert unpaired.interval.method == "Welch t"


def test_a_summary_is_a_mean_with_its_deviation_and_number() -> None:
    scores = {"full": lth.Summary(0.92, 0.002, 5), "imp@0.6": lth.Summary(0.918, 0.003, 5)}
    row = lth.judge(scores, "chen-1")["chen-1"]
    assert (row.verdict, [arm.n for arm in row.arms]) == (Verdict.SUPPORTED, [5, 5])


def test_seeds_are_paired_in_any_order() -> None:
    one = lth.judge({"full": {1: 0.9, 2: 0.8, 3: 0.85}, "imp@0.6": {3: 0.85, 1: 0.9, 2: 0.8}}, "chen-1")["chen-1"]
    assert one.interval
    assert one.interval.estimate == 0


def test_tickets_are_judged_at_the_sparsity_that_all_arms_have() -> None:
    assert judged({"full": SCORES["full"], "imp@0.3": SCORES["imp@0.6"]}) is Verdict.SUPPORTED
    mixed = SCORES | {"imp@0.3": [0.5, 0.52, 0.51, 0.5]}
    assert judged(mixed) is Verdict.SUPPORTED  # at 0.6, the paper's sparsity for sst2
    assert judged(mixed, sparsity=0.3) is Verdict.REFUTED


def test_scores_of_several_tasks_are_a_family() -> None:
    report = lth.judge({"sst2": SCORES, "cola": {arm: [score - 0.2 for score in SCORES[arm]] for arm in SCORES}})
    assert {claim.task for claim in report.document.claims} >= {"sst2", "cola"}
    assert report["cola chen-1"].full_mean == pytest.approx(0.721)
    assert report["cola chen-1"].metric == "matthews_correlation"
    assert report.document.options.correction == "holm"


def test_the_majority_baseline_is_the_official_one_unless_it_is_given() -> None:
    assert lth.judge(SCORES, "chen-1")["chen-1"].baseline == pytest.approx(0.509, abs=0.001)
    for majority in (0.919, [0.919]):
        row = lth.judge(SCORES | {"majority": majority}, "chen-1")["chen-1"]
        assert (row.baseline, row.verdict) == (0.919, Verdict.NOT_RUN)
        assert row.reason.endswith("does not beat the majority baseline (0.919)")


def test_a_run_without_a_score_is_counted_as_collapsed_and_leaves_the_claim_open() -> None:
    row = lth.judge(SCORES | {"imp@0.6": [0.92, math.nan, 0.92, 0.92]}, "chen-1")["chen-1"]
    assert row.verdict is Verdict.INCONCLUSIVE
    assert {str(count.arm): count.runs for count in row.collapsed if count.runs} == {"imp@0.6": 1}


def test_nothing_is_judged_where_the_full_model_gave_no_score() -> None:
    row = lth.judge(SCORES | {"full": [0.92, math.nan, 0.92, 0.92]}, "chen-1")["chen-1"]
    assert (row.verdict, row.reason) == (Verdict.NOT_RUN, "1 of 4 runs of the full model gave no score")


def without(arm: str) -> Mapping[str, Sequence[float]]:
    return {name: scores for name, scores in SCORES.items() if name != arm}


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        (without("full"), "the scores given: no scores of full on sst2; expected them, because they are the unit of "),
        ({}, "no task in the evidence the scores given; expected the scores of the arm full, the unit of every "),
        (SCORES | {"impp@0.6": [0.9]}, "the scores given: no arm 'impp@0.6'; did you mean 'imp'? Arms: "),
        (SCORES | {"": [0.9]}, "the scores given: arm '' on sst2; expected an arm's name, such as full"),
        (
            SCORES | {"imp@7": [0.9]},
            "the scores given: arm 'imp@7' on sst2; expected a share of weights removed, ",
        ),
        (SCORES | {"imp@0.60": [0.9]}, "the scores given: arm imp@0.6 on sst2 is given twice; expected it once; "),
        (SCORES | {"imp@0.6": [92.1]}, "the scores given: imp@0.6 on sst2: 92.1; expected a share of 1, such as 0.921"),
        (SCORES | {"imp@0.6": lth.Summary(92, 1, 5)}, "the scores given: imp@0.6 on sst2: 92; expected a share of 1"),
        (SCORES | {"imp@0.6": [math.inf]}, "the scores given: imp@0.6 on sst2: inf; expected a share of 1, such as "),
        (SCORES | {"imp@0.6": []}, "the scores given: imp@0.6 on sst2 has no score; expected at least one; give it"),
        (SCORES | {"imp@0.6": {}}, "the scores given: imp@0.6 on sst2 has no score; expected at least one; give it"),
        (SCORES | {"imp@0.6": ["good"]}, "scores of imp@0.6: ['good']; expected numbers, NaN for a run without a sco"),
        (SCORES | {"imp@0.6": None}, "scores of imp@0.6: None; expected numbers, NaN for a run without a score; give "),
        ({"sst2": SCORES, "full": [0.9]}, "'full' beside scores by task; expected scores by arm; put it into a task"),
        ({"sst2": SCORES, "cola": without("full")}, "the scores given: no scores of full on cola; expected them"),
    ],
)
def test_scores_that_cannot_be_judged_are_refused_in_one_line(scores: Any, expected: str) -> None:
    assert message(LthError, scores, call=lth.judge).startswith(expected)


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        (TaskNotFound, {"task": "sst3"}, "no task 'sst3'; did you mean 'sst2'? Tasks: cola, sst2, "),
        (UsageError, {"claim": "chen-11"}, "no claim 'chen-11'; did you mean 'chen-1'? Claims: "),
        (UsageError, {"seeds": 5}, "no option 'seeds'. Options: sparsity, alpha, margin, method, correction"),
        (UsageError, {"margin": 2}, "margin=2; expected a number between 0 and 1; give margin=0.01"),
        (EvidenceError, {"method": "bootstrap", "claim": "chen-1"}, "bootstrap of a mean and std; expected the score "),
    ],
)
def test_options_that_cannot_be_used_are_refused_in_one_line(
    kind: type[LthError], options: dict[str, Any], expected: str
) -> None:
    summaries = {"full": lth.Summary(0.92, 0.01, 5), "imp@0.6": lth.Summary(0.92, 0.01, 5)}
    assert message(kind, summaries, call=lth.judge, **options).startswith(expected)
