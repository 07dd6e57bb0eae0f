"""The seams that pages under docs/ describe: each example is written to a file and used as its page says."""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from lth.app.settings import read_settings
from lth.claims import arms as arms_module
from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.arms import Arms, arms_of
from lth.compute import registry
from lth.runtime.executor import Workers, execute
from lth.runtime.plan import make_plan
from lth.runtime.store import FolderStore
from lth.runtime.worker import Outcome, perform
from lth.spec.criterion import Criterion, read_criterion
from lth.spec.expressions import FineTune, Magnitude
from tests.pages import DOCS, blocks, run_pytest

Shown = Callable[[str, str], ModuleType]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    """Write the block with that title from a page into a file, and import it."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    loaded: list[str] = []

    def load(page: str, title: str) -> ModuleType:
        file = tmp_path / Path(title).name
        file.write_text(blocks(DOCS / page, "python")[title], encoding="utf-8")
        loaded.append(file.stem)
        return importlib.import_module(loaded[-1])

    yield load
    for name in loaded:
        del sys.modules[name]


@pytest.fixture
def tiny_arms(tiny: Path) -> Arms:
    protocol = "short:epochs=1,batch=16,max_length=16"
    options = {"model": str(tiny / "model"), "data": str(tiny / "data"), "seeds": "1", "protocol": protocol}
    settings, _ = read_settings(options, tiny)
    return arms_of(settings, settings.tasks[0])


@pytest.fixture
def in_this_process(shown: Shown) -> Workers:
    workers: Workers = shown("add-executor.md", "in_this_process.py").workers
    return workers


@pytest.fixture
def added(shown: Shown) -> Callable[[Arms], Arm]:
    """The added arm as a function of a claim file."""
    function: Callable[[Arms], Arm] = shown("add-arm.md", "claims/lth/test_lth_4.py").one_round
    return function


def computed(fits: tuple[Any, ...], store: Any, workers: Workers) -> dict[str, tuple[float, list[float]]]:
    results = execute(fits, store, workers)
    return {fit.key: (value["score"], list(value["losses"])) for fit, value in results.items()}


def test_an_added_claim_and_an_added_arm_are_planned(tmp_path: Path) -> None:
    for page in ("add-claim.md", "add-arm.md"):
        files = {title: code for title, code in blocks(DOCS / page, "python").items() if title.startswith("claims/")}
        assert len(files) == 1
        for title, code in files.items():
            (tmp_path / Path(title).name).write_text(code, encoding="utf-8")
    plan = run_pytest("--claims-plan", "--seeds=1", "--claims-schedule=0.4,0.7", "--claims-sparsity=0.7", at=tmp_path)
    assert "plan: 2 claims need 4 results" in plan  # full, imp, oneshot, one round
    assert "to run: 5 fine-tunings, 4 masks" in plan  # imp has two rounds


def test_an_added_arm_is_trained_and_scored(
    added: Callable[[Arms], Arm], tiny_arms: Arms, in_this_process: Workers, tmp_path: Path
) -> None:
    arm = added(tiny_arms)
    assert (arm.name, arm.task, arm.seeds) == ("one round@0.5", "sst2", (0,))
    assert ArmId.parse(arm.name) == arm.id
    (ticket,) = arm.experiments
    assert isinstance(ticket, FineTune)
    assert isinstance(ticket.mask, Magnitude)
    assert (ticket.mask.of,) == tiny_arms.full().experiments
    (value,) = execute(arm.experiments, FolderStore(tmp_path / "store"), in_this_process).values()
    assert 0 <= value["score"] <= 1
    assert value["sparsity"] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("criterion", [None, Criterion("random")], ids=["magnitude", "random"])
def test_an_added_method_gives_the_same_arm_and_is_offered(
    added: Callable[[Arms], Arm], arms: Arms, criterion: Criterion | None
) -> None:
    namespace = dict(vars(arms_module))
    exec(blocks(DOCS / "add-arm.md", "python")["lth/claims/arms.py"], namespace)
    more = type("More", (Arms,), {"one_round": namespace["one_round"]})
    own = more(**{field.name: getattr(arms, field.name) for field in fields(arms)})
    own = replace(own, protocol=replace(arms.protocol, criterion=criterion))
    assert added(own) in list(own.all())
    masks = [fit.mask for fit in added(own).experiments if isinstance(fit, FineTune)]
    assert [mask.criterion for mask in masks if isinstance(mask, Magnitude)] == [criterion] * len(arms.seeds)


def test_a_new_computation_is_planned_after_its_inputs_and_computed(
    shown: Shown, arms: Arms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "COMPUTE", dict(registry.COMPUTE))
    page = shown("add-arm.md", "distance.py")
    store, (one, other) = FolderStore(tmp_path / "store"), arms.full().experiments
    store.write(one.key, {"score": 0.75})
    own = page.Distance(one, other)
    plan = make_plan([own], store.contains)
    assert [job.experiment for job in plan.jobs] == [other, own]
    assert plan.by_kind() == {"fine-tunings": 1, "distances": 1}
    store.write(other.key, {"score": 0.5})
    assert perform(plan.jobs[1], store, "cpu").outcome is Outcome.DONE
    value = store.read(own.key)
    assert value is not None
    assert value["distance"] == 0.25
    assert value["experiment"] == str(own)


def test_an_executor_and_a_store_are_handed_over(
    shown: Shown, tiny_arms: Arms, in_this_process: Workers, tmp_path: Path
) -> None:
    store = shown("add-store.md", "memory_store.py").MemoryStore()
    fits = tiny_arms.imp().experiments
    here = computed(fits, FolderStore(tmp_path / "store"), in_this_process)
    assert len(here) == 1
    assert computed(fits, store, in_this_process) == here
    assert fits[0].key in set(store.keys())


def test_a_criterion_is_a_function_in_a_file(
    shown: Shown, tiny_arms: Arms, in_this_process: Workers, tmp_path: Path
) -> None:
    shown("add-criterion.md", "my_pruner.py")
    criterion = read_criterion("my_pruner:score")
    full = tiny_arms.full().experiments[0]
    assert isinstance(full, FineTune)
    masks = [Magnitude(full, 0.5, criterion=each) for each in (None, criterion)]
    store = FolderStore(tmp_path / "store")
    own, plain = (execute([mask], store, in_this_process)[mask] for mask in reversed(masks))
    assert own["sparsity"] == plain["sparsity"] == pytest.approx(0.5, abs=1e-3)
    matrices = list(own["densities"].values())
    assert own["densities"] != plain["densities"]
    assert torch.tensor(matrices).std() < torch.tensor(list(plain["densities"].values())).std()
