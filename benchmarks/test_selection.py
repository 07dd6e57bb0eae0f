"""Removing 70 % of BERT-base's 85 million prunable weights by global magnitude: seconds and peak extra memory."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn
from torch.nn.utils import prune

from benchmarks.conftest import Beside
from lth.engine.masks import WeightMask, magnitude

SPARSITY = 0.7
LAYER = [(768, 768)] * 4 + [(3072, 768), (768, 3072)]  # query, key, value, output; intermediate, output


def bert_base_weights() -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = LAYER * 12
    return {f"{i}": torch.empty(shape).normal_(0, 0.04, generator=generator) for i, shape in enumerate(shapes)}


def ours(weights: dict[str, Tensor]) -> WeightMask:
    return magnitude(weights, SPARSITY)


def peer(weights: dict[str, Tensor]) -> WeightMask:
    modules = {}
    for name, weight in weights.items():
        modules[name] = nn.Module()
        modules[name].weight = nn.Parameter(weight, requires_grad=False)
    prune.global_unstructured([(m, "weight") for m in modules.values()], prune.L1Unstructured, amount=SPARSITY)
    return {name: module.get_buffer("weight_mask") for name, module in modules.items()}


def kept_magnitudes(weights: dict[str, Tensor], mask: WeightMask) -> tuple[int, float]:
    """The number of kept weights and their sum: equal for masks that differ only among equal magnitudes."""
    kept = [weights[name].abs()[part.bool()] for name, part in mask.items()]
    return sum(len(part) for part in kept), round(float(sum(part.double().sum() for part in kept)), 3)


CONTENDERS = {"ours": ours, "torch.nn.utils.prune": peer}


def peak_memory() -> int:
    """Peak memory of this process in bytes (Linux: VmHWM, because ru_maxrss is inherited from the parent)."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def peak_extra_share(name: str) -> float:
    """Growth of the peak memory during one selection, with the mask that it returns, per byte of weights."""
    weights = bert_base_weights()
    CONTENDERS[name]({"warm": torch.ones(8, 8)})
    before = peak_memory()
    CONTENDERS[name](weights)
    return (peak_memory() - before) / sum(weight.nbytes for weight in weights.values())


@pytest.mark.benchmark(group="selection")
def test_selection_against_torch_prune(benchmark: BenchmarkFixture, beside: Beside) -> None:
    weights = bert_base_weights()
    theirs, mine = peer(weights), ours(weights)
    assert kept_magnitudes(weights, mine) == kept_magnitudes(weights, theirs)
    beside("torch.nn.utils.prune", lambda: peer(weights), "ours", lambda: ours(weights), 3)


@pytest.mark.benchmark(group="selection")
def test_selection_by_lth(benchmark: BenchmarkFixture) -> None:
    weights = bert_base_weights()
    benchmark.pedantic(ours, args=(weights,), rounds=8, warmup_rounds=1)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")
@pytest.mark.benchmark(group="selection")
@pytest.mark.parametrize("name", CONTENDERS)
def test_peak_extra_memory_of_a_selection(name: str, benchmark: BenchmarkFixture) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        share = benchmark.pedantic(pool.apply, args=(peak_extra_share, (name,)), rounds=1)
    benchmark.extra_info["peak extra memory, share of the weights' bytes"] = round(share, 3)
    print(f"\n{name}: peak extra memory {share:.3f} of the weights' bytes")
    assert name != "ours" or share < 0.5
