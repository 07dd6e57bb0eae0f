"""The seams that pages under docs/ describe: each example is written to a file and used as its page says."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from lth.app.settings import read_settings
from lth.claims.arms import Arms, arms_of
from lth.compute import registry
from lth.runtime.executor import Workers, execute
from lth.runtime.plan import make_plan
from lth.runtime.store import FolderStore
from lth.runtime.worker import Outcome, perform
from lth.spec.criterion import read_criterion
from lth.spec.expressions import FineTune, Magnitude
from tests.pages import DOCS, blocks

Shown = Callable[[str, str], ModuleType]


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    """Write the block with that title from a page into a file, and import it."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    loaded: list[str] = []

    def load(page: str, title: str) -> ModuleType:
        (tmp_path / title).write_text(blocks(DOCS / page, "python")[title], encoding="utf-8")
        loaded.append(Path(title).stem)
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


def computed(fits: tuple[Any, ...], store: Any, workers: Workers) -> dict[str, tuple[float, list[float]]]:
    results = execute(fits, store, workers)
    return {fit.key: (value["score"], list(value["losses"])) for fit, value in results.items()}


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


def test_an_executor_and_a_store_are_handed_over(shown: Shown, tiny_arms: Arms, tmp_path: Path) -> None:
    workers = shown("add-executor.md", "in_this_process.py").workers
    store = shown("add-store.md", "memory_store.py").MemoryStore()
    fits = tiny_arms.imp().experiments
    here = computed(fits, FolderStore(tmp_path / "store"), workers)
    assert len(here) == 1
    assert computed(fits, store, workers) == here
    assert fits[0].key in set(store.keys())


def test_a_criterion_is_a_function_in_a_file(shown: Shown, tiny_arms: Arms, tmp_path: Path) -> None:
    shown("add-criterion.md", "my_pruner.py")
    criterion = read_criterion("my_pruner:score")
    full = tiny_arms.full().experiments[0]
    assert isinstance(full, FineTune)
    masks = [Magnitude(full, 0.5, criterion=each) for each in (None, criterion)]
    store, workers = FolderStore(tmp_path / "store"), shown("add-executor.md", "in_this_process.py").workers
    own, plain = (execute([mask], store, workers)[mask] for mask in reversed(masks))
    assert own["sparsity"] == plain["sparsity"] == pytest.approx(0.5, abs=1e-3)
    matrices = list(own["densities"].values())
    assert own["densities"] != plain["densities"]
    assert torch.tensor(matrices).std() < torch.tensor(list(plain["densities"].values())).std()
