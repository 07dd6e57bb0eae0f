"""Runs with worker processes, on a model so small that the engine takes almost no time."""

import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch

from lth.app.settings import read_settings
from lth.claims.arms import Arms, arms_of
from lth.errors import ExecutionError, ModelError
from lth.runtime.executor import Progress, Workers, closure, execute
from lth.runtime.plan import make_plan
from lth.runtime.store import FolderStore
from lth.spec.expressions import FineTune, Rewound
from tests.runtime.own_expression import Death

PROTOCOL = "short:epochs=1,batch=16,max_length=16"


@pytest.fixture
def arms(tiny: Path) -> Arms:
    options = {"model": str(tiny / "model"), "data": str(tiny / "data"), "seeds": "2", "protocol": PROTOCOL}
    settings, _ = read_settings(options, tiny)
    return arms_of(settings, settings.tasks[0])


def scores(results: dict[FineTune, dict[str, Any]]) -> dict[str, tuple[float, tuple[float, ...]]]:
    return {fit.key: (value["score"], tuple(value["losses"])) for fit, value in results.items()}


def everything(arms: Arms) -> list[FineTune]:
    every = (arms.full(), arms.oneshot(), arms.standard(), arms.rewound(0.2), *arms.curve())
    return [fit for arm in every for fit in arm.experiments]


@pytest.mark.slow
def test_scores_depend_neither_on_the_number_of_workers_nor_on_the_order(arms: Arms, tmp_path: Path) -> None:
    wanted = everything(arms)
    one = execute(wanted, FolderStore(tmp_path / "one"), Workers(1))
    two = execute(reversed(wanted), FolderStore(tmp_path / "two"), Workers(2))
    assert scores(one) == scores(two)
    assert len({value["losses"][0] for value in one.values()}) > 2


def test_when_time_is_up_weights_are_kept_for_the_next_run(arms: Arms, tmp_path: Path) -> None:
    store, trained = FolderStore(tmp_path / "store"), Rewound(arms.full().experiments[0], 1.0)
    store.write(trained.key, {"experiment": str(trained)}, {})
    assert execute(arms.standard().experiments, store, Workers(1), until=time.monotonic()) == {}
    assert store.contains(trained.key)


@pytest.mark.slow
def test_a_second_run_computes_nothing_and_weights_are_gone(arms: Arms, tmp_path: Path) -> None:
    store, seen = FolderStore(tmp_path / "store"), list[Progress]()
    wanted = everything(arms)
    first = execute(wanted, store, Workers(2), seen.append)
    assert seen[-1].done == seen[-1].total >= len(set(wanted))
    assert not any(store.contains(part.key) for part in closure(wanted) if isinstance(part, Rewound))
    seen.clear()
    assert scores(execute(wanted, store, Workers(2), seen.append)) == scores(first)
    assert seen == []


@pytest.mark.slow
def test_a_corrupt_entry_is_named_and_computed_again(arms: Arms, tmp_path: Path) -> None:
    store, wanted = FolderStore(tmp_path / "store"), list(arms.imp().experiments)
    first = execute(wanted, store, Workers(2))
    key = wanted[0].key
    entry = store.root / key[:2] / key / "entry.json"
    entry.write_bytes(entry.read_bytes().replace(b"score", b"sc0re", 1))
    again = execute(wanted, store, Workers(2))
    assert [key in sentence for sentence in store.damaged] == [True]
    assert scores(again) == scores(first)
    assert store.verify() == []


@pytest.mark.slow
def test_a_corrupt_mask_is_computed_again_from_the_start_if_its_weights_are_gone(arms: Arms, tmp_path: Path) -> None:
    store, ticket = FolderStore(tmp_path / "store"), arms.imp().experiments[0]
    first = execute([ticket], store, Workers(1))
    assert ticket.mask
    mask = store.root / ticket.mask.key[:2] / ticket.mask.key / "mask.safetensors"
    mask.write_bytes(mask.read_bytes()[:-1] + b"!")
    store.drop_unless_reserved(ticket.key)
    assert scores(execute([ticket], store, Workers(1))) == scores(first)


@pytest.mark.slow
def test_a_failed_training_is_recorded_with_all_that_depends_on_it(tiny: Path, tmp_path: Path) -> None:
    options = {"model": str(tiny / "model"), "data": str(tiny / "data"), "seeds": "1"}
    settings, _ = read_settings(options | {"protocol": PROTOCOL + ",lr=1e38"}, tiny)
    arms = arms_of(settings, settings.tasks[0])
    results = execute([*arms.full().experiments, *arms.imp().experiments], FolderStore(tmp_path / "store"), Workers(1))
    for value in results.values():
        assert value["score"] != value["score"]
        assert "the loss was" in value["failure"]


@pytest.mark.slow
def test_any_executor_that_is_handed_over_gives_the_same_results(arms: Arms, tmp_path: Path) -> None:
    wanted, asked = list(arms.full().experiments), list[tuple[int, int]]()

    def thread(count: int, threads: int) -> ThreadPoolExecutor:
        asked.append((count, threads))
        return ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(threads,))

    here = execute(wanted, FolderStore(tmp_path / "here"), Workers(1, executor=thread))
    there = execute(wanted, FolderStore(tmp_path / "there"), Workers(1))
    assert asked == [(1, 1)]
    assert scores(here) == scores(there)


@pytest.mark.slow
def test_a_worker_that_dies_ends_the_run_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ExecutionError, match=r"^a worker process died while death ran, .*; --claims-workers=1 needs"):
        execute([Death()], FolderStore(tmp_path / "store"), Workers(1))


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_ends_the_run_in_one_line(tiny: Path, tmp_path: Path) -> None:
    broken = tmp_path / "model"
    broken.mkdir()
    for file in (tiny / "model").iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    (broken / "model.safetensors").write_bytes(b"not weights")
    settings, _ = read_settings({"model": str(broken), "data": str(tiny / "data"), "seeds": "1"}, tmp_path)
    with pytest.raises(
        ModelError,
        match=r"^the encoder of model '.*' cannot be loaded \(.*\); expected a model for transformers; give ",
    ):
        execute(arms_of(settings, settings.tasks[0]).full().experiments, FolderStore(tmp_path / "store"), Workers(1))


RUN = """
import sys
from pathlib import Path
from lth.claims.arms import arms_of
from lth.runtime.executor import Workers, execute
from lth.runtime.store import FolderStore
from lth.app.settings import read_settings

if __name__ == "__main__":
    root, store, protocol = sys.argv[1:]
    options = {"model": f"{root}/model", "data": f"{root}/data", "seeds": "2", "protocol": protocol}
    settings, _ = read_settings(options, Path(root))
    arms = arms_of(settings, settings.tasks[0])
    every = (arms.full(), arms.oneshot(), arms.standard(), arms.rewound(0.2), *arms.curve())
    execute([fit for arm in every for fit in arm.experiments], FolderStore(Path(store)), Workers(2))
"""


@pytest.mark.slow
def test_runs_killed_at_random_moments_give_the_same_results_and_repeat_only_what_was_running(
    arms: Arms, tiny: Path, tmp_path: Path
) -> None:
    wanted, store = list(dict.fromkeys(everything(arms))), FolderStore(tmp_path / "killed")
    undisturbed = execute(wanted, FolderStore(tmp_path / "undisturbed"), Workers(2))
    script = tmp_path / "run.py"
    script.write_text(RUN)
    rng, unfinished = random.Random(7), 0
    for _ in range(20):
        process = subprocess.Popen([sys.executable, script, tiny, store.root, PROTOCOL], start_new_session=True)
        time.sleep(rng.uniform(1, 7))
        process.send_signal(signal.SIGKILL)
        unfinished += process.wait() != 0
        time.sleep(1)  # its workers notice within half a second that they are orphans
        stored = set(store.keys())
        missing = [part for part in closure(wanted) if isinstance(part, FineTune) and part.key not in stored]
        assert make_plan(wanted, stored.__contains__).by_kind()["fine-tunings"] == len(missing)
    assert unfinished > 3
    assert scores(execute(wanted, store, Workers(2))) == scores(undisturbed)
    assert store.verify() == []
