"""The cost of gates, and the gain from closing half of them, at BERT-base's width.

Runs on one thread, as a worker does. There are 4 layers instead of 12, to save memory: all layers cost the same, and
embeddings and head are a small share. If a contender is the reference itself, the ratio's distance from 1 is the
machine's noise.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from transformers import BertConfig, BertForSequenceClassification

from benchmarks.conftest import Beside
from lth.engine.batches import Encoded, batches
from lth.engine.gates import open_gates
from lth.engine.importance import importance
from lth.engine.shrink import shrink_

LAYERS, BATCH, LENGTH = 4, 16, 64


pytestmark = pytest.mark.usefixtures("one_thread")


def network() -> BertForSequenceClassification:
    torch.manual_seed(0)
    model = BertForSequenceClassification(BertConfig(num_hidden_layers=LAYERS))
    model.set_attn_implementation("eager")
    model.eval()
    return model


def examples(count: int) -> Encoded:
    rng = np.random.default_rng(0)
    rows = [{"input_ids": rng.integers(1000, 30_000, LENGTH).tolist()} for _ in range(count)]
    return Encoded(rows, rng.integers(0, 2, count).astype(np.float32), pad=0)


@pytest.mark.benchmark(group="shrunk")
@pytest.mark.parametrize("kind", ["full", "shrunk"])
def test_a_model_without_half_its_heads_and_mlps_against_the_full_one(
    kind: str, benchmark: BenchmarkFixture, beside: Beside
) -> None:
    full = network()
    contender = copy.deepcopy(full)
    if kind == "shrunk":
        gates = open_gates(contender)
        gates["heads"][:, ::2] = False
        gates["mlps"][::2] = False
        shrink_(contender, gates)
    ((inputs, _),) = batches(examples(BATCH), [list(range(BATCH))], torch.device("cpu"))

    def forward(model: BertForSequenceClassification) -> Callable[[], object]:
        return torch.inference_mode()(lambda: model(**inputs).logits)

    beside(kind, forward(contender), "full", forward(full), 6)


@pytest.mark.benchmark(group="importance")
@pytest.mark.parametrize("kind", ["plain", "importance"])
def test_importance_of_all_gates_against_a_plain_pass(kind: str, benchmark: BenchmarkFixture, beside: Beside) -> None:
    model, data = network(), examples(BATCH)

    def plain() -> None:
        """Forward and backward, with the parameters' gradients."""
        for inputs, targets in batches(data, [list(range(BATCH))], torch.device("cpu")):
            torch.nn.functional.cross_entropy(model(**inputs).logits, targets.long()).backward()
        model.zero_grad()

    contenders = {"plain": plain, "importance": lambda: importance(model, data, batch=BATCH)}
    beside(kind, contenders[kind], "plain", plain, 3)
