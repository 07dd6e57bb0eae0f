"""Data and models that change after a run has taken their fingerprints: nothing is stored under the old key."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from lth.app.settings import read_settings
from lth.claims.arms import arms_of
from lth.compute import materials
from lth.errors import ExecutionError, LthError, ModelError
from lth.runtime.executor import Workers, execute
from lth.runtime.store import FolderStore
from lth.spec.expressions import Expression
from lth.tasks import Splits, Task
from tests.faults.conftest import Enter
from tests.tiny import write_data

PROTOCOL = "short:epochs=1,batch=16,max_length=16"
SIZES = count(100)
"""Each test has its own data, because a process keeps the examples that it has read."""


@contextmanager
def here(workers: int, threads: int) -> Iterator[Executor]:
    """An executor in this process."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def root(tmp_path: Path, good: Path) -> Path:
    """A folder with `model/` and `data/`, both as `good` has them but for the number of examples."""
    shutil.copytree(good / "model", tmp_path / "model")
    write_data(tmp_path / "data", train=next(SIZES))
    return tmp_path


def planned(root: Path, seeds: str = "1") -> tuple[Expression, ...]:
    """The fine-tunings of the full model, with the fingerprints of now."""
    options = {"model": str(root / "model"), "data": str(root / "data"), "seeds": seeds, "protocol": PROTOCOL}
    settings, _ = read_settings(options, root)
    return arms_of(settings, settings.tasks[0]).full().experiments


def run(wanted: tuple[Expression, ...], store: FolderStore) -> list[float]:
    return [value["losses"] for value in execute(wanted, store, Workers(1, executor=here)).values()]


def shortened(file: Path) -> None:
    """The first 30 lines of a file."""
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:30]))


def swapped(file: Path) -> None:
    """Two labels exchanged: the size, the time of writing and the inode are as they were."""
    times = file.stat()
    raw = file.read_bytes()
    at, other = raw.index(b" \t0\n"), raw.index(b" \t1\n")
    changed = bytearray(raw)
    changed[at + 2], changed[other + 2] = raw[other + 2], raw[at + 2]
    with file.open("r+b") as handle:
        handle.write(changed)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def another_weight(file: Path) -> None:
    """The last byte, which belongs to a weight, is another."""
    raw = file.read_bytes()
    file.write_bytes(raw[:-2] + bytes([raw[-2] ^ 1]) + raw[-1:])


def another_space(file: Path) -> None:
    file.write_text(file.read_text() + "\n")


@pytest.mark.parametrize(
    ("name", "change", "error"),
    [
        ("data/SST-2/train.tsv", shortened, ExecutionError),
        ("data/SST-2/dev.tsv", shortened, ExecutionError),
        ("data/SST-2/train.tsv", swapped, ExecutionError),
        ("data/SST-2/train.tsv", Path.unlink, LthError),
        ("model/model.safetensors", another_weight, ModelError),
        ("model/config.json", another_space, ModelError),
        ("model/model.safetensors", Path.unlink, ModelError),
    ],
)
def test_a_change_after_the_plan_ends_the_run_and_stores_nothing(
    name: str, change: Callable[[Path], object], error: type[LthError], root: Path
) -> None:
    wanted, store, before = planned(root), FolderStore(root / "store"), (root / name).read_bytes()
    change(root / name)
    with pytest.raises(error) as ended:
        run(wanted, store)
    assert "\n" not in str(ended.value)
    assert ("sst2" if name.startswith("data") else str(root / "model")) in str(ended.value)
    assert list(store.keys()) == []
    (root / name).write_bytes(before)
    assert run(wanted, store) == run(planned(root), FolderStore(root / "another store"))


def test_a_change_while_the_data_are_read_is_found(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load = materials.load

    def interrupted(task: Task, data: str) -> Splits:
        found = load(task, data)
        swapped(root / "data" / "SST-2" / "train.tsv")
        return found

    wanted, store = planned(root), FolderStore(root / "store")
    monkeypatch.setattr(materials, "load", interrupted)
    with pytest.raises(ExecutionError, match="the data of the task sst2 are not what they were when the run was"):
        run(wanted, store)
    assert list(store.keys()) == []


def test_what_a_process_has_read_and_checked_is_used_after_a_change(root: Path) -> None:
    wanted, store = planned(root, "2"), FolderStore(root / "store")
    run(wanted[:1], store)
    whole = run(wanted, FolderStore(root / "whole"))
    shortened(root / "data" / "SST-2" / "train.tsv")
    assert run(wanted, store) == whole


def test_results_from_before_a_change_are_kept(root: Path) -> None:
    wanted, store = planned(root, "2"), FolderStore(root / "store")
    run(wanted[:1], store)
    another_weight(root / "model" / "model.safetensors")
    with pytest.raises(ModelError, match="have changed since the run was planned"):
        run(wanted, store)
    assert list(store.keys()) == [wanted[0].key]


PLUGIN = """
import os
from pathlib import Path

from lth.app import runner

execute = runner.execute


def changing(*arguments):
    file = Path(os.environ["CHANGED"])
    file.write_bytes(file.read_bytes()[:-20])
    return execute(*arguments)


runner.execute = changing
"""


@pytest.mark.night
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("data/SST-2/train.tsv", "the data of the task sst2 are not what they were"),
        ("model/tokenizer_config.json", "have changed since the run was planned"),
    ],
)
def test_workers_find_a_change_too(
    name: str, says: str, root: Path, enter_anew: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "changing.py").write_text(PLUGIN)
    monkeypatch.setenv("PYTHONPATH", f"{root}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("CHANGED", str(root / name))
    given = [f"--model={root}/model", f"--data={root}/data", "--seeds=2", f"--claims-protocol={PROTOCOL}"]
    given += ["--claims-only=chen-1", f"--claims-store={root}/store", "--claims-workers=2"]
    ended = enter_anew(["pytest", "CLAIMS", "-p", "changing", *given])
    assert says in ended.out + ended.err
    assert "Traceback" not in ended.out + ended.err
    assert ended.status != 0
    assert not list((root / "store").glob("??/*/entry.json"))
