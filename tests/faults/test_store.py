"""A user's files outlive every use of a store, a store can be read where nothing may be written, and full disks."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import lth
from lth.app.cli import main
from lth.errors import StoreError, UsageError
from lth.runtime import leases
from lth.runtime.marker import FOLDERS, MARKER
from lth.runtime.store import FolderStore
from tests.conftest import WINNING, Remember
from tests.faults.conftest import Enter
from tests.faults.permissions import heeded

KEY, OTHER = "ab" * 32, "cd" * 32
USE_OF_A_FOLDER = (
    "lth store ls --store=HERE",
    "lth store verify --store=HERE",
    "lth store gc --store=HERE",
    "lth store gc --dry-run --store=HERE",
    "pytest CLAIMS --claims-plan --claims-store=HERE",
    "pytest CLAIMS --claims-max-time=0.001 --claims-store=HERE",
)
ON_A_STORE = USE_OF_A_FOLDER[:4] + USE_OF_A_FOLDER[-1:]


def snapshot(folder: Path) -> dict[str, str]:
    """Every file and folder below, with the contents of files and the targets of links."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path)] = f"-> {path.readlink()}"
        else:
            found[str(path)] = "folder" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def fill(folder: Path) -> None:
    """A user's folder: drafts in `scratch/` and `needs/`, some named as the store's own are, and a link."""
    for name in ("scratch/draft.txt", "scratch/old/notes.txt", "needs/list.json", "scratch/12-0123456789abcdef/x"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"a user's {name}")
    (folder / "needs" / "99-0123456789abcdef.json").write_text("[]")


# ---- a user's files ----


@pytest.mark.parametrize("words", USE_OF_A_FOLDER)
def test_a_folder_that_is_no_store_keeps_all_its_files(words: str, enter: Enter, tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    fill(home)
    fill(elsewhere)
    (home / "corrupt").symlink_to(elsewhere)
    before = snapshot(tmp_path)
    ended = enter(words.replace("HERE", str(home)).split())
    assert ended.status in (2, 4)
    assert len(ended.errors) == 1
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("words", ["lth store ls --store=.", "lth store verify --store=.", "lth store gc --store=."])
def test_the_current_folder_keeps_all_its_files(words: str, enter: Enter, pytester: pytest.Pytester) -> None:
    fill(pytester.path)
    before = snapshot(pytester.path)
    assert enter(words.split()).status == 2
    assert snapshot(pytester.path) == before


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("words", ON_A_STORE)
def test_a_store_with_a_linked_folder_is_refused_and_the_links_target_kept(
    name: str, words: str, enter: Enter, tmp_path: Path
) -> None:
    FolderStore(tmp_path / "store").write(KEY, {"n": 1})
    shutil.rmtree(tmp_path / "store" / name)
    fill(tmp_path / "elsewhere")
    (tmp_path / "store" / name).symlink_to(tmp_path / "elsewhere" / "scratch")
    before = snapshot(tmp_path)
    ended = enter(words.replace("HERE", f"{tmp_path}/store").split())
    assert f"has a symbolic link {name}; expected a folder" in ended.errors[0]
    assert snapshot(tmp_path) == before


def test_links_within_a_store_are_removed_and_never_followed(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    store.write(KEY, {"n": 1}, {"weights.safetensors": b"w"})
    fill(tmp_path / "elsewhere")
    before = snapshot(tmp_path / "elsewhere")
    stale = store.root / "scratch" / "1-0123456789abcdef"
    stale.mkdir()
    for link in (
        store.root / "scratch" / "2-0123456789abcdef",
        store.root / "needs" / "3-0123456789abcdef.json",
        store.root / "corrupt" / "old",
        stale / "deep",
        store.root / KEY[:2] / KEY / "more",
    ):
        link.symlink_to(tmp_path / "elsewhere")
    assert main(["store", "gc", f"--store={store.root}"]) == 0
    assert not list(store.root.rglob("*abcdef*"))
    assert not store.contains(KEY)
    assert snapshot(tmp_path / "elsewhere") == before


def test_an_entry_that_is_a_link_is_dropped_without_its_target(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    store.write(KEY, {"n": 1})
    os.rename(store.root / KEY[:2] / KEY, tmp_path / "elsewhere")
    (store.root / KEY[:2] / KEY).symlink_to(tmp_path / "elsewhere")
    assert store.read(KEY) == {"n": 1}
    before = snapshot(tmp_path / "elsewhere")
    assert store.drop_unless_reserved(KEY)
    assert not store.contains(KEY)
    assert snapshot(tmp_path / "elsewhere") == before


def test_a_marked_store_keeps_files_that_it_did_not_make(tmp_path: Path) -> None:
    FolderStore(tmp_path).write(KEY, {"n": 1})
    mine = [tmp_path / name for name in ("notes.txt", "scratch/draft.txt", "needs/list.json", "locks/mine.lock")]
    for file in mine:
        file.write_text("a user's")
    FolderStore(tmp_path).open_to_write()
    assert main(["store", "gc", f"--store={tmp_path}"]) == 0
    assert all(file.read_text() == "a user's" for file in mine)


# ---- the marker ----


def as_the_first_release(root: Path) -> None:
    """A store as the first release wrote it."""
    store = FolderStore(root)
    store.write(KEY, {"n": 1})
    (root / MARKER).unlink()


def test_a_new_store_is_marked(tmp_path: Path) -> None:
    FolderStore(tmp_path / "a" / "store").write(KEY, {"n": 1})
    assert json.loads((tmp_path / "a" / "store" / MARKER).read_text()) == {"format": 1}


def test_a_store_of_the_first_release_is_read_as_it_is_and_marked_when_written(tmp_path: Path) -> None:
    as_the_first_release(tmp_path)
    before = snapshot(tmp_path)
    store = FolderStore(tmp_path)
    assert store.read(KEY) == {"n": 1}
    assert snapshot(tmp_path) == before
    store.write(OTHER, {"n": 2})
    assert (tmp_path / MARKER).is_file()
    assert list(FolderStore(tmp_path).keys()) == [KEY, OTHER]


@pytest.mark.parametrize("gone", ["locks", "needs", "scratch", "corrupt", KEY[:2]])
def test_a_store_of_the_first_release_is_known_without_one_of_its_folders(tmp_path: Path, gone: str) -> None:
    as_the_first_release(tmp_path)
    shutil.rmtree(tmp_path / gone)
    FolderStore(tmp_path).open_to_write()
    assert (tmp_path / MARKER).is_file()


def test_a_store_of_the_first_release_with_one_more_file_is_refused(tmp_path: Path) -> None:
    as_the_first_release(tmp_path)
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(StoreError) as caught:
        FolderStore(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} is not a store: it holds 'notes.txt' and no {MARKER}; expected a store, an empty folder or a new "
        "one; choose another folder with --claims-store=FOLDER"
    )


def test_a_store_that_is_being_made_by_another_process_is_no_other_folder(tmp_path: Path) -> None:
    (tmp_path / f"{MARKER}.12-0123456789abcdef").write_text("")
    FolderStore(tmp_path).write(KEY, {"n": 1})
    assert FolderStore(tmp_path).read(KEY) == {"n": 1}


@pytest.mark.parametrize("given", ["", " "])
def test_a_store_without_a_name_is_refused(given: str, enter: Enter) -> None:
    with pytest.raises(UsageError, match=r"^store='.*'; expected a value"):
        lth.run("chen-1", store=given, progress=False)
    for words in ("pytest CLAIMS --claims-plan --claims-store=", "lth store ls --store=", "lth plan --store="):
        ended = enter([*words.split()[:-1], words.split()[-1] + given])
        assert len(ended.errors) == 1
        assert "expected a value" in ended.errors[0]


def test_a_store_object_without_a_name_is_refused() -> None:
    with pytest.raises(StoreError, match=r"^the store has no name; expected a folder"):
        FolderStore("")


# ---- reading only ----


@contextlib.contextmanager
def unwritable(root: Path) -> Iterator[None]:
    """No file or folder below may be written while the block lasts, nor by root."""
    every = [root, *root.rglob("*")]
    for path in every:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        with heeded():
            yield
    finally:
        for path in every:
            path.chmod(0o755 if path.is_dir() else 0o644)


READS = (
    "lth store ls --store=STORE",
    "lth store verify --store=STORE",
    "lth store verify --dry-run --store=STORE",
    "lth store gc --dry-run --store=STORE",
    "pytest CLAIMS --claims-plan --claims-store=STORE",
    "pytest CLAIMS --claims-store=STORE",
)


@pytest.mark.parametrize("words", READS)
def test_a_store_that_cannot_be_written_is_read(words: str, remember: Remember, enter: Enter) -> None:
    root = remember(WINNING)
    before = snapshot(root)
    with unwritable(root):
        ended = enter(words.replace("STORE", str(root)).split())
    assert (ended.status, ended.errors) == (0, [])
    assert snapshot(root) == before


@pytest.mark.parametrize("words", READS)
def test_reading_changes_nothing_in_a_store_that_can_be_written(words: str, remember: Remember, enter: Enter) -> None:
    root = remember(WINNING)
    (root / "scratch" / "1-0123456789abcdef").mkdir()
    before = snapshot(root)
    assert enter(words.replace("STORE", str(root)).split()).status == 0
    assert snapshot(root) == before


def test_a_plan_leaves_no_folder_behind(enter: Enter, tmp_path: Path) -> None:
    ended = enter(["pytest", "CLAIMS", "--claims-plan", f"--claims-store={tmp_path}/a/store"])
    assert ", 0 are stored in " in ended.out
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_needs_more_than_an_unwritable_store_has_ends_in_one_line(remember: Remember, enter: Enter) -> None:
    root = remember(WINNING)
    with unwritable(root):
        ended = enter(["pytest", "CLAIMS", "--seeds=6", f"--claims-store={root}"])
    assert ended.status == 4
    assert [line.partition("(")[0] for line in ended.errors] == [
        f"ERROR: cannot write the store {root}: Permission denied "
    ]


def test_a_damaged_entry_of_an_unwritable_store_counts_as_missing(tmp_path: Path) -> None:
    FolderStore(tmp_path).write(KEY, {"n": 1})
    entry = tmp_path / KEY[:2] / KEY / "entry.json"
    entry.write_text("{}")
    with unwritable(tmp_path):
        store = FolderStore(tmp_path)
        assert store.contains(KEY)
        assert store.read(KEY) is None
        assert not store.contains(KEY)
    sentence = f"store entry {KEY}: entry.json does not match its checksum; it stays, because the store is only read"
    assert store.damaged == [f"{sentence}; it counts as missing"]
    assert entry.read_text() == "{}"
    assert FolderStore(tmp_path).read(KEY) is None  # it can be written now
    assert len(list((tmp_path / "corrupt").iterdir())) == 1


def test_permission_that_is_lost_midway_ends_in_one_line_and_leaves_the_entry(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.write(KEY, {"n": 1})
    folder = store.scratch()
    (folder / "deep").mkdir()
    with unwritable(tmp_path):
        for use in (lambda: store.drop_unless_reserved(KEY), lambda: store.write(OTHER, {}), store.scratch):
            with pytest.raises(StoreError, match="Permission denied"):
                use()
        leases.discard(folder / "deep")
        leases.discard(folder / "none" / "deep")
    assert store.read(KEY) == {"n": 1}


# ---- a full disk ----


def full(*_: object, **__: object) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("part", ["lth-store.json", "scratch", "needs", "locks", "guard.lock", KEY[:2], "entry.json"])
def test_a_disk_that_is_full_at_any_file_ends_in_one_line_and_the_next_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    store = FolderStore(tmp_path / "store")
    real_open, real_mkdir = os.open, os.mkdir

    def use(store: FolderStore) -> None:
        with store.reserve([KEY]):
            lock = store.try_lock(KEY)
            assert lock
            with lock:
                store.write(KEY, {"n": 1}, {"mask": b"1"})

    def limited(real: Callable[..., int | None]) -> Callable[..., int | None]:
        def call(path: object, *rest: object, **more: object) -> int | None:
            inside = str(path).removeprefix(str(store.root))
            return full() if part in inside and not (rest and rest[0] == os.O_RDONLY) else real(path, *rest, **more)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", limited(real_open))
        patch.setattr(os, "mkdir", limited(real_mkdir))
        if part in ("lth-store.json", "entry.json"):
            patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match=r"^cannot .* the store .*: No space left on device.*FOLDER$"):
            use(store)
    again = FolderStore(tmp_path / "store")
    assert list(again.keys()) == []
    use(again)
    assert again.read(KEY) == {"n": 1}
    assert again.verify() == []


ON_A_SMALL_DISK = """
import sys
from pathlib import Path
from lth.errors import StoreError
from lth.runtime.store import FolderStore

root = Path(sys.argv[1])
filler, kept, refused = root / "filler", {}, set()
for room in range(0, 120_000, 4096):
    filler.write_bytes(bytes(1))
    store = FolderStore(root / "store")
    key = f"{room:064x}"
    free = __import__("os").statvfs(root).f_bavail * 4096
    filler.write_bytes(bytes(max(1, free - room)))
    try:
        with store.reserve([key]), store.try_lock(key):
            store.write(key, {"room": room}, {"mask": bytes(20_000)})
        kept[key] = {"room": room}
    except StoreError as problem:
        assert "\\n" not in str(problem), problem
        assert "No space left on device" in str(problem), problem
        refused.add(key)
    filler.unlink()
    del store
    store = FolderStore(root / "store")
    assert {key: store.read(key) for key in store.keys()} == kept
    assert store.verify() == [] == store.damaged
    if room % 5 == 0:
        for key in list(kept):
            store.drop_unless_reserved(key)
        kept.clear()
assert refused and kept
print(len(refused), "refused")
"""


def test_a_disk_that_is_really_full_loses_nothing(tmp_path: Path) -> None:
    tmp_path.joinpath("fill.py").write_text(ON_A_SMALL_DISK)
    mount = (
        f"mount -t tmpfs -o size=400k tmpfs {tmp_path}/disk && exec {sys.executable} {tmp_path}/fill.py {tmp_path}/disk"
    )
    (tmp_path / "disk").mkdir()
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no disk of its own can be mounted here")
    done = subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "refused" in done.stdout


# ---- many processes ----

WORK = """
import random, sys, time
from pathlib import Path
from lth.runtime.store import FolderStore

rng, root = random.Random(int(sys.argv[2])), Path(sys.argv[1])
keys = [f"{number % 256:02x}{number:062x}" for number in range(60)]
deadline = time.monotonic() + 60
store = FolderStore(root)
with store.reserve(keys[::7]):
    missing = rng.sample(keys, len(keys))
    while missing and time.monotonic() < deadline:
        key = missing.pop(0)
        lock = store.try_lock(key)
        if lock is None:
            missing.append(key)
            continue
        with lock:
            if store.read(key) is None:
                source = store.scratch() / "mask"
                source.write_bytes(key.encode() * 200)
                store.write(key, {"key": key}, {"mask": source})
            if rng.random() < 0.1:
                place = root / key[:2] / key / "entry.json"
                place.write_bytes(place.read_bytes()[:-9])
            elif rng.random() < 0.1:
                store.drop_unless_reserved(key)
        if rng.random() < 0.05:
            store = FolderStore(root)
assert not missing
"""


@pytest.mark.night
def test_eight_processes_share_a_store_that_they_make_damage_and_repair(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WORK, str(tmp_path / "store")]
    children = [subprocess.Popen([*command, str(seed)], stderr=subprocess.PIPE, text=True) for seed in range(8)]
    for child in children:
        _, err = child.communicate(timeout=120)
        assert (child.returncode, err) == (0, "")
    store = FolderStore(tmp_path / "store")
    for failure in store.verify():
        store.set_aside(failure.partition("/")[0])
    assert store.verify() == []
    keys = list(store.keys())
    assert len(keys) > 20
    assert [store.read(key) for key in keys] == [{"key": key} for key in keys]
    store.open_to_write()
    assert list((tmp_path / "store" / "scratch").iterdir()) == list((tmp_path / "store" / "needs").iterdir()) == []
