"""A folder with a user's scores and masks: how it is read, and how faults in it are reported."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lth.app.settings import recorded_settings
from lth.claims.arm_id import ArmId
from lth.claims.arms import arms_of
from lth.errors import EvidenceError
from lth.evidence import own, tables
from lth.evidence.own import from_scores, read_folder
from lth.evidence.predictions import FORM
from lth.evidence.recorded import Recorded
from lth.evidence.scores import SEED_FORM, SUMMARY_FORM
from lth.verdict.agreement import fleiss_kappa, pseudo_values
from lth.verdict.samples import Sample, Summary

SEEDS = "task,arm,seed,score\nsst2,full,1,0.92\nsst2,full,2,0.93\nsst2,imp@0.60,1,0.91\nsst2,imp@0.60,2,0.92\n"
SUMMARIES = "task,arm,mean,std,n\nsst2,full,0.92,0.004,5\nsst2,imp@0.6,0.91,,5\n"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write texts (or bytes) as scores.csv and masks.csv into a folder."""

    def folder(scores: str | bytes = SEEDS, masks: str = "") -> Path:
        (tmp_path / "scores.csv").write_bytes(scores if isinstance(scores, bytes) else scores.encode())
        if masks:
            (tmp_path / "masks.csv").write_text(masks)
        return tmp_path

    return folder


def scores(recorded: Recorded, arm: str, task: str = "sst2") -> object:
    return recorded.figures["", task, ArmId.parse(arm)].scores


def test_runs_become_a_sample_by_seed(write: Write) -> None:
    recorded = read_folder(write())
    assert scores(recorded, "full") == Sample((1, 2), (0.92, 0.93))
    assert scores(recorded, "imp@0.6") == Sample((1, 2), (0.91, 0.92))
    assert recorded.tasks == ("sst2",)


def test_summaries_are_taken_as_they_are_and_an_unknown_deviation_gives_no_scores(write: Write) -> None:
    recorded = read_folder(write(SUMMARIES))
    assert scores(recorded, "full") == Summary(0.92, 0.004, 5)
    assert scores(recorded, "imp@0.6") is None


def test_further_columns_blank_lines_and_a_byte_order_mark_do_not_matter(write: Write) -> None:
    text = "\ufefftask,arm,host,seed,score\r\nsst2,full,a,1,0.92\r\n\r\nsst2,full,b,2,0.93\r\n"
    assert scores(read_folder(write(text)), "full") == Sample((1, 2), (0.92, 0.93))


def test_the_majority_is_the_official_dev_sets_unless_it_is_given(write: Write) -> None:
    assert read_folder(write()).baselines["sst2"] == 0.509174
    assert read_folder(write(SEEDS + "sst2,majority,0,0.6\n")).baselines["sst2"] == 0.6


BAD = {
    "": "{}: empty; expected a header and lines; see the form in lth.evidence.own",
    "task,arm,seed,score\n": "{}: no line below the header; expected one for each run or arm; add them",
    "task,arm,seed,scores\nsst2,full,1,0.9\n": "{}:1: no column score; is it 'scores'? expected task,arm,seed,score; "
    "correct the file",
    "task,arm,score\nsst2,full,0.9\n": "{}:1: no column seed; expected task,arm,seed,score; correct the file",
    "task,arm,mean,n\nsst2,full,0.9,5\n": "{}:1: no column std; expected task,arm,mean,std,n; correct the file",
    "task,arm,seed,score,mean\nsst2,full,1,0.9,0.9\n": "{}:1: no column std; expected task,arm,mean,std,n; correct *",
    "task,arm,arm,seed,score\n": "{}:1, column arm: it stands twice; expected each column once; correct the file",
    SEEDS + "sst3,full,1,0.9\n": "{}:6, column task: no task 'sst3'; did you mean 'sst2'? Tasks: cola, sst2, *",
    SEEDS + "sst2,full,3,good\n": "{}:6, column score: 'good'; expected a finite number; correct the file",
    SEEDS + "sst2,full,3,nan\n": "{}:6, column score: 'nan'; expected a finite number; correct the file",
    SEEDS + "sst2,full,3,\n": "{}:6, column score: ''; expected a finite number; correct the file",
    SEEDS + "sst2,full,3,92.1\n": "{}:6, column score: 92.1; expected a share of 1, such as 0.921 for 92.1 %; *",
    SEEDS + "sst2,s-bad pruned,3,81\n": "{}:6, column score: 81; expected a share of 1, such as 0.921 for 92.1 %; *",
    SEEDS + "rte,imp@0.6,3,0.6\n": "{}: no scores of full on rte; expected them, because they are the unit of effects; "
    "add them",
    SEEDS + "sst2,full,2,0.9\n": "{}:6, column seed: a second score of full on sst2 with seed 2; expected each seed "
    "once; correct the file",
    SEEDS + "sst2,full,one,0.9\n": "{}:6, column seed: 'one'; expected a whole number, at least 0; correct the file",
    SEEDS
    + "sst2,imp@70,1,0.9\n": "{}:6, column arm: 'imp@70'; expected a share of weights removed, such as imp@0.7; *",
    SEEDS + "sst2,full,0.9\n": "{}:6: 3 cells; expected 4, as many as columns; correct the file",
    SUMMARIES + "rte,full,0.7,-0.1,5\n": "{}:4, column std: -0.1; expected a number that is not negative; *",
    SUMMARIES + "rte,full,0.7,0.1,2.5\n": "{}:4, column n: '2.5'; expected a whole number, at least 1; *",
    SUMMARIES + "rte,full,0.7,0.1,0\n": "{}:4, column n: '0'; expected a whole number, at least 1; *",
    SUMMARIES + "sst2,full,0.9,0.1,3\n": "{}:4, column arm: a second line of full on sst2, of n 3 after n 5; expected "
    "each arm once per task; correct the file",
}


@pytest.mark.parametrize("text", BAD)
def test_a_fault_in_scores_is_reported_with_file_line_and_column(text: str, write: Write) -> None:
    with pytest.raises(EvidenceError) as told:
        read_folder(write(text))
    expected = BAD[text].format(write(text) / "scores.csv")
    message = str(told.value)
    assert message.startswith(expected.removesuffix("*")) if expected.endswith("*") else message == expected
    assert "\n" not in message


def test_a_file_that_is_not_utf_8_is_reported_with_its_line(write: Write) -> None:
    with pytest.raises(EvidenceError, match=r"scores.csv:2: not UTF-8; expected a CSV file in UTF-8; save it as such"):
        read_folder(write("task,arm,seed,score\ncölä,full,1,0.5\n".encode("latin-1")))


def test_a_folder_without_scores_is_reported(tmp_path: Path) -> None:
    with pytest.raises(
        EvidenceError, match=r"scores.csv: No such file or directory; expected a CSV file; see the form"
    ):
        read_folder(tmp_path)


def test_an_unknown_arm_is_reported_with_the_nearest_one(write: Write, tmp_path: Path) -> None:
    recorded = read_folder(write(SEEDS + "sst2,s-god retrained,1,0.9\n"))
    settings = recorded_settings({}, recorded)
    with pytest.raises(EvidenceError) as told:
        recorded.check_arms(arm.id for arm in arms_of(settings, settings.tasks[0]).all())
    place = tmp_path / "scores.csv"
    start = f"{place}:6, column arm: no arm 's-god retrained'; did you mean 's-good retrained'? Arms: "
    assert str(told.value).startswith(start)


def test_arms_at_any_sparsity_and_declared_ones_are_known(write: Write, tmp_path: Path) -> None:
    recorded = read_folder(write(SEEDS + "sst2,imp@0.123,1,0.9\nsst2,my own arm,1,0.9\n"))
    settings = recorded_settings({}, recorded)
    recorded.check_arms((*(arm.id for arm in arms_of(settings, settings.tasks[0]).all()), ArmId("my own arm")))


Masks = dict[tuple[str, int], list[list[int]]]
MASKS: Masks = {
    ("sst2", 1): [[1, 1, 0, 1], [0, 1, 1, 0], [1, 0, 1, 1]],
    ("sst2", 2): [[1, 1, 1, 1], [0, 1, 0, 0], [1, 0, 1, 0]],
    ("sst2", 3): [[0, 1, 1, 0], [1, 0, 0, 1], [1, 1, 1, 1]],
}


def masks_csv(masks: Masks, extra: Sequence[str] = ()) -> str:
    lines = ["task,seed,layer,mlp,head0,head1,head2"]
    for (task, seed), layers in masks.items():
        lines += [",".join(map(str, (task, seed, at, *layer))) for at, layer in enumerate(layers)]
    return "\n".join([*lines, *extra]) + "\n"


def heads(key: tuple[str, int], masks: Masks = MASKS) -> list[int]:
    return [bit for layer in masks[key] for bit in layer[1:]]


def test_masks_give_the_jackknifes_kappas_over_seeds(write: Write) -> None:
    recorded = read_folder(write(SEEDS, masks_csv(MASKS)))
    assert scores(recorded, "s-kappa of heads") == Sample((1, 2, 3), tuple(pseudo_values([*map(heads, MASKS)])))
    mlps = [[layer[0] for layer in layers] for layers in MASKS.values()]
    assert scores(recorded, "s-kappa of mlps") == Sample((1, 2, 3), tuple(pseudo_values(mlps)))


def test_masks_of_several_tasks_give_the_kappa_of_each_two_for_each_seed_that_both_have(write: Write) -> None:
    masks = MASKS | {("rte", seed): MASKS["sst2", 4 - seed] for seed in (1, 2)}
    recorded = read_folder(write(SEEDS, masks_csv(masks)))
    by_hand = tuple(fleiss_kappa([heads(("sst2", seed)), heads(("rte", seed), masks)]) for seed in (1, 2))
    assert scores(recorded, "s-kappa of heads with rte", "sst2") == Sample((1, 2), by_hand)
    assert scores(recorded, "s-kappa of heads with sst2", "rte") == Sample((1, 2), by_hand)


def test_a_kappa_in_scores_is_not_replaced(write: Write) -> None:
    recorded = read_folder(write(SEEDS + "sst2,s-kappa of heads,1,0.5\n", masks_csv(MASKS)))
    assert scores(recorded, "s-kappa of heads") == Sample((1,), (0.5,))


BAD_MASKS = {
    masks_csv(MASKS, ["sst2,4,0,1,1,2,0"]): ":11, column head1: '2'; expected 1 for kept or 0 for pruned; *",
    masks_csv(MASKS, ["sst2,4,0,yes,1,1,0"]): ":11, column mlp: 'yes'; expected 1 for kept or 0 for pruned; *",
    masks_csv(MASKS, ["sst2,3,2,1,1,1,0"]): ":11, column layer: a second layer 2 of sst2 with seed 3; expected each *",
    masks_csv(
        MASKS, ["sst2,4,1,1,1,1,0"]
    ): ", column layer: no layer 0 of sst2 with seed 4; expected layers 0 to 2 of *",
    masks_csv({}): ": no line below the header; expected one for each layer of each run; add them",
    "task,seed,layer\nsst2,1,0\n": ":1: no column mlp; expected task,seed,layer,mlp,head0; correct the file",
    "task,seed,layer,mlp,head0,head2\n": ":1, column head0: head0, head2; expected head0, head1, … in order; *",
}


@pytest.mark.parametrize("text", BAD_MASKS)
def test_a_fault_in_masks_is_reported_with_file_line_and_column(text: str, write: Write) -> None:
    with pytest.raises(EvidenceError) as told:
        read_folder(write(SEEDS, text))
    expected = f"{write() / 'masks.csv'}{BAD_MASKS[text]}"
    message = str(told.value)
    assert message.startswith(expected.removesuffix("*")) if expected.endswith("*") else message == expected


def test_the_example_forms_in_the_documentation_are_those_that_are_read() -> None:
    documented = (own.__doc__ or "").splitlines()
    for form in (SEED_FORM, SUMMARY_FORM, FORM):
        assert any(line.startswith(f"    {','.join(form)}") for line in documented)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (Sample((0,), (1e300,)), "full on sst2: 1e+300; expected a share of 1"),
        (Sample((0,), (math.inf,)), "full on sst2: inf; expected a share of 1"),
        (Summary(0.9, 1e300, 3), "full on sst2: std 1e+300, n 3; expected numbers of at most 1e+15"),
        (Summary(0.9, 0.1, 10**400), "full on sst2: std 0.1, n 1000"),
    ],
)
def test_scores_in_hand_are_bounded_as_in_a_file(given: Sample | Summary, problem: str) -> None:
    with pytest.raises(EvidenceError) as told:
        from_scores({"sst2": {"full": given}})
    assert problem in str(told.value)
    assert len(str(told.value)) < 1500


def test_mixed_line_ends_and_quoted_cells_are_read_with_the_right_line_numbers(write: Write) -> None:
    text = 'task,arm,host,seed,score\r\nsst2,full,"a\nb",1,0.92\rsst2,full,c,2,0.93\nsst2,full,d,2,0.93\n'
    with pytest.raises(EvidenceError, match=r"scores\.csv:5, column seed: a second score of full on sst2 with seed 2"):
        read_folder(write(text))


def test_a_file_with_a_fault_is_read_once_for_all_claims(write: Write, pytester: pytest.Pytester) -> None:
    read = Counter[str]()
    before = tables.read_whole
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "read_whole", lambda file, advice: read.update([file.name]) or before(file, advice))
        claims = Path(__file__).parents[2] / "claims" / "chen2020"
        folder = write(SEEDS + "sst2,full,3,good\n")
        ended = pytester.runpytest_inprocess(str(claims), f"--claims-evidence={folder}")
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    assert read == {"scores.csv": 1}
