"""Effects over tasks: the mean, with the tasks as the sample, and a group of tasks against the rest."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
from scipy.stats import ttest_1samp, ttest_rel

from lth.app.settings import recorded_settings
from lth.claims.arm import SEVERAL
from lth.claims.arms import arms_of
from lth.claims.between import Matrix
from lth.claims.claim import Claim, Declaration
from lth.claims.over_tasks import OverTasks
from lth.evidence.decide import Decision, decide_one
from lth.evidence.measured import Measured
from lth.evidence.recorded import published
from lth.verdict import Verdict, above, below
from lth.verdict.rule import Rule
from tests.claims.test_between import all_arms

LOSSES = {"cola": 0.30, "stsb": 0.34, "sst2": 0.05, "rte": 0.02, "mnli": 0.10}


def effect_of(*tasks: str) -> OverTasks:
    return Matrix(all_arms(tasks)).mean(lambda arms: arms.structured.retrained("super"), lambda arms: arms.full())


def group_of(*tasks: str) -> OverTasks:
    return Matrix(all_arms(tasks)).loss_on(("cola", "stsb"), lambda arms: arms.magnitude.retrained("bad"))


def measured(effect: OverTasks, losses: Mapping[str, float], weak: tuple[str, ...] = ()) -> Measured:
    """Full models score .8 (baseline .1, or .8 on weak tasks), the other arm less by the task's loss."""
    results: dict[Any, dict[str, Any]] = {}
    for cell in effect.cells:
        task = cell.full.task
        (other,) = {arm for arm in (cell.arm, cell.control) if arm and arm.id != cell.full.id}
        for seed, (full, run) in enumerate(zip(cell.full.experiments, other.experiments, strict=True)):
            results[full] = {"score": 0.8 + 0.01 * seed, "majority": 0.8 if task in weak else 0.1}
            results[run] = {"score": 0.8 + 0.02 * seed - losses[task], "majority": 0.1}
    return Measured(results)


def decided(effect: OverTasks, losses: Mapping[str, float], weak: tuple[str, ...] = ()) -> Decision:
    region = above(-15) if not effect.group else above(0)
    declared = Declaration(Claim("any", "prasanna2020", True), "", "", None, effect.lies_in(region))
    return decide_one(declared, measured(effect, losses, weak), Rule())


def test_the_tasks_are_the_sample_of_a_mean_over_tasks() -> None:
    decision = decided(effect_of(*LOSSES), LOSSES)
    points = [100 * (0.005 - loss) for loss in LOSSES.values()]
    expected = ttest_1samp(points, 0).confidence_interval(0.9)
    assert decision.judgement
    interval = decision.judgement.interval
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    assert decision.over == "tasks"
    assert decision.seeds_needed is None  # more seeds would not help


def test_a_weak_task_is_left_out_and_named() -> None:
    decision = decided(effect_of(*LOSSES), LOSSES, weak=("cola",))
    assert decision.judgement
    assert decision.judgement.interval.estimate == pytest.approx(100 * (0.005 - (0.34 + 0.05 + 0.02 + 0.10) / 4))
    assert decision.reason == "left out: the full model does not beat the majority baseline on cola"


def test_one_task_is_no_sample() -> None:
    assert effect_of("cola").missing == SEVERAL
    assert effect_of("cola").arms == ()  # so that nothing is trained for it
    decision = decided(effect_of("cola", "sst2"), LOSSES, weak=("cola",))
    assert decision.verdict is Verdict.NOT_RUN
    assert decision.reason.startswith("fewer than two tasks are left; left out: the full model")


def test_a_group_is_compared_with_the_other_tasks_over_seeds() -> None:
    decision = decided(group_of(*LOSSES), LOSSES)
    inside, outside = (0.30 + 0.34) / 2, (0.05 + 0.02 + 0.10) / 3
    assert decision.judgement
    assert decision.judgement.interval.estimate == pytest.approx(100 * (inside - outside))
    assert decision.over == "seeds"
    assert decision.declaration.assertion.effect.label == "loss of m-bad retrained, cola and stsb − others"


def test_the_error_of_a_group_is_that_of_its_seeds() -> None:
    effect = group_of("cola", "sst2")
    results = measured(effect, LOSSES).results
    (own, other) = effect.cells
    noisy = dict(results)
    for seed, run in enumerate(own.control.experiments if own.control else ()):
        noisy[run] = {**results[run], "score": results[run]["score"] - 0.1 * seed}
    declared = Declaration(Claim("any", "any", True), "", "", None, effect.lies_in(above(0)))
    decision = decide_one(declared, Measured(noisy), Rule())
    assert decision.judgement

    def scores(arm: Any) -> list[float]:
        return [noisy[run]["score"] for run in arm.experiments]

    losses = [[100 * (a - b) for a, b in zip(scores(c.arm), scores(c.control), strict=True)] for c in (own, other)]
    expected = ttest_rel(*losses).confidence_interval(0.9)
    interval = decision.judgement.interval
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


def test_a_group_without_its_tasks_or_without_others_is_not_run() -> None:
    assert group_of("sst2", "rte").missing == group_of("cola", "stsb").missing == SEVERAL
    assert group_of("sst2", "rte").arms == ()
    decision = decided(group_of("cola", "stsb", "rte"), LOSSES, weak=("rte",))
    assert decision.verdict is Verdict.NOT_RUN
    assert decision.reason.startswith("cola, stsb against other tasks: no other task is left; left out")


def on_published(effect: OverTasks, edge: float = 0.3) -> Decision:
    region = above(-15) if effect.unit == "points" else below(edge)
    declared = Declaration(Claim("prasanna-8", "prasanna2020", True), "", "", None, effect.lies_in(region))
    return decide_one(published().known(declared), published(), Rule())


def published_matrix() -> Matrix:
    settings = recorded_settings({}, published())
    return Matrix(tuple(arms_of(settings, task) for task in settings.tasks))


def test_one_mask_a_task_and_means_without_a_deviation_suffice_if_the_tasks_are_the_sample() -> None:
    matrix = published_matrix()
    scores = on_published(matrix.mean(lambda arms: arms.structured.retrained("super"), lambda arms: arms.full()))
    assert scores.verdict is Verdict.SUPPORTED
    assert scores.judgement
    assert scores.judgement.interval.estimate == pytest.approx(-8.84, abs=0.01)  # "about 10 points" on average
    kept = on_published(matrix.mean(lambda arms: arms.structured.kept_by_super()))
    assert kept.judgement
    assert kept.judgement.interval.estimate == pytest.approx(0.269, abs=1e-3)
    assert kept.declaration.assertion.effect.unit == ""


def test_the_kinds_of_tasks_are_told_apart_from_the_tasks_own_overlap() -> None:
    from itertools import combinations

    from lth.claims.shared_masks import kinship_of_masks
    from lth.tasks import get_task

    own = {"cola": 0.3, "sst2": 0.2, "mrpc": 0.0, "qqp": 0.1, "rte": 0.1, "mnli": -0.1}
    pairs = list(combinations(own, 2))
    kind = {name: get_task(name).family for name in own}
    kappas = {(a, b): own[a] + own[b] + (0.07 if kind[a] == kind[b] else 0.0) for a, b in pairs}
    assert kinship_of_masks(kappas) == pytest.approx(0.07)
    assert math.isnan(kinship_of_masks({("cola", "sst2"): 0.3, ("cola", "rte"): 0.1}))
