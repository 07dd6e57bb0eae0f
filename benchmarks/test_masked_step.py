"""A training step of BERT-base (batch 8 x 48, AdamW, 2 threads) under a mask of 70 %, compared with a dense one.

A step is forward, backward, clipping, AdamW and zeroing the gradients. The dense row compares dense with dense: its
distance from 1 is the machine's noise. AdamW is fused, because a faster step is the stricter measure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch.nn.utils import prune
from transformers import BertConfig, BertForSequenceClassification

from benchmarks.conftest import Beside
from lth.engine.masks import magnitude
from lth.engine.optimizer import Projection
from lth.engine.prunable import prunable


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def stepper(kind: str) -> Callable[[], None]:
    """A function that takes one step of a new network: "dense", "ours" or "torch.nn.utils.prune"."""
    torch.manual_seed(0)
    network = BertForSequenceClassification(BertConfig())
    projection = None
    if kind != "dense":
        parameters = prunable(network)
        mask = magnitude(parameters, 0.7)
        if kind == "ours":
            projection = Projection(parameters, mask)
        else:
            for name, part in mask.items():
                module = network.base_model.get_submodule(name.removesuffix(".weight"))
                prune.custom_from_mask(module, "weight", part.float())
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-5, eps=1e-8, weight_decay=0.0, fused=True)
    ids = torch.randint(1000, 30_000, (8, 48))
    labels = torch.randint(2, (8,))

    def step() -> None:
        network(input_ids=ids, labels=labels).loss.backward()
        if projection:
            projection.project_gradients_()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


@pytest.mark.benchmark(group="step")
@pytest.mark.parametrize("kind", ["dense", "ours", "torch.nn.utils.prune"])
def test_masked_step_against_a_dense_one(kind: str, benchmark: BenchmarkFixture, beside: Beside) -> None:
    beside(kind, stepper(kind), "dense", stepper("dense"), 8)
