"""Runs with worker processes, on a model so small that the engine takes almost no time."""

import os
import platform
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from filelock import FileLock

from lth.app.settings import read_settings
from lth.claims.arms import Arms, arms_of
from lth.errors import ExecutionError, ModelError
from lth.runtime import waiting
from lth.runtime.executor import Progress, Workers, closure, execute
from lth.runtime.plan import make_plan
from lth.runtime.store import FolderStore
from lth.spec.expressions import FineTune, Rewound
from tests.runtime.own_expression import Death, Nothing

PROTOCOL = "short:epochs=1,batch=16,max_length=16"


@pytest.fixture
def arms(tiny: Path) -> Arms:
    options = {"model": str(tiny / "model"), "data": str(tiny / "data"), "seeds": "2", "protocol": PROTOCOL}
    settings, _ = read_settings(options, tiny)
    return arms_of(settings, settings.tasks[0])


def scores(results: dict[FineTune, dict[str, Any]]) -> dict[str, tuple[float, tuple[float, ...]]]:
    return {fit.key: (value["score"], tuple(value["losses"])) for fit, value in results.items()}


def everything(arms: Arms) -> list[FineTune]:
    every = (arms.full(), arms.oneshot(), arms.standard(), arms.rewound(0.2), arms.reinitialised(), arms.shuffled())
    every += (*arms.rounds_of("imp"), *arms.rounds_of("random"))
    return [fit for arm in every for fit in arm.experiments]


@pytest.mark.night
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


@pytest.mark.night
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
def test_an_experiment_that_kills_its_worker_twice_ends_the_run_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(
        ExecutionError, match=r"^a worker process died twice while death ran, .*; --claims-workers=1 needs less memory$"
    ):
        execute([Death()], FolderStore(tmp_path / "store"), Workers(1))
    assert capsys.readouterr().err == "lth: a worker process died while death ran; it is started again\n"


class Dying(Executor):
    """Takes no job: its workers died between two jobs."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        raise BrokenExecutor


@contextmanager
def inline(count: int, threads: int) -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_when_all_workers_die_between_two_jobs_the_executor_is_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = iter((nullcontext(Dying()), inline(1, 1)))
    execute([Nothing()], FolderStore(tmp_path / "store"), Workers(1, executor=lambda count, threads: next(made)))
    assert capsys.readouterr().err == "lth: a worker process died while nothing ran; it is started again\n"


def test_when_all_workers_die_between_two_jobs_again_the_run_ends_in_one_line(tmp_path: Path) -> None:
    workers = Workers(1, executor=lambda count, threads: nullcontext(Dying()))
    with pytest.raises(ExecutionError, match=r"^a worker process died twice while nothing ran, "):
        execute([Nothing()], FolderStore(tmp_path / "store"), workers)


def test_a_run_says_which_run_it_waits_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "FIRST", 0.0)
    lock = FolderStore(tmp_path / "store").try_lock(Nothing().key)
    assert lock
    with lock:
        execute([Nothing()], FolderStore(tmp_path / "store"), Workers(1), until=time.monotonic() + 1)
    line = f"lth: waiting for the run of process {os.getpid()} on {platform.node()}, which computes nothing\n"
    assert capsys.readouterr().err == line


def test_a_run_computes_what_is_free_while_another_run_holds_the_rest(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    lock = store.try_lock(Nothing(1).key)
    assert lock
    with lock:
        found = execute([Nothing(1), Nothing(2)], store, Workers(1, executor=inline), until=time.monotonic() + 1)
    assert list(found) == [Nothing(2)]


def test_a_process_that_waits_for_the_guard_says_who_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "FIRST", 0.01)
    monkeypatch.setattr(waiting, "EVERY", 0.01)
    store = FolderStore(tmp_path / "store")
    guard = FileLock(store.root / "locks" / "guard.lock", thread_local=False)
    with store.reserve([]):  # makes the folder of the guard
        guard.acquire()
        waiting.sign(guard)
        threading.Timer(0.2, guard.release).start()
        store.drop_unless_reserved("0" * 64)
    assert capsys.readouterr().err.splitlines()[0] == (
        f"lth: waiting for the run of process {os.getpid()} on {platform.node()} to let go of the store {store.root}; "
        f"if it was stopped, let it go on or end it"
    )


def test_a_holder_that_cannot_be_read_is_another_run(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    assert waiting.holder(lock) == "another run"
    for text in ("", "x y", "12 a\nb", "\udc80"):
        (tmp_path / "lock").write_bytes(text.encode("utf-8", "surrogatepass"))
        assert waiting.holder(lock) == "another run"


@pytest.mark.slow
def test_a_model_that_cannot_be_loaded_ends_the_run_in_one_line(tiny: Path, tmp_path: Path) -> None:
    broken = tmp_path / "model"
    broken.mkdir()
    for file in (tiny / "model").iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    config = (broken / "config.json").read_text()
    (broken / "config.json").write_text(config.replace('"gelu"', '"nosuch"'))
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
    every = (arms.full(), arms.oneshot(), arms.standard(), arms.rewound(0.2), arms.reinitialised(), arms.shuffled())
    every += (*arms.rounds_of("imp"), *arms.rounds_of("random"))
    execute([fit for arm in every for fit in arm.experiments], FolderStore(Path(store)), Workers(2))
"""


@pytest.mark.night
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
