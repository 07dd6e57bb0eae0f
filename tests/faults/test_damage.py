"""Every kind of damage to a store: one run recovers from it, with the same results, and loses nothing else.

The table is of harm to one entry or to the folders around it. Each kind is tried on a store of made-up results, whose
expressions are computed in this process, and at night through pytest on a real store of a tiny model.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import lth
from lth.app.cli import main
from lth.compute.context import Context, InputMissing, Product
from lth.compute.registry import COMPUTE
from lth.document.files import read_json
from lth.runtime.executor import Workers, execute
from lth.runtime.store import FolderStore
from lth.spec.expressions import Expression
from tests.conftest import WINNING, Remember
from tests.faults.conftest import CLAIMS
from tests.plugin.conftest import RunClaims, run_claims

__all__ = ["run_claims"]

SEAL = "entry.json"
Harm = Callable[[Path], object]
"""Damages a file of an entry, or a folder of a store."""


# ---- made-up results ----


@dataclass(frozen=True, eq=False)
class Made(Expression):
    """A number with a file of its own and, unless it is the first, the file of the number before."""

    number: int

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (Made(self.number - 1),) if self.number else ()

    def __str__(self) -> str:
        return f"number {self.number}"


def make(experiment: Made, context: Context) -> Product:
    before = b""
    for part in experiment.inputs:
        path = context.store.file(part.key, "mask")
        if path is None:
            raise InputMissing
        before = path.read_bytes()
    mask = before + bytes([experiment.number]) * 100
    return {"score": experiment.number / 10, "length": len(mask)}, {"mask": mask, "predictions": mask * 2}


@contextmanager
def this_process(count: int, threads: int) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


IN_THIS_PROCESS = Workers(1, executor=this_process)
MIDDLE, LAST = Made(1), Made(3)
ALL = tuple(map(Made, range(4)))


def run(store: FolderStore, *wanted: Expression) -> dict[str, tuple[float, int]]:
    results = execute(wanted, store, IN_THIS_PROCESS)
    return {str(each): (value["score"], value["length"]) for each, value in results.items()}


EXPECTED = {f"number {n}": (n / 10, 100 * (n + 1)) for n in range(4)}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStore:
    """A store with four made-up results."""
    monkeypatch.setitem(COMPUTE, Made, make)
    made = FolderStore(tmp_path / "store")
    assert run(made, *ALL) == EXPECTED
    return FolderStore(tmp_path / "store")


def place(store: FolderStore, experiment: Expression) -> Path:
    return store.root / experiment.key[:2] / experiment.key


# ---- the table ----


def rewrite(change: Callable[[bytes], bytes]) -> Harm:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def flipped(at: float) -> Callable[[bytes], bytes]:
    def flip(content: bytes) -> bytes:
        where = min(int(at * len(content)), len(content) - 1)
        return content[:where] + bytes([content[where] ^ 1]) + content[where + 1 :]

    return flip


def replaced(put: Callable[[Path], object]) -> Harm:
    """Something else in place of a file or a folder."""

    def harm(path: Path) -> None:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        put(path)

    return harm


def huge(path: Path) -> None:
    with open(path, "r+b") as file:
        file.truncate(20 << 30)


def of_another_entry(path: Path) -> None:
    other = next(each for each in path.parent.parent.parent.glob(f"??/*/{path.name}") if each != path)
    shutil.copyfile(other, path)


FILES: dict[str, Harm] = {
    "empty": rewrite(lambda content: b""),
    "cut short": rewrite(lambda content: content[:-1]),
    "cut in half": rewrite(lambda content: content[: len(content) // 2]),
    "one byte more": rewrite(lambda content: content + b"\n"),
    "first bit flipped": rewrite(flipped(0)),
    "bit flipped in the middle": rewrite(flipped(0.5)),
    "last bit flipped": rewrite(flipped(1)),
    "zeros": rewrite(lambda content: bytes(len(content))),
    "binary": rewrite(lambda content: bytes(range(256))),
    "text": rewrite(lambda content: b"not JSON"),
    "huge": huge,
    "of another entry": of_another_entry,
    "missing": replaced(lambda path: None),
    "a folder": replaced(Path.mkdir),
    "a link to nowhere": replaced(lambda path: path.symlink_to("nowhere")),
    "a link to itself": replaced(lambda path: path.symlink_to(path.name)),
    "a link to a device": replaced(lambda path: path.symlink_to("/dev/zero")),
    "a named pipe": replaced(os.mkfifo),
}
"""Damage to `entry.json`, or to another file of an entry."""


def sealed(change: Callable[[dict[str, Any]], object]) -> Harm:
    """Another entry under a checksum that matches."""

    def harm(path: Path) -> None:
        entry = json.loads(path.read_bytes())["entry"]
        changed = change(entry)
        body = json.dumps(entry if changed is None else changed).encode()
        digest = hashlib.sha256(body).hexdigest().encode()
        path.write_bytes(b'{"sha256": "' + digest + b'", "entry": ' + body + b"}\n")

    return harm


SEALS: dict[str, Harm] = {
    **FILES,
    "for another key": sealed(lambda entry: entry.update(key="0" * 64)),
    "without a key": sealed(lambda entry: entry.pop("key")),
    "without files": sealed(lambda entry: entry.pop("files")),
    "with a value that is a list": sealed(lambda entry: entry.update(value=[1])),
    "with files that are a text": sealed(lambda entry: entry.update(files="mask")),
    "with a file of another folder": sealed(lambda entry: entry.update(files={"../x": {"size": 1, "sha256": "0"}})),
    "a list": sealed(lambda entry: [entry]),
    "checksum in capitals": rewrite(lambda content: content[:12] + content[12:76].upper() + content[76:]),
    "the old name of a field": rewrite(lambda content: content.replace(b'"score"', b'"sc0re"')),
    "written by an editor": rewrite(lambda content: json.dumps(json.loads(content), indent=1).encode()),
}


def extra(path: Path) -> None:
    (path / "more.txt").write_text("extra")


def capitals(path: Path) -> None:
    path.rename(path.with_name(path.name.upper()))


ENTRIES: dict[str, Harm] = {
    "is a file": replaced(lambda path: path.write_text("")),
    "is an empty folder": replaced(Path.mkdir),
    "is gone": replaced(lambda path: None),
    "is a link to nowhere": replaced(lambda path: path.symlink_to("nowhere")),
    "is a link to itself": replaced(lambda path: path.symlink_to(path.name)),
    "is a named pipe": replaced(os.mkfifo),
    "has more files": extra,
    "has a name in capitals": capitals,
}
"""Damage to the folder of an entry, or to its shelf."""

IN_PLACE: dict[str, Harm] = {
    "is gone": replaced(lambda path: None),
    "is a file": replaced(lambda path: path.write_text("")),
    "is a named pipe": replaced(os.mkfifo),
}


def within(name: str, harm: Harm, root: Path) -> None:
    harm(root / name)


AROUND: dict[str, Harm] = {
    f"{name} {how}": partial(within, name, harm)
    for name in ("locks", "needs", "scratch", "corrupt")
    for how, harm in IN_PLACE.items()
}
AROUND |= {
    "all of them are gone": lambda root: (
        [shutil.rmtree(root / each) for each in ("locks", "needs", "scratch", "corrupt")]
    ),
    "the guard is gone": lambda root: (root / "locks" / "guard.lock").unlink(),
    "a reservation that is not JSON": lambda root: (root / "needs" / "1-0123456789abcdef.json").write_text("["),
    "a reservation that is a named pipe": lambda root: os.mkfifo(root / "needs" / "1-0123456789abcdef.json"),
    "a lock of a reservation that is a folder": lambda root: (root / "needs" / "1-0123456789abcdef.lock").mkdir(),
    "a shelf in capitals": lambda root: (root / "AB").mkdir(),
    "files of a user": lambda root: (root / "notes.txt").write_text(""),
}
"""Damage to the folders beside the entries."""


def to_seal(harm: Harm, root: Path, at: Path) -> None:
    harm(at / SEAL)


def to_file(harm: Harm, root: Path, at: Path) -> None:
    harm(min(file for file in at.iterdir() if file.name != SEAL))


def to_entry(harm: Harm, root: Path, at: Path) -> None:
    harm(at)


def to_shelf(harm: Harm, root: Path, at: Path) -> None:
    harm(at.parent)


def to_root(harm: Harm, root: Path, at: Path) -> None:
    harm(root)


TABLES = (("entry.json: ", to_seal, SEALS), ("file: ", to_file, FILES), ("entry ", to_entry, ENTRIES))
TABLES += (("shelf ", to_shelf, ENTRIES), ("", to_root, AROUND))
KINDS: dict[str, Callable[[Path, Path], None]] = {
    f"{start}{name}": partial(to, harm) for start, to, harms in TABLES for name, harm in harms.items()
}
"""Each harms the store `root` or its entry in the folder `at`."""
assert len(KINDS) >= 40


# ---- recovery ----


@pytest.mark.parametrize("kind", KINDS)
def test_one_run_recovers_from_damage_with_the_same_results_and_loses_nothing_else(
    kind: str, store: FolderStore, tmp_path: Path
) -> None:
    others = [each for each in ALL if each is not MIDDLE and each.key[:2] != MIDDLE.key[:2]]
    before = {each: (place(store, each) / SEAL).stat().st_mtime_ns for each in others}
    KINDS[kind](store.root, place(store, MIDDLE))
    (place(store, LAST) / SEAL).write_text("damaged too")
    damaged = FolderStore(store.root)
    assert run(damaged, *ALL) == EXPECTED
    assert run(FolderStore(store.root), *ALL) == EXPECTED
    assert {each for each in others if (place(store, each) / SEAL).stat().st_mtime_ns != before[each]} == {LAST}
    assert f"store entry {LAST.key}: entry.json does not match its checksum" in "\n".join(damaged.damaged)
    for sentence in damaged.damaged:
        assert sentence.isprintable()
        assert len(sentence) < 1000
    again = FolderStore(store.root)
    assert main(["store", "verify", f"--store={again.root}"]) in (0, 1)
    assert run(again, *ALL) == EXPECTED
    assert again.verify() == []


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_named_by_verify_and_repaired_by_the_next_run(
    kind: str, store: FolderStore, capsys: pytest.CaptureFixture[str]
) -> None:
    KINDS[kind](store.root, place(store, MIDDLE))
    whole = FolderStore(store.root).verify() == []
    dry = ["store", "verify", "--dry-run", f"--store={store.root}"]
    assert main(dry) == main(dry) == (0 if whole else 1)
    assert main(["store", "verify", f"--store={store.root}"]) == (0 if whole else 1)
    assert main(dry) == 0
    assert ("1 of 1 entry moved to" in capsys.readouterr().out) != whole
    assert run(FolderStore(store.root), *ALL) == EXPECTED
    assert all(FolderStore(store.root).file(each.key, "predictions") for each in ALL)
    assert main(["store", "gc", f"--store={store.root}"]) == 0
    assert list((store.root / "corrupt").iterdir()) == []


def test_a_damaged_file_that_no_run_reads_is_found_by_verify_and_computed_again(
    store: FolderStore, capsys: pytest.CaptureFixture[str]
) -> None:
    file = place(store, LAST) / "predictions"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"!")
    run(FolderStore(store.root), *ALL)
    assert file.read_bytes() != whole  # as before: a run does not read what it does not need
    assert main(["store", "verify", f"--store={store.root}"]) == 1
    assert capsys.readouterr().out == (
        f"corrupt: {LAST.key}/predictions\n"
        f"1 file missing or changed; 1 of 1 entry moved to {store.root}/corrupt; a run that needs what was moved "
        "computes it again\n"
    )
    assert run(FolderStore(store.root), *ALL) == EXPECTED
    assert file.read_bytes() == whole


# ---- through pytest ----

STRICT = "[pytest]\nfilterwarnings = error\n"


def entry_files(root: Path) -> list[Path]:
    return sorted(root.glob("??/*/entry.json"))


@pytest.mark.parametrize("kind", ["empty", "bit flipped in the middle", "a link to itself", "a named pipe", "a folder"])
def test_all_damage_is_reported_in_one_run_where_warnings_are_errors(
    kind: str, remember: Remember, run_claims: RunClaims, pytester: pytest.Pytester
) -> None:
    root = remember(WINNING)
    pytester.makeini(STRICT)
    harmed = entry_files(root)[::9]
    for file in harmed:
        FILES[kind](file)
    result = run_claims("-W", "error", f"--claims-store={root}", "--claims-pictures", "--claims-max-time=0.0001")
    lines = [line for line in result.outlines if line.startswith("store entry ")]
    assert len(lines) == len(harmed) > 5
    for line in lines:
        assert line.endswith("; it is computed again")
        assert "; moved to " in line
    assert result.ret == 0  # there was no time to compute: what is missing is NOT RUN
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    plan = run_claims("-W", "error", f"--claims-store={root}", "--claims-plan")
    assert not [line for line in plan.outlines if line.startswith("store entry ")]


def test_a_plan_counts_damaged_entries_as_missing_and_moves_nothing(remember: Remember, run_claims: RunClaims) -> None:
    root = remember(WINNING)
    files = entry_files(root)
    for file in files[:3]:
        file.write_bytes(b"")
    result = run_claims("--claims-plan", "--claims-pictures", f"--claims-store={root}")
    said = [line for line in result.outlines if line.startswith("store entry ")]
    assert [line.endswith("it stays, because the store is only read; it counts as missing") for line in said] == [
        True
    ] * 3
    result.stdout.fnmatch_lines([f"plan: * need {len(files)} results, {len(files) - 3} are stored in *"])
    assert entry_files(root) == files


def test_the_python_api_reports_damage_on_the_error_stream(
    remember: Remember, capsys: pytest.CaptureFixture[str]
) -> None:
    root = remember(WINNING)
    entry_files(root)[0].write_bytes(b"")
    lth.run("chen-1", store=root, progress=False, max_time=0.0001)
    lth.run("*", store=root, progress=False, max_time=0.0001)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("store entry ")
    assert line.endswith("; it is computed again")


# ---- with real training, at night ----

ON_ONE_CLAIM = (
    "--claims-only=chen-1,lth-1",
    "--seeds=3",
    "--claims-protocol=short:epochs=1,batch=16,max_length=16",
    "--claims-schedule=0.5",
    "--claims-sparsity=0.5",
    "--claims-workers=2",
    "-W",
    "error",
    "-p",
    "no:cacheprovider",
)


@pytest.fixture(scope="module")
def measure(tiny: Path) -> Callable[[Path, Path], tuple[str, list[str]]]:
    def run(root: Path, at: Path) -> tuple[str, list[str]]:
        """The verdicts and estimates of a run on the store, and what it printed."""
        (at / "pytest.ini").write_text(STRICT)
        options = [f"--model={tiny}/model", f"--data={tiny}/data", f"--claims-store={root}", "--claims-json=run.json"]
        command = [sys.executable, "-m", "pytest", "-c", "pytest.ini", str(CLAIMS), *options, *ON_ONE_CLAIM]
        done = subprocess.run(command, cwd=at, capture_output=True, text=True, timeout=300, check=False)
        said = done.stdout + done.stderr
        assert done.returncode in (0, 1), said
        for word in ("Traceback", "INTERNALERROR", "Warning"):
            assert word not in said
        claims = read_json(at / "run.json").claims
        return repr([(claim.id, str(claim.verdict), claim.effect) for claim in claims]), said.splitlines()

    return run


@pytest.fixture(scope="module")
def measured(
    measure: Callable[[Path, Path], tuple[str, list[str]]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """A store of real results, and the verdicts on them."""
    at = tmp_path_factory.mktemp("measured")
    verdicts, _ = measure(at / "store", at)
    return at / "store", verdicts


@pytest.mark.night
@pytest.mark.parametrize("kind", KINDS)
def test_one_run_of_pytest_recovers_from_damage_with_the_same_verdicts(
    kind: str,
    measured: tuple[Path, str],
    measure: Callable[[Path, Path], tuple[str, list[str]]],
    tmp_path: Path,
) -> None:
    store, verdicts = measured
    shutil.copytree(store, tmp_path / "store")
    root = tmp_path / "store"
    fits = [file.parent for file in entry_files(root) if (file.parent / "predictions.safetensors").exists()]
    KINDS[kind](root, fits[0])
    fits[-1].joinpath(SEAL).write_text("damaged too")
    again, said = measure(root, tmp_path)
    assert again == verdicts
    assert [line for line in said if line.startswith(f"store entry {fits[-1].name}: ")]
