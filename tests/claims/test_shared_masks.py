"""The kappa of masks between tasks: one row for all tasks, without the tasks that nothing was learnt on."""

import math
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest

from lth.app.settings import recorded_settings
from lth.claims.arms import arms_of
from lth.claims.between import Matrix
from lth.claims.claim import BETWEEN_TASKS, Claim, Declaration
from lth.claims.shared_masks import SharedMasks
from lth.evidence.decide import Decision, decide_one
from lth.evidence.measured import Measured
from lth.evidence.own import read_folder
from lth.evidence.recorded import Recorded, published
from lth.spec.subnetworks import Agreement
from lth.verdict import Region, Verdict, level
from lth.verdict.rule import Rule
from lth.verdict.samples import Sample
from tests.claims.test_between import all_arms

KAPPAS = {
    ("cola", "sst2"): (0.10, 0.20),
    ("cola", "rte"): (0.30, 0.40),
    ("sst2", "rte"): (0.14, 0.18),
}


def effect_of(*tasks: str) -> SharedMasks:
    return Matrix(all_arms(tasks)).agreement("structured", "heads")


def declared(effect: SharedMasks) -> Declaration:
    return Declaration(Claim("prasanna-7", "prasanna2020", True), "", "", None, effect.lies_in(Region(0, 0.4)))


def measured(
    effect: SharedMasks, kappas: Mapping[tuple[str, str], tuple[float, ...]], weak: tuple[str, ...] = ()
) -> Measured:
    """Results in which full models score .8 (baseline .5, or .8 on weak tasks) and masks agree as given."""
    results: dict[Any, dict[str, Any]] = {}
    for pair in effect.pairs:
        tasks = (pair.fulls[0].task, pair.fulls[1].task)
        for experiment, kappa in zip(pair.agreement.experiments, kappas[tasks], strict=True):
            results[experiment] = {"kappa_heads": kappa}
        for full in pair.fulls:
            for seed, experiment in enumerate(full.experiments):
                majority = 0.8 if full.task in weak else 0.5
                results[experiment] = {"score": 0.8 + 0.001 * seed, "majority": majority}
    return Measured(results)


def decided(kappas: Mapping[tuple[str, str], tuple[float, ...]], weak: tuple[str, ...] = ()) -> Decision:
    effect = effect_of("cola", "sst2", "rte")
    return decide_one(declared(effect), measured(effect, kappas, weak), Rule())


def estimate(decision: Decision) -> float:
    assert decision.judgement is not None
    return decision.judgement.interval.estimate


def test_the_effect_is_the_mean_over_seeds_of_the_mean_over_pairs() -> None:
    decision = decided(KAPPAS)
    by_seed = Sample((0, 1), ((0.10 + 0.30 + 0.14) / 3, (0.20 + 0.40 + 0.18) / 3))  # .18 and .26
    assert decision.declaration.task == BETWEEN_TASKS
    assert decision.judgement is not None
    assert decision.judgement.interval == level(by_seed).interval(0.05)
    assert decision.verdict is Verdict.INCONCLUSIVE


def test_each_pair_of_tasks_is_measured_once_for_each_seed() -> None:
    effect = effect_of("cola", "sst2", "rte", "squad")  # no subnetworks are searched for squad
    experiments = [each for pair in effect.pairs for each in pair.agreement.experiments]
    assert len(set(experiments)) == 3 * 2
    for each in experiments:
        assert isinstance(each, Agreement)
        one, other = each.of
        assert one.of.seed == other.of.seed
        assert one.of.task != other.of.task
    assert [pair.agreement.name for pair in effect.pairs] == [
        "cola: s-kappa of heads with sst2",
        "cola: s-kappa of heads with rte",
        "sst2: s-kappa of heads with rte",
    ]


def test_a_task_whose_full_model_is_weak_is_left_out_and_named() -> None:
    decision = decided(KAPPAS, weak=("rte",))
    assert estimate(decision) == pytest.approx(0.15)
    assert decision.reason == "left out: the full model does not beat the majority baseline on rte"


def test_one_task_that_is_left_over_cannot_be_judged() -> None:
    decision = decided(KAPPAS, weak=("rte", "cola"))
    assert decision.verdict is Verdict.NOT_RUN
    assert decision.reason.startswith("fewer than two tasks are left; left out: the full model does not beat")


def test_a_pair_whose_kappa_is_undefined_does_not_count_and_all_of_them_are_a_reason() -> None:
    nothing = (math.nan, math.nan)
    assert estimate(decided(KAPPAS | {("cola", "rte"): (math.nan, 0.40)})) == pytest.approx(fmean([0.12, 0.26]))
    decision = decided(dict.fromkeys(KAPPAS, nothing))
    assert decision.verdict is Verdict.NOT_RUN
    assert decision.reason == "both masks of every pair of tasks keep everything, or nothing: kappa is undefined"


def test_one_task_has_no_pair() -> None:
    decision = decide_one(declared(effect_of("sst2")), Measured({}), Rule())
    assert decision.verdict is Verdict.NOT_RUN
    assert decision.reason == "it takes several tasks; give --task=a,b or --task=all"


def test_it_generalises_over_seeds() -> None:
    effect = effect_of("cola", "sst2", "rte")
    scores = {pair.agreement.id: Sample((0, 1), (0.1, 0.2)) for pair in effect.pairs}
    assert effect.estimate(scores, None, "t").over == "seeds"


def on(recorded: Recorded) -> Decision:
    settings = recorded_settings({}, recorded)
    matrix = Matrix(tuple(arms_of(settings, task) for task in settings.tasks))
    return decide_one(recorded.known(declared(matrix.agreement("structured", "heads"))), recorded, settings.rule)


def test_the_published_masks_overlap_more_than_chance_but_not_much() -> None:
    decision = on(published())
    assert decision.verdict is Verdict.SUPPORTED
    assert estimate(decision) == pytest.approx(0.087, abs=5e-4)
    assert [arm.name for arm in decision.declaration.arms] == ["s-kappa of heads between tasks"]


SCORES = "task,arm,seed,score\n" + "".join(
    f"{task},full,{seed},{score + 0.001 * seed:.3f}\n"
    for task, score in (("sst2", 0.92), ("rte", 0.70), ("qnli", 0.90), ("wnli", 0.40))
    for seed in (1, 2, 3)
)
HEADS = {"sst2": "1,1,0,0", "rte": "1,0,1,0", "qnli": "1,0,0,1", "wnli": "0,0,0,0"}


def masks_csv(seeds: Mapping[str, tuple[int, ...]]) -> str:
    """One layer of four heads for each task; a seed turns the heads round."""
    lines = ["task,seed,layer,mlp,head0,head1,head2,head3"]
    for task, heads in HEADS.items():
        for seed in seeds[task]:
            bits = heads.split(",")
            turned = bits if task != "rte" else bits[seed:] + bits[:seed]
            lines.append(f"{task},{seed},0,1,{','.join(turned)}")
    return "\n".join(lines) + "\n"


def test_ones_own_masks_are_compared_in_pairs_without_tasks_on_which_nothing_was_learnt(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text(SCORES)
    (tmp_path / "masks.csv").write_text(masks_csv(dict.fromkeys(HEADS, (1, 2, 3))))
    decision = on(read_folder(tmp_path))
    # Equal sizes of 2 of 4: kappa is 1, 0 or -1 if 2, 1 or 0 heads are shared. sst2 and qnli share head 0: 0. rte's
    # 1,0,1,0 turned by 1, 2, 3 is 0,1,0,1, then 1,0,1,0, then 0,1,0,1: one shared with 1,1,0,0 and with 1,0,0,1: 0.
    assert estimate(decision) == pytest.approx(0.0)
    assert decision.reason.endswith("left out: the full model does not beat the majority baseline on wnli")


def test_seeds_that_not_all_tasks_have_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text(SCORES)
    seeds = dict.fromkeys(HEADS, (1, 2, 3))
    (tmp_path / "masks.csv").write_text(masks_csv(seeds | {"qnli": (1, 2)}))
    decision = on(read_folder(tmp_path))
    assert decision.judgement is not None
    assert decision.judgement.interval.estimate == pytest.approx(0.0)
    (tmp_path / "masks.csv").write_text(masks_csv(seeds | {"qnli": (4, 5)}))
    decision = on(read_folder(tmp_path))
    assert "qnli" not in {full.task for full in decision.declaration.assertion.effect.fulls}


def test_a_figure_of_all_tasks_in_scores_is_used_before_masks(tmp_path: Path) -> None:
    lines = "".join(f"sst2,s-kappa of heads between tasks,{seed},0.2{seed}\n" for seed in (1, 2, 3))
    (tmp_path / "scores.csv").write_text(SCORES + lines)
    (tmp_path / "masks.csv").write_text(masks_csv(dict.fromkeys(HEADS, (1, 2, 3))))
    recorded = read_folder(tmp_path)
    settings = recorded_settings({}, recorded)
    recorded.check_arms(arm.id for arm in arms_of(settings, settings.tasks[0]).all())
    decision = on(recorded)
    assert decision.judgement is not None
    error = stdev((0.21, 0.22, 0.23)) / 3**0.5
    assert decision.judgement.interval.low == pytest.approx(0.22 - 2.919986 * error)


def test_without_masks_the_reason_names_what_is_not_recorded(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text(SCORES)
    decision = on(read_folder(tmp_path))
    assert decision.verdict is Verdict.NOT_RUN
    assert decision.reason.startswith("no figures of s-kappa of heads between tasks on all tasks are recorded in ")
