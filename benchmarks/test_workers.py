"""Two workers with one thread each, compared with one worker with two: seconds per run of the lab's fine-tunings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from lth.app.settings import read_settings
from lth.claims.arms import arms_of
from lth.runtime.executor import Workers, execute
from lth.runtime.store import FolderStore

HOWS = {"2 workers of 1 thread": Workers(2, threads=1), "1 worker of 2 threads": Workers(1, threads=2)}


@pytest.mark.benchmark(group="workers")
@pytest.mark.parametrize("how", HOWS)
def test_workers_and_threads(how: str, benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    settings, _ = read_settings({"seeds": "8"}, tmp_path)
    fits = arms_of(settings, settings.tasks[0]).full().experiments

    def run() -> None:
        shutil.rmtree(tmp_path / "store", ignore_errors=True)
        execute(fits, FolderStore(tmp_path / "store"), HOWS[how])

    benchmark.pedantic(run, rounds=1)
    benchmark.extra_info["fine-tunings"] = len(fits)
