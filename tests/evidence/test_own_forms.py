"""What users have beside scores by seed: other tasks, mixed rows, ddof 0, predictions, part of the masks, Parquet."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import fmean, pstdev, stdev
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lth.app.settings import recorded_settings
from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.arms import arms_of
from lth.claims.claim import Claim, Declaration
from lth.claims.effects import difference, mean
from lth.errors import EvidenceError
from lth.evidence import parquet
from lth.evidence.decide import Decision, decide_one
from lth.evidence.measured import Measured
from lth.evidence.own import read_folder
from lth.evidence.recorded import Recorded
from lth.spec.expressions import FineTune, Pretrained, Recipe, TaskData
from lth.spec.subnetworks import Agreement, Survivors
from lth.tasks import TASKS, scores
from lth.tasks.contributions import contributions
from lth.verdict import above
from lth.verdict.rule import Rule
from lth.verdict.samples import Sample, Summary

FULL = "task,arm,seed,score\nsst2,full,1,0.92\nsst2,full,2,0.93\nsst2,full,3,0.925\n"
HANS = "task,arm,seed,score,metric\nhans,full,1,0.7,accuracy\nhans,full,2,0.72,accuracy\nhans,full,3,0.71,accuracy\n"
MAJORITY = "hans,majority,0,0.5,accuracy\n"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files of these names and contents into a folder. Contents with columns become Parquet."""

    def folder(**files: str | bytes | Mapping[str, list[Any]]) -> Path:
        for name, content in files.items():
            if isinstance(content, Mapping):
                pq.write_table(pa.table(dict(content)), tmp_path / f"{name}.parquet")
            elif isinstance(content, bytes):
                (tmp_path / f"{name}.parquet").write_bytes(content)
            else:
                (tmp_path / f"{name}.csv").write_text(content)
        return tmp_path

    return folder


@pytest.fixture(autouse=True)
def only_known_tasks() -> Iterator[None]:
    """Forget, after a test, the tasks that its evidence told of."""
    known = set(TASKS)
    yield
    for name in set(TASKS) - known:
        del TASKS[name]


def found(recorded: Recorded, arm: str, task: str = "sst2") -> Any:
    return recorded.figures["", task, ArmId.parse(arm)].scores


def message(folder: Path) -> str:
    with pytest.raises(EvidenceError) as told:
        read_folder(folder)
    assert "\n" not in str(told.value)
    return str(told.value).replace(f"{folder}/", "")


def decided(recorded: Recorded, arm: Callable[[Any], Arm], alone: bool = False) -> Decision:
    settings = recorded_settings({}, recorded)
    arms = arms_of(settings, settings.tasks[0])
    effect = mean(arm(arms)) if alone else difference(arm(arms), arms.full())
    declared = Declaration(Claim("any", "chen2020", True), "", "", arms.full(), effect.lies_in(above(-0.02)))
    return decide_one(recorded.known(declared), recorded, Rule())


# ---- tasks that this package does not know ----


def test_a_task_that_the_package_does_not_know_is_judged_by_what_its_file_says(write: Write) -> None:
    tickets = "".join(f"hans,imp@0.8,{seed},0.{70 + seed},accuracy\n" for seed in (1, 2, 3))
    recorded = read_folder(write(scores=HANS + tickets + MAJORITY))
    assert recorded.tasks == ("hans",)
    assert recorded.baselines["hans"] == 0.5
    assert TASKS["hans"].metrics == ("accuracy",)
    decision = decided(recorded, lambda arms: arms.imp())  # at .8, the one sparsity in the file
    assert decision.judgement
    assert decision.judgement.interval.estimate == pytest.approx((0.72 - 0.71) / 0.71)


def test_the_baseline_of_a_correlation_needs_no_line(write: Write) -> None:
    recorded = read_folder(write(scores=HANS.replace("accuracy", "matthews_correlation")))
    assert recorded.baselines["hans"] == 0.0


TOLD = {
    HANS: "scores.csv: no line of the arm majority on hans, a task that is not in this package; expected one with the "
    "accuracy of always giving the most common answer, because the full model must beat it; add it",
    HANS.replace(",accuracy", ","): "scores.csv:2, column task: no task 'hans'. Tasks: cola, sst2, *",
    HANS.replace("accuracy", "bleu"): "scores.csv:2, column metric: 'bleu'; expected one of accuracy, f1, *",
    HANS.replace("hans", "all"): "scores.csv:2, column task: 'all'; expected a task's name of at most 40 letters, *",
    HANS.replace("hans", "a b"): "scores.csv:2, column task: 'a b'; expected a task's name of at most 40 letters, *",
    HANS
    + "hans,full,4,0.7,f1\n": "scores.csv:5, column metric: 'f1'; expected accuracy, the primary metric of hans; *",
    HANS
    + "mrpc,full,4,0.7,f1\n": "scores.csv:5, column metric: 'f1'; expected accuracy, the primary metric of mrpc; *",
}


@pytest.mark.parametrize("text", TOLD)
def test_a_task_of_which_too_little_is_said_is_refused(text: str, write: Write) -> None:
    told = message(write(scores=text))
    assert told.startswith(TOLD[text].removesuffix("*"))
    assert TOLD[text].endswith("*") or told == TOLD[text]


def test_what_one_folder_says_of_a_task_does_not_make_it_known_to_another(write: Write) -> None:
    read_folder(write(scores=HANS + MAJORITY))
    assert "no task 'hans'" in message(write(scores=FULL + "hans,full,1,0.7\n"))


# ---- scores by seed beside summaries ----

MIXED = "task,arm,seed,score,mean,std,n\nsst2,full,,,0.92,0.004,5\nsst2,imp@0.6,1,0.91,,,\nsst2,imp@0.6,2,0.92,,,\n"


def test_scores_beside_a_summary_are_judged_by_welch_and_the_verdict_says_so(write: Write) -> None:
    recorded = read_folder(write(scores=MIXED))
    assert found(recorded, "full") == Summary(0.92, 0.004, 5)
    assert found(recorded, "imp@0.6") == Sample((1, 2), (0.91, 0.92))
    decision = decided(recorded, lambda arms: arms.imp())
    assert decision.judgement
    assert decision.judgement.interval.method == "Welch t"
    assert decision.over == "seeds"


BAD_ROWS = {
    "sst2,imp@0.6,3,0.9,0.9,,": "column mean: '0.9' beside the score '0.9'; expected either seed and score, or mean, *",
    "sst2,imp@0.6,,,,,": "column score: ''; expected either seed and score, or mean, std and n; correct the file",
    "sst2,full,1,0.9,,,": "column arm: a score of full on sst2 after its mean; expected one of them; correct the file",
    "sst2,imp@0.6,,,0.9,0.1,3": "column arm: a mean of imp@0.6 on sst2 after single scores; expected one of them; *",
    "sst2,imp@0.6,3,,,,": "column score: ''; expected a finite number; correct the file",
}


@pytest.mark.parametrize("row", BAD_ROWS)
def test_a_row_is_of_a_run_or_of_an_arm(row: str, write: Write) -> None:
    told, expected = message(write(scores=f"{MIXED}{row}\n")), f"scores.csv:5, {BAD_ROWS[row]}"
    assert told.startswith(expected.removesuffix("*"))


def test_a_deviation_divided_by_n_is_corrected(write: Write) -> None:
    runs = [0.91, 0.92, 0.94]
    lines = f"sst2,full,{fmean(runs)},{pstdev(runs)},3,0\nsst2,imp@0.6,{fmean(runs)},{stdev(runs)},3,\n"
    recorded = read_folder(write(scores="task,arm,mean,std,n,ddof\n" + lines))
    assert found(recorded, "full").std == pytest.approx(stdev(runs))
    assert found(recorded, "imp@0.6").std == stdev(runs)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("0.9,0.1,3,2", "scores.csv:2, column ddof: '2'; expected 1 if std was divided by n - 1, 0 if by n; *"),
        ("0.9,0.0,1,0", "scores.csv:2, column n: 1 with a std of ddof 0; expected at least 2, because one score has *"),
    ],
)
def test_a_ddof_that_cannot_be_is_refused(row: str, expected: str, write: Write) -> None:
    told = message(write(scores=f"task,arm,mean,std,n,ddof\nsst2,full,{row}\n"))
    assert told.startswith(expected.removesuffix("*"))


# ---- predictions ----

LABELS = [1, 0, 1, 1, 0, 1]
RUNS = {("full", 0): [1, 0, 1, 1, 0, 0], ("full", 1): [1, 0, 1, 1, 1, 1], ("imp@0.6", 0): [1, 1, 1, 0, 0, 0]}
RUNS |= {("imp@0.6", 1): [1, 0, 0, 1, 0, 1]}
HEAD = "task,arm,seed,example,prediction,label\n"


def predictions(task: str = "sst2", names: tuple[str, ...] = ("0", "1")) -> str:
    lines = [
        f"{task},{arm},{seed},dev-{at},{names[given]},{names[label]}\n"
        for (arm, seed), run in RUNS.items()
        for at, (given, label) in enumerate(zip(run, LABELS, strict=True))
    ]
    return HEAD + "".join(lines)


@pytest.mark.parametrize("task", ["sst2", "cola", "stsb"])
def test_predictions_give_scores_and_what_each_example_contributes(task: str, write: Write) -> None:
    recorded = read_folder(write(predictions=predictions(task)))
    for arm in ("full", "imp@0.6"):
        runs, sample = [RUNS[arm, seed] for seed in (0, 1)], found(recorded, arm, task)
        assert sample.seeds == (0, 1)
        assert sample.scores == tuple(scores(TASKS[task], run, LABELS)[TASKS[task].metric] for run in runs)
        assert sample.by_example == [contributions(TASKS[task], run, LABELS) for run in runs]


def test_a_claim_on_predictions_generalises_over_seeds_and_examples(write: Write) -> None:
    assert decided(read_folder(write(predictions=predictions())), lambda arms: arms.imp()).over == "seeds × examples"


def test_classes_may_be_named_and_lines_come_in_any_order(write: Write) -> None:
    head, *lines = predictions("sst2", ("negative", "positive")).splitlines(keepends=True)
    named = read_folder(write(predictions=head + "".join(sorted(lines, key=lambda line: line.split(",")[3]))))
    numbered = read_folder(write(predictions=predictions()))
    for arm in ("full", "imp@0.6"):
        assert found(named, arm) == found(numbered, arm)
        assert found(named, arm).by_example == found(numbered, arm).by_example


def test_predictions_on_a_task_that_is_not_known_need_the_metric_alone(write: Write) -> None:
    head, *lines = predictions("hans", ("no", "yes")).splitlines()
    text = "\n".join([f"{head},metric", *(f"{line},accuracy" for line in lines)])
    recorded = read_folder(write(predictions=text))
    assert found(recorded, "full", "hans").scores == (5 / 6, 5 / 6)
    assert recorded.baselines["hans"] == 4 / 6  # always "yes"


def test_answers_to_questions_are_a_text_or_a_list_of_texts(write: Write) -> None:
    rows = 'squad,full,0,a,black gold,"[""the gold"", ""black gold""]"\nsquad,full,0,b,green tea,tea\n'
    recorded = read_folder(write(predictions=HEAD + rows))
    assert found(recorded, "full", "squad").by_example == [[1, 0.666667]]


BAD_PREDICTIONS = {
    "sst2,full,2,dev-0,1,1": "predictions.csv, column example: no prediction of full on sst2 with seed 2 for example "
    "'dev-1'; expected the same examples in every run of a task; correct the file",
    "sst2,full,1,dev-6,1,1": "predictions.csv, column example: no prediction of full on sst2 with seed 0 for example *",
    "sst2,full,0,dev-2,1,1": "predictions.csv:26, column example: a second prediction for 'dev-2' in this run; *",
    "sst2,full,2,dev-2,1,0": "predictions.csv:26, column label: '0' for example 'dev-2', which had another label *",
    "sst2,full,2,dev-2,2,1": "predictions.csv:26, column prediction: '2'; expected negative or positive, or its *",
    "stsb,full,0,a,high,1": "predictions.csv:26, column prediction: 'high'; expected a finite number; correct the file",
    "mlm,full,0,a,1,1": "predictions.csv:26, column task: mlm; expected another task, because the tokens of one text *",
    "squad,full,0,a,tea,[": "predictions.csv:26, column label: '['; expected an answer, or a JSON list of answers *",
    "sst2,imp@70,0,a,1,1": "predictions.csv:26, column arm: 'imp@70'; expected a share of weights removed, *",
    "rte,imp@0.6,0,a,1,1": "predictions.csv: no scores of full on rte; expected them, *",
}


@pytest.mark.parametrize("row", BAD_PREDICTIONS)
def test_a_fault_in_predictions_is_reported_with_file_line_and_column(row: str, write: Write) -> None:
    told, expected = message(write(predictions=f"{predictions()}{row}\n")), BAD_PREDICTIONS[row]
    assert told.startswith(expected.removesuffix("*"))


def test_scores_and_predictions_of_one_arm_are_refused_and_those_of_others_are_joined(write: Write) -> None:
    joined = read_folder(write(predictions=predictions(), scores="task,arm,seed,score\nsst2,random@0.6,0,0.6\n"))
    assert found(joined, "random@0.6") == Sample((0,), (0.6,))
    told = message(write(scores=FULL))
    assert told.startswith("predictions.csv: predictions of full on sst2, whose scores are in scores.csv too; expected")


# ---- masks ----


def masks(*columns: str, by_seed: Mapping[int, str] = {1: "10", 2: "11", 3: "01"}) -> str:
    """One layer of one seed by line; the bits are those of the columns, from the first on."""
    lines = [f"sst2,{seed},0,{','.join(bits)}\n" for seed, bits in by_seed.items()]
    return f"task,seed,layer,{','.join(columns)}\n{''.join(lines)}"


def test_masks_of_heads_or_of_mlps_alone_give_their_kappa(write: Write) -> None:
    recorded = read_folder(write(scores=FULL, masks=masks("head0", "head1")))
    kinds = {str(arm) for _, _, arm in recorded.figures}
    assert kinds == {"full", "s-kappa of heads"}
    assert found(recorded, "s-kappa of heads").seeds == (1, 2, 3)
    alone = read_folder(write(masks=masks("mlp", by_seed={1: "1", 2: "0", 3: "1"})))
    assert {str(arm) for _, _, arm in alone.figures} == {"full", "s-kappa of mlps"}


@pytest.mark.parametrize(
    ("by_seed", "reason"),
    [
        ({1: "11", 2: "11", 3: "11"}, "all 3 masks keep everything: they agree on 100 % of the units"),
        ({1: "00", 2: "00", 3: "00"}, "all 3 masks keep nothing: they agree on 100 % of the units"),
        ({1: "10"}, "masks of one seed; expected at least 3 to estimate an error"),
        ({1: "10", 2: "11"}, "2 masks; expected at least 3 to estimate an error"),
    ],
    ids=["all kept", "none kept", "one seed", "two seeds"],
)
def test_a_kappa_that_is_not_defined_says_why(by_seed: Mapping[int, str], reason: str, write: Write) -> None:
    recorded = read_folder(write(scores=FULL, masks=masks("head0", "head1", by_seed=by_seed)))
    decision = decided(recorded, lambda arms: arms.structured.agreement("heads"), alone=True)
    assert decision.reason.startswith(reason)
    assert math.isnan(decision.scores[ArmId.parse("s-kappa of heads")].mean)


def test_a_measured_kappa_that_is_not_defined_says_why() -> None:
    fits = [FineTune(TaskData("sst2", "0", "lab"), seed, Recipe(), Pretrained("lab", "0")) for seed in (0, 1, 2)]
    agreement = Agreement(tuple(Survivors(fit, "structured", "dev", None) for fit in fits))
    arm = Arm(ArmId.parse("s-kappa of heads"), "sst2", (0, 1, 2), (agreement,), "pseudo_heads")
    value = {"pseudo_heads": [math.nan] * 3, "why_pseudo_heads": "all 3 masks keep everything"}
    assert (
        mean(arm).estimate({arm.id: Measured({agreement: value}).sample(arm)}, None, "t").interval(0.05).reason
        == "all 3 masks keep everything"
    )


# ---- Parquet ----


def columns_of(text: str) -> dict[str, list[Any]]:
    head, *lines = (line.split(",") for line in text.splitlines())
    return {name: [line[at] or None for line in lines] for at, name in enumerate(head)}


def test_parquet_is_read_as_csv_is(write: Write, tmp_path: Path) -> None:
    typed = columns_of(MIXED)
    for name, kind in (("score", float), ("mean", float), ("std", float), ("seed", float), ("n", int)):
        typed[name] = [None if cell is None else kind(cell) for cell in typed[name]]
    bits = columns_of(masks("head0", "head1"))
    bits |= {name: [cell == "1" for cell in bits[name]] for name in ("head0", "head1")}
    recorded = read_folder(write(scores=typed, masks=bits, predictions=columns_of(predictions("rte"))))
    (tmp_path / "csv").mkdir()
    for name, text in (("scores", MIXED), ("masks", masks("head0", "head1")), ("predictions", predictions("rte"))):
        (tmp_path / "csv" / f"{name}.csv").write_text(text)
    assert recorded.figures == read_folder(tmp_path / "csv").figures


SEEDS = {"task": ["sst2", "sst2"], "arm": ["full", "full"], "seed": [0, 1], "score": [0.9, 0.91]}
BAD_PARQUET: dict[str, tuple[Any, str]] = {
    "text": (b"task,arm,seed,score\n", "scores.parquet: not Parquet, or damaged (Parquet magic bytes not found in *"),
    "no rows": ({name: [] for name in SEEDS}, "scores.parquet: no line below the header; expected one for each run *"),
    "a missing column": ({"task": ["sst2"]}, "scores.parquet: no column arm; expected task,arm,seed,score; correct *"),
    "a repeated seed": (
        SEEDS | {"seed": [1, 1]},
        "scores.parquet, row 2, column seed: a second score of full on sst2 with seed 1; expected each seed once; *",
    ),
    "NaN": (
        SEEDS | {"score": [0.9, math.nan]},
        "scores.parquet, row 2, column score: 'nan'; expected a finite number; correct the file",
    ),
    "nothing": (
        SEEDS | {"score": [None, 0.9]},
        "scores.parquet, row 1, column score: ''; expected a finite number; correct the file",
    ),
    "half a seed": (
        SEEDS | {"seed": [0.5, 1.0]},
        "scores.parquet, row 1, column seed: '0.5'; expected a whole number, at least 0; correct the file",
    ),
    "lists": (
        SEEDS | {"score": [[0.9], [0.8, 0.9]]},
        "scores.parquet, row 1, column score: 'list<*",
    ),
}


@pytest.mark.parametrize("fault", BAD_PARQUET)
def test_a_fault_in_parquet_is_reported_with_file_row_and_column(fault: str, write: Write) -> None:
    content, expected = BAD_PARQUET[fault]
    told = message(write(scores=content))
    assert told.startswith(expected.removesuffix("*"))


def test_a_damaged_parquet_file_is_read_or_is_one_line(write: Write) -> None:
    file = write(scores=SEEDS) / "scores.parquet"
    whole = file.read_bytes()
    told = []
    for at in range(0, len(whole), 23):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with contextlib.suppress(EvidenceError):
            read_folder(file.parent)
            continue
        told.append(message(file.parent))
    assert len(told) > 5
    assert all(line.startswith("scores.parquet") for line in told)


def test_a_small_parquet_file_of_endless_rows_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MOST_ROWS", 1)
    assert message(write(scores=SEEDS)) == "scores.parquet: 2 rows; expected at most 1; correct the file"


def test_a_table_in_both_forms_is_refused(write: Write) -> None:
    folder = write(scores=FULL)
    write(scores=SEEDS)
    assert message(folder) == f"{folder}: scores.csv and scores.parquet; expected one of them; remove the other"
