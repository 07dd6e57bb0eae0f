"""A claim over several pre-trained models: declared for each of them, and merged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lth.app.declaring import DeclaredRow, arguments
from lth.claims.arms import Arms
from lth.claims.between import Matrix
from lth.claims.claim import Claim
from lth.claims.effects import Assertion, difference, mean
from lth.errors import UsageError
from lth.spec.expressions import Pretrained, TaskData
from lth.verdict import above

MODELS = tuple(Pretrained(letter * 64, letter) for letter in "abc")
CLAIM = Claim("chen-1", "chen2020", True)


def tickets_win(arms: Arms) -> Assertion:
    """Tickets win."""
    return difference(arms.imp(), arms.full()).lies_in(above(0)).beside((arms.random(),))


def row_of(test: object, arms: Arms) -> DeclaredRow:
    (given,) = arguments(("arms",), [arms]).values()
    return DeclaredRow(CLAIM, test, given)  # type: ignore[arg-type]  # any function


def test_a_merged_arm_has_the_experiments_of_each_model_one_block_after_the_other(arms: Arms) -> None:
    several = replace(arms, models=MODELS)
    declared = row_of(tickets_win, several).declaration()
    assert [arm.name for arm in declared.arms] == ["imp@0.7", "full", "random@0.7"]
    for arm, own in zip(declared.arms, (Arms.imp, Arms.full, Arms.random), strict=True):
        assert (arm.models, arm.seeds) == (3, arms.seeds)
        assert arm.by_model == tuple(own(replace(arms, model=model)).experiments for model in MODELS)
    assert declared.full in declared.arms


def test_one_model_declares_what_it_always_did(arms: Arms) -> None:
    alone = row_of(tickets_win, replace(arms, models=MODELS[:1], model=MODELS[0])).declaration()
    assert alone.full == replace(arms, model=MODELS[0]).full()
    assert alone.full.models == 1


def test_added_seeds_are_added_within_each_model(arms: Arms) -> None:
    row = row_of(tickets_win, replace(arms, models=MODELS, seeds=(0, 1, 2)))
    first = row.on_seeds((0, 1)).declaration()
    assert [len(experiments) for experiments in first.arms[0].by_model] == [2, 2, 2]
    assert set(first.arms[0].experiments) < set(row.declaration().arms[0].experiments)


def test_agreement_is_measured_within_each_model(arms: Arms) -> None:
    def agree(arms: Arms) -> Assertion:
        return mean(arms.structured.agreement("heads")).lies_in(above(0))

    declared = row_of(agree, replace(arms, models=MODELS)).declaration()
    each = declared.arms[0].by_model
    assert [len(experiments) for experiments in each] == [1, 1, 1]
    assert len({experiment for experiments in each for experiment in experiments}) == 3


def test_the_agreement_of_one_seed_is_not_asked_for(arms: Arms) -> None:
    assert not replace(arms, seeds=(0, 1)).structured.agreement("heads").missing
    assert replace(arms, seeds=(0,)).structured.agreement("heads").missing.startswith("masks of one seed cannot agree")


def test_an_effect_between_tasks_is_over_all_models(arms: Arms) -> None:
    tasks = tuple(TaskData(name, "d" * 64, "folder") for name in ("sst2", "cola"))
    each = tuple(replace(arms, task=task, sources=tasks, models=MODELS) for task in tasks)

    def growth(matrix: Matrix) -> Assertion:
        return matrix.growth().lies_in(above(0)).beside((matrix.overlap(),))

    declared = DeclaredRow(CLAIM, growth, {"matrix": Matrix(each)}).declaration()
    assert declared.full is None
    assert {arm.models for arm in declared.arms} == {3}
    assert {len(arm.experiments) for arm in declared.arms} == {6}


def test_a_claim_that_asks_something_else_of_another_model_is_refused(arms: Arms) -> None:
    def other(arms: Arms) -> Assertion:
        arm = arms.imp() if arms.model == MODELS[0] else arms.random()
        return difference(arm, arms.full()).lies_in(above(0))

    with pytest.raises(UsageError, match=r"^the claim chen-1 on sst2 declares other arms, another effect or another"):
        row_of(other, replace(arms, models=MODELS)).declaration()
