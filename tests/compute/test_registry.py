"""The registry of what can be computed, and what is added to it from outside."""

from pathlib import Path

import pytest

from lth.compute.context import Context
from lth.compute.registry import COMPUTE, compute
from lth.errors import ExecutionError
from lth.runtime.plan import make_plan
from lth.runtime.store import FolderStore
from lth.runtime.worker import Outcome, perform
from lth.spec.expressions import Expression, FineTune, Pretrained, Recipe, TaskData
from tests.runtime.own_expression import Distance, Unknown
from tests.spec.known import one_of_each


def test_every_kind_of_expression_that_arms_ask_for_has_a_function() -> None:
    assert {type(each) for each in one_of_each("lab", "lab", Recipe()).values()} <= COMPUTE.keys()


def test_an_expression_from_outside_is_planned_and_computed_after_its_inputs(tmp_path: Path) -> None:
    store, task, model = FolderStore(tmp_path), TaskData("sst2", "d" * 64, "lab"), Pretrained("m" * 64, "lab")
    one, other = (FineTune(task, seed, Recipe(), model) for seed in (0, 1))
    store.write(one.key, {"score": 0.75})
    own = Distance(one, other)
    jobs = make_plan([own], store.contains).jobs
    assert [job.experiment for job in jobs] == [other, own]
    assert perform(jobs[1], store, "cpu").outcome is Outcome.MISSING
    store.write(other.key, {"score": 0.5})
    assert perform(jobs[1], store, "cpu").outcome is Outcome.DONE
    value = store.read(own.key)
    assert value is not None
    assert value["distance"] == 0.25
    assert value["experiment"] == str(own)
    assert value["environment"]["device"] == "cpu"


def test_an_expression_without_a_function_is_refused_with_the_line_that_adds_one(tmp_path: Path) -> None:
    with pytest.raises(ExecutionError) as caught:
        compute(Unknown(), Context(FolderStore(tmp_path), "cpu"))
    given, rest = str(caught.value).split("; expected one of ", 1)
    assert given == "no function computes Unknown (the unknown)"
    assert rest.startswith("FineTune, Magnitude, Uniform, ")
    assert rest.endswith("; add one with COMPUTE[Unknown] = …")


def test_what_follows_from_a_run_that_broke_down_is_recorded_as_broken_down(tmp_path: Path) -> None:
    store, task, model = FolderStore(tmp_path), TaskData("sst2", "d" * 64, "lab"), Pretrained("m" * 64, "lab")
    one, other = (FineTune(task, seed, Recipe(), model) for seed in (0, 1))
    store.write(one.key, {"failure": "the loss was nan at step 3 of 9"})
    store.write(other.key, {"score": 0.5})
    own: Expression = Distance(one, other)
    perform(make_plan([own], store.contains).jobs[0], store, "cpu")
    value = store.read(own.key)
    assert value is not None
    assert (value["failure"], value["seconds"]) == ("the loss was nan at step 3 of 9", 0.0)
