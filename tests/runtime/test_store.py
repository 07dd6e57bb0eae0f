"""The store: what is committed is whole, what is damaged is noticed, and processes do not get in each other's way."""

import errno
import hashlib
import json
import math
import os
import pickle
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lth.errors import StoreError
from lth.runtime import entries
from lth.runtime.store import FolderStore
from tests.faults.permissions import heeded

KEY, OTHER = "ab" * 32, "cd" * 32


def key_of(text: object) -> str:
    return hashlib.sha256(str(text).encode()).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def leftovers(store: FolderStore) -> list[Path]:
    return [path for path in (store.root / "scratch").rglob("*") if path.is_file() and path.suffix != ".lock"]


@contextmanager
def process(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A process that runs `code` with `store` open on the first argument and has already printed a line."""
    head = "import sys, time; from pathlib import Path; from lth.runtime.store import FolderStore\n"
    command = [sys.executable, "-c", f"{head}store = FolderStore(Path(sys.argv[1]))\n{code}", *map(str, arguments)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None
    with child:
        try:
            assert child.stdout.readline().strip() == "ready"
            yield child
        finally:
            child.kill()


# What is written comes back.

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(
    value=st.dictionaries(st.text(), json_values, max_size=4),
    files=st.dictionaries(st.from_regex(r"[a-z]{1,8}\.bin", fullmatch=True), st.binary(max_size=200), max_size=3),
)
def test_what_is_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any], files: dict[str, bytes]
) -> None:
    store = FolderStore(tmp_path_factory.getbasetemp() / "round-trip")
    store.drop_unless_reserved(KEY)
    store.write(KEY, value, files)
    assert store.read(KEY) == value
    for name, content in files.items():
        path = store.file(KEY, name)
        assert path is not None
        assert path.read_bytes() == content
    assert store.verify() == []


def test_an_entry_exists_only_after_it_is_written(store: FolderStore) -> None:
    assert not store.contains(KEY)
    assert store.read(KEY) is None
    assert store.file(KEY, "weights") is None
    store.write(KEY, {"score": 0.5})
    assert store.contains(KEY)
    assert store.file(KEY, "weights") is None
    assert list(store.keys()) == [KEY]


def test_a_nan_score_is_read_as_nan(store: FolderStore) -> None:
    store.write(KEY, {"score": math.nan, "loss": math.inf})
    value = store.read(KEY)
    assert value is not None
    assert math.isnan(value["score"])
    assert value["loss"] == math.inf


def test_a_file_in_scratch_is_moved_and_any_other_is_copied(store: FolderStore, tmp_path: Path) -> None:
    mine, theirs = store.scratch() / "a", tmp_path / "b"
    mine.write_text("mine")
    theirs.write_text("theirs")
    store.write(KEY, {}, {"mine": mine, "theirs": theirs})
    assert (mine.exists(), theirs.exists()) == (False, True)
    assert [path.read_text() for name in ("mine", "theirs") if (path := store.file(KEY, name))] == ["mine", "theirs"]


def test_the_first_commit_of_a_key_stays(store: FolderStore) -> None:
    store.write(KEY, {"score": 0.5}, {"mask": b"1"})
    store.write(KEY, {"score": 0.5}, {"mask": b"1"})
    assert store.read(KEY) == {"score": 0.5}
    assert store.verify() == []
    assert leftovers(store) == []


def test_a_dropped_entry_is_gone_and_can_be_written_again(store: FolderStore) -> None:
    store.write(KEY, {"n": 1}, {"weights": b"w" * 100_000})
    full = store.size()
    store.drop_unless_reserved(KEY)
    store.drop_unless_reserved(KEY)
    assert not store.contains(KEY)
    assert store.size() <= full - 100_000
    store.write(KEY, {"n": 2})
    assert store.read(KEY) == {"n": 2}


def test_a_store_can_be_pickled_for_workers(store: FolderStore) -> None:
    store.write(KEY, {"n": 1})
    assert pickle.loads(pickle.dumps(store)).read(KEY) == {"n": 1}


# What is damaged is noticed, named, and moved aside.


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("harm", [flip, empty, cut, zero, remove])
@pytest.mark.parametrize("name", ["entry.json", "weights"])
def test_damage_is_noticed_named_and_moved_aside(store: FolderStore, harm: Any, name: str) -> None:
    for key in (KEY, OTHER):
        store.write(key, {"scores": [0.25, 0.5]}, {"mask": b"m" * 50, "weights": b"w" * 50})
    harm(store.root / KEY[:2] / KEY / name)
    assert store.verify() == [f"{KEY}/{name}"]
    assert (store.read(KEY) if name == "entry.json" else store.file(KEY, name)) is None
    (sentence,) = store.damaged
    assert re.fullmatch(rf"store entry {KEY}: {name} .*; moved to .*/corrupt/{KEY}-\w+; it is computed again", sentence)
    assert not store.contains(KEY)
    assert store.verify() == []
    assert len(list((store.root / "corrupt").iterdir())) == 1
    store.write(KEY, {"scores": [1.0]})
    assert store.read(KEY) == {"scores": [1.0]}
    assert store.read(OTHER) == {"scores": [0.25, 0.5]}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_changed_byte_of_an_entry_goes_unnoticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    store = FolderStore(tmp_path_factory.getbasetemp() / "bytes")
    store.drop_unless_reserved(KEY)
    store.write(KEY, {"scores": [0.25]})
    path = store.root / KEY[:2] / KEY / "entry.json"
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    assert store.verify() == [f"{KEY}/entry.json"]


def test_an_entry_under_the_wrong_key_is_damage(store: FolderStore) -> None:
    store.write(KEY, {"n": 1})
    shutil.copytree(store.root / KEY[:2] / KEY, store.root / OTHER[:2] / OTHER)
    assert store.read(OTHER) is None
    assert store.damaged[0].startswith(f"store entry {OTHER}: entry.json belongs to entry {KEY}; moved to ")
    assert store.read(KEY) == {"n": 1}


@pytest.mark.parametrize("as_file", [False, True])
def test_a_commit_replaces_a_damaged_entry(store: FolderStore, as_file: bool) -> None:
    store.open_to_write()
    place = store.root / KEY[:2] / KEY
    (place.parent if as_file else place).mkdir(parents=True)
    (place if as_file else place / "weights").write_text("left by a power failure")
    store.write(KEY, {"n": 1})
    assert [KEY in sentence for sentence in store.damaged] == [True]
    assert store.read(KEY) == {"n": 1}


def test_an_entry_repaired_by_another_process_is_read_and_not_moved(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(KEY, {"n": 1})
    flip(store.root / KEY[:2] / KEY / "entry.json")
    guard = store.guard

    @contextmanager
    def late_guard(what: str) -> Iterator[None]:
        assert FolderStore(store.root).read(KEY) is None
        FolderStore(store.root).write(KEY, {"n": 1})
        with guard(what):
            yield

    monkeypatch.setattr(store, "guard", late_guard)
    assert store.read(KEY) == {"n": 1}
    assert store.damaged == []


# What cannot be written leaves nothing.


def failing_write(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, function, fail)


@pytest.mark.parametrize("function", ["fsync", "rename"])
def test_a_full_disk_is_reported_in_one_line_and_leaves_no_entry(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    store.write(OTHER, {"n": 1})
    failing_write(monkeypatch, function)
    with pytest.raises(StoreError) as caught:
        store.write(KEY, {"score": 0.5}, {"weights": b"w" * 1000})
    monkeypatch.undo()
    assert str(caught.value) == (
        f"cannot write entry {KEY} to the store {store.root}: No space left on device; expected room for it, and kept "
        "no part of it; correct this or choose another folder with --claims-store=FOLDER"
    )
    assert list(store.keys()) == [OTHER]
    assert leftovers(store) == []
    store.write(KEY, {"score": 0.5})
    assert store.read(KEY) == {"score": 0.5}


def test_a_disk_that_fills_in_the_middle_of_a_file_leaves_no_entry(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = entries._put

    def fill(path: Path, content: Any, movable: Path | None) -> Any:
        if path.name == "entry.json":
            path.write_bytes(content[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return put(path, content, movable)

    monkeypatch.setattr(entries, "_put", fill)
    with pytest.raises(StoreError, match="No space left on device"):
        store.write(KEY, {}, {"weights": b"w" * 1000})
    assert list(store.keys()) == []
    assert store.verify() == []
    assert leftovers(store) == []


def test_a_store_below_a_file_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        FolderStore(tmp_path / "file" / "store")
    assert str(caught.value) == (
        f"cannot open the store {tmp_path}/file/store: Not a directory; expected a store, or a folder that can be "
        "created; correct this or choose another folder with --claims-store=FOLDER"
    )


def test_a_store_that_only_others_may_write_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir(mode=0o555)
    store = FolderStore(tmp_path / "store")
    with heeded(), pytest.raises(StoreError) as caught:
        store.reserve([KEY]).__enter__()
    assert str(caught.value).startswith(f"cannot write the store {store.root}: Permission denied (")
    assert list(store.root.iterdir()) == []


@pytest.mark.parametrize("key", ["", "ab", "AB" * 32, "../" + "a" * 61, "g" * 64, "a" * 64 + "\n"])
def test_a_malformed_key_is_refused(store: FolderStore, key: str) -> None:
    with pytest.raises(StoreError) as caught:
        store.contains(key)
    assert str(caught.value) == f"no store key {key!r}; expected 64 hexadecimal digits; use an experiment's hash"


@pytest.mark.parametrize("name", ["entry.json", "../mask", ".hidden", "", "a/b"])
def test_a_file_name_that_leaves_the_entry_is_refused(store: FolderStore, name: str) -> None:
    with pytest.raises(StoreError) as caught:
        store.write(KEY, {}, {name: b""})
    assert str(caught.value) == f"entry {KEY} cannot have a file {name!r}; expected letters, digits and ._-; rename it"
    assert not store.contains(KEY)


def test_a_value_that_is_not_json_is_refused(store: FolderStore) -> None:
    with pytest.raises(
        StoreError, match=rf"^entry {KEY} cannot store its value: .*set is not.*; expected JSON; convert it"
    ):
        store.write(KEY, {"seeds": {1, 2}})
    assert not store.contains(KEY)
    assert leftovers(store) == []


def test_a_missing_file_is_named(store: FolderStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=rf"No such file or directory \({tmp_path}/weights\)"):
        store.write(KEY, {}, {"weights": tmp_path / "weights"})
    assert not store.contains(KEY)


# Processes share it.

HOLD = "with store.try_lock(sys.argv[2]):\n    print('ready', flush=True)\n    time.sleep(60)"


def test_a_key_is_locked_by_one_process_until_that_process_dies(store: FolderStore) -> None:
    with process(HOLD, store.root, KEY) as child:
        assert store.try_lock(KEY) is None
        other = store.try_lock(OTHER)
        assert other is not None
        with other:
            pass
        child.kill()
        child.wait()
    mine = store.try_lock(KEY)
    assert mine is not None
    with mine:
        assert store.try_lock(KEY) is None


def test_locked_work_is_done_by_one_process_at_a_time_and_once(store: FolderStore, tmp_path: Path) -> None:
    work = """
print("ready", flush=True); sys.stdin.readline()
for i in range(20):
    key = f"{i:064x}"
    while (lock := store.try_lock(key)) is None: time.sleep(0.001)
    with lock:
        if store.contains(key): continue
        with open(sys.argv[2], "a") as log: log.write(f"begin {i}\\n")
        time.sleep(0.002)
        with open(sys.argv[2], "a") as log: log.write(f"end {i}\\n")
        store.write(key, {"i": i})
"""
    with process(work, store.root, tmp_path / "log") as one, process(work, store.root, tmp_path / "log") as two:
        for child in (one, two):
            child.communicate("go\n", timeout=30)
    lines = (tmp_path / "log").read_text().split("\n")[:-1]
    assert sorted(lines) == sorted(f"{word} {i}" for word in ("begin", "end") for i in range(20))
    assert len(list(store.keys())) == 20


def test_processes_that_write_the_same_keys_at_once_agree(store: FolderStore) -> None:
    work = """
print("ready", flush=True); sys.stdin.readline()
for i in range(40):
    store.write(f"{i:064x}", {"i": i}, {"file": bytes(1000)})
"""
    with process(work, store.root) as one, process(work, store.root) as two:
        for child in (one, two):
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        assert [child.wait(timeout=30) for child in (one, two)] == [0, 0]
    assert list(map(store.read, store.keys())) == [{"i": i} for i in range(40)]
    assert store.verify() == []
    assert leftovers(store) == []


def test_killed_writers_leave_whole_entries_and_the_next_run_cleans_up(tmp_path: Path) -> None:
    work = """
import hashlib, itertools, os
for i in itertools.count():
    key = hashlib.sha256(os.urandom(8)).hexdigest()
    source = store.scratch() / "weights"
    source.write_bytes(key.encode() * 5000)
    store.write(key, {"key": key}, {"weights": source, "mask": key.encode()})
    if i % 3 == 0: store.drop_unless_reserved(key)
    if i == 1: print("ready", flush=True)
"""
    stale = 0
    for seed in range(10):
        with process(work, tmp_path) as child:
            time.sleep(random.Random(seed).uniform(0, 0.1))
            child.kill()
        stale += any(path.is_dir() and any(path.iterdir()) for path in (tmp_path / "scratch").iterdir())
    store = FolderStore(tmp_path)
    store.open_to_write()
    keys = list(store.keys())
    assert keys
    assert stale
    assert store.verify() == []
    assert [store.read(key) for key in keys] == [{"key": key} for key in keys]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_reader_sees_an_entry_or_none_while_others_drop_it(store: FolderStore) -> None:
    work = """
print("ready", flush=True)
while True:
    store.write(sys.argv[2], {"n": 1}, {"weights": bytes(1000)})
    store.drop_unless_reserved(sys.argv[2])
"""
    seen = set()
    with process(work, store.root, KEY):
        start = time.monotonic()
        while (passed := time.monotonic() - start) < 0.5 or (len(seen) < 2 and passed < 20):
            seen.add(store.read(KEY) is None)
            seen.add(store.file(KEY, "weights") is None)
    assert seen == {True, False}
    assert store.damaged == []
    assert list((store.root / "corrupt").iterdir()) == []


def test_scratch_lives_as_long_as_its_process(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    mine = store.scratch()
    with process("print(store.scratch() and 'ready', flush=True)\ntime.sleep(60)", store.root) as child:
        FolderStore(store.root).open_to_write()
        assert len(list((store.root / "scratch").glob("*.lock"))) == 2
        child.kill()
        child.wait()
    FolderStore(tmp_path).open_to_write()
    assert len(list((tmp_path / "scratch").glob("*.lock"))) == 1
    assert mine.is_dir()
    assert store.scratch() != mine
    del store
    assert list((tmp_path / "scratch").iterdir()) == []


RESERVE = "with store.reserve([sys.argv[2]]):\n    print('ready', flush=True)\n    sys.stdin.readline()"


@pytest.mark.parametrize("killed", [False, True])
def test_a_reserved_entry_is_kept_until_the_run_ends_or_dies(store: FolderStore, killed: bool) -> None:
    store.write(KEY, {"n": 1})
    store.write(OTHER, {"n": 2})
    with process(RESERVE, store.root, KEY) as child, store.reserve([KEY, OTHER]):
        assert not store.drop_unless_reserved(KEY)
        assert store.contains(KEY)
        assert store.drop_unless_reserved(OTHER)
        assert not store.contains(OTHER)
        if killed:
            child.kill()
        child.communicate("go\n" if not killed else None, timeout=30)
        assert not FolderStore(store.root).drop_unless_reserved(KEY)
        assert store.drop_unless_reserved(KEY)
    assert list((store.root / "needs").iterdir()) == []


def test_a_reservation_ends_with_its_block_even_after_an_error(store: FolderStore) -> None:
    other = FolderStore(store.root)
    seen = []

    def run() -> None:
        with store.reserve([KEY]), store.reserve([OTHER]):
            seen.extend(each.drop_unless_reserved(key) for each in (store, other) for key in (KEY, OTHER))
            raise FileNotFoundError("of the block")

    with pytest.raises(FileNotFoundError, match="of the block"):
        run()
    assert seen == [True, True, False, False]  # a store ignores its own reservations
    assert other.drop_unless_reserved(KEY)


def test_the_file_on_disk_is_plain_json(store: FolderStore) -> None:
    store.write(KEY, {"score": 0.5}, {"mask": b"1011"})
    document = json.loads((store.root / KEY[:2] / KEY / "entry.json").read_text())
    assert document["entry"] == {
        "key": KEY,
        "value": {"score": 0.5},
        "files": {"mask": {"sha256": hashlib.sha256(b"1011").hexdigest(), "size": 4}},
    }
