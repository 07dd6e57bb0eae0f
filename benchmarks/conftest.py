"""Times two contenders alternately, because other load on the machine then affects both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

Beside = Callable[[str, Callable[[], Any], str, Callable[[], Any], int], None]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Compute on one thread, as the workers of a run do."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def beside(benchmark: BenchmarkFixture) -> Beside:
    """Benchmark a contender; before each of its rounds, time a round of the reference.

    `extra_info` has the ratio contender / reference: of the best rounds, and the median over pairs of rounds.
    """

    def run(name: str, contender: Callable[[], Any], against: str, reference: Callable[[], Any], rounds: int) -> None:
        reference(), contender()
        seconds: list[float] = []

        def reference_first() -> None:
            begin = time.perf_counter()
            reference()
            seconds.append(time.perf_counter() - begin)

        benchmark.pedantic(contender, setup=reference_first, rounds=rounds)
        own = benchmark.stats.stats.data
        best = min(own) / min(seconds)
        paired = median(mine / its for mine, its in zip(own, seconds, strict=True))
        benchmark.extra_info |= {
            f"of {against}, best": round(best, 3),
            f"of {against}, paired median": round(paired, 3),
        }
        print(
            f"\n{name}: best {min(own):.3f} s; {against}: best {min(seconds):.3f} s; "
            f"ratio of the best {best:.3f}, median of paired ratios {paired:.3f}"
        )

    return run
