"""The registry of computations. tests/test_seams.py adds one from outside the package."""

from pathlib import Path

import pytest

from lth.compute.context import Context
from lth.compute.registry import COMPUTE, compute
from lth.errors import ExecutionError
from lth.runtime.plan import make_plan
from lth.runtime.store import FolderStore
from lth.runtime.worker import Outcome, perform
from lth.spec.expressions import FineTune, Magnitude, Pretrained, Recipe, TaskData, Uniform
from tests.runtime.own_expression import Unknown
from tests.spec.known import one_of_each

FULL = FineTune(TaskData("sst2", "d" * 64, "lab"), 0, Recipe(), Pretrained("m" * 64, "lab"))


def test_every_kind_of_expression_that_arms_ask_for_has_a_function() -> None:
    assert {type(each) for each in one_of_each("lab", "lab", Recipe()).values()} <= COMPUTE.keys()


def test_an_expression_without_a_function_is_refused_with_the_line_that_adds_one(tmp_path: Path) -> None:
    with pytest.raises(ExecutionError) as caught:
        compute(Unknown(), Context(FolderStore(tmp_path), "cpu"))
    given, rest = str(caught.value).split("; expected one of ", 1)
    assert given == "no function computes Unknown (the unknown)"
    assert rest.startswith("FineTune, Magnitude, Uniform, ")
    assert rest.endswith("; add one with COMPUTE[Unknown] = …")


def test_a_job_whose_input_is_missing_is_returned(tmp_path: Path) -> None:
    store, mask = FolderStore(tmp_path), Magnitude(FULL, 0.5)
    store.write(mask.key, {"sparsity": 0.5})
    (job,) = make_plan([Uniform(mask, 0)], store.contains).jobs
    store.drop_unless_reserved(mask.key)
    assert perform(job, store, "cpu").outcome is Outcome.MISSING


def test_experiments_that_depend_on_a_failed_run_are_recorded_as_failed(tmp_path: Path) -> None:
    store, mask = FolderStore(tmp_path), Magnitude(FULL, 0.5)
    store.write(mask.key, {"failure": "the loss was nan at step 3 of 9"})
    (job,) = make_plan([Uniform(mask, 0)], store.contains).jobs
    assert perform(job, store, "cpu").outcome is Outcome.DONE
    value = store.read(job.experiment.key)
    assert value is not None
    assert (value["failure"], value["seconds"]) == ("the loss was nan at step 3 of 9", 0.0)
