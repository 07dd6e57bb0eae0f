"""Rounds of iterative pruning with each criterion, on the tiny model."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lth.claims.arms import imp
from lth.compute.context import Context
from lth.compute.models import read_model
from lth.compute.registry import compute
from lth.engine.masks import WeightMask, from_bytes
from lth.errors import EngineError
from lth.runtime.plan import make_plan
from lth.runtime.store import FolderStore
from lth.spec.criterion import Criterion, read_criterion
from lth.spec.expressions import Expression, FineTune, Magnitude, Pretrained, Recipe, Rewound, TaskData
from lth.tasks import fingerprint, get_task

OWN = '''
def score(candidate):
    """Weights whose gradient is large."""
    return {name: gradient.abs() for name, gradient in candidate.gradients.items()}
'''
SPARSITIES = (0.3, 0.6)
Masks = Callable[[str], list[WeightMask]]


@pytest.fixture(scope="module")
def full(tiny: Path) -> FineTune:
    task = TaskData("sst2", fingerprint(get_task("sst2"), str(tiny / "data")), str(tiny / "data"))
    recipe = Recipe(epochs=1, batch=16, lr=5e-3, max_length=20)
    return FineTune(task, 0, recipe, read_model(str(tiny / "model")))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    return FolderStore(tmp_path_factory.mktemp("store"))


def carry_out(wanted: Expression, store: FolderStore) -> None:
    for job in make_plan([wanted], store.contains).jobs:
        value, files = compute(job.experiment, Context(store, "cpu", job.snapshots))
        store.write(job.experiment.key, value, files)


@pytest.fixture(scope="module")
def found(full: FineTune, store: FolderStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Masks]:
    """The masks of two rounds with the criterion of that name."""
    place = tmp_path_factory.mktemp("own")
    (place / "own_pruner.py").write_text(OWN, encoding="utf-8")
    sys.path.insert(0, str(place))

    def rounds(name: str) -> list[WeightMask]:
        tickets = imp(full, SPARSITIES, criterion=read_criterion(name))
        carry_out(tickets[-1], store)
        paths = (store.file(ticket.mask.key, "mask.safetensors") for ticket in tickets if ticket.mask)
        return [from_bytes(path.read_bytes()) for path in paths if path]

    yield rounds
    sys.path.remove(str(place))
    sys.modules.pop("own_pruner", None)


@pytest.mark.parametrize("name", ["magnitude", "random", "first-order", "own_pruner:score"])
def test_masks_by_any_criterion_are_nested_and_of_the_exact_size(name: str, found: Masks) -> None:
    first, second = found(name)
    for mask, sparsity in ((first, SPARSITIES[0]), (second, SPARSITIES[1])):
        total = sum(part.numel() for part in mask.values())
        assert sum(int((~part).sum()) for part in mask.values()) == round(sparsity * total)
    assert not any((second[name] & ~first[name]).any() for name in first)


def test_each_criterion_finds_different_masks(found: Masks) -> None:
    every = [found(name)[0] for name in ("magnitude", "random", "first-order", "own_pruner:score")]
    flat = [torch.cat([part.flatten() for part in mask.values()]) for mask in every]
    for at, one in enumerate(flat):
        assert not any(torch.equal(one, other) for other in flat[:at])


def test_random_masks_of_one_seed_differ_between_tasks(full: FineTune, store: FolderStore, found: Masks) -> None:
    found("random")
    other = replace(full, task=replace(full.task, name="cola"))
    weights = store.file(Rewound(full, 1.0).key, "weights.safetensors")
    assert weights
    store.write(Rewound(other, 1.0).key, {}, {"weights.safetensors": weights})
    made = []
    for fit in (full, other):
        _, files = compute(Magnitude(fit, 0.5, criterion=Criterion("random")), Context(store, "cpu"))
        made.append(files["mask.safetensors"])
    assert made[0] != made[1]


def test_pretrained_weights_cannot_be_ranked_by_a_loss(full: FineTune, store: FolderStore) -> None:
    assert isinstance(full.start, Pretrained)
    carry_out(Magnitude(full.start, 0.5, criterion=Criterion("random")), store)
    with pytest.raises(EngineError) as caught:
        carry_out(Magnitude(full.start, 0.5, criterion=Criterion("first-order")), store)
    assert str(caught.value) == (
        "a criterion asks for the loss of the pre-trained weights, which were not trained on a task; expected a "
        "criterion that uses only weights; leave out the one-shot arm"
    )
