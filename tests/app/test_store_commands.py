from pathlib import Path

import pytest

from lth.app.cli import main
from lth.runtime.store import FolderStore
from tests.faults.permissions import heeded


def filled(root: Path) -> FolderStore:
    store = FolderStore(root)
    store.write("a" * 64, {"experiment": "sst2 seed 0: pretrained, full", "score": 0.91}, {"predictions.bin": b"1"})
    store.write("b" * 64, {"experiment": "weights"}, {"weights.safetensors": b"0" * 2_000_000})
    return store


def test_the_stores_contents_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path)
    assert main(["store", "ls", "--store", str(tmp_path)]) == 0
    assert "aaaaaaaaaaaa   0.9100  sst2 seed 0: pretrained, full" in capsys.readouterr().out


def test_damage_is_found_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = filled(tmp_path)
    assert main(["store", "verify", "--store", str(tmp_path)]) == 0
    (store.root / "aa" / ("a" * 64) / "predictions.bin").write_bytes(b"2")
    assert main(["store", "verify", "--store", str(tmp_path)]) == 1
    assert f"corrupt: {'a' * 64}/predictions.bin" in capsys.readouterr().out


def test_weights_are_collected_and_scores_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = filled(tmp_path)
    assert main(["store", "gc", "--store", str(tmp_path)]) == 0
    assert list(store.keys()) == ["a" * 64]
    assert "freed 2.0 MB" in capsys.readouterr().out


def test_weights_that_a_living_run_needs_are_not_collected(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with store.reserve(["b" * 64]):
        main(["store", "gc", "--store", str(tmp_path)])
    assert store.contains("b" * 64)


def test_a_store_that_is_not_there_is_reported_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "ls", "--store", f"{tmp_path}/none"]) == 2
    assert capsys.readouterr().err == (
        f"lth: no store {tmp_path}/none; expected the folder that a run has written; give --store=FOLDER\n"
    )


def test_damage_is_shown_by_ls_and_left_where_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = filled(tmp_path)
    seal = store.root / "aa" / ("a" * 64) / "entry.json"
    seal.write_text("{}")
    assert main(["store", "ls", "--store", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["a" * 12, *f"store entry {'a' * 64}: entry.json does not match its checksum".split()]
    assert lines[1].split() == ["b" * 12, "weights"]
    assert seal.read_text() == "{}"


def test_the_size_of_a_store_is_that_of_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = filled(tmp_path)
    (store.root / "corrupt" / "old").mkdir()
    (store.root / "corrupt" / "old" / "weights").write_bytes(bytes(1_500_000))
    assert main(["store", "ls", "--store", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"3.5 MB in {tmp_path}"
    assert f"{store.size() / 1e6:.1f}" == "3.5"


def test_values_with_nan_and_without_a_score_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    FolderStore(tmp_path).write("c" * 64, {"experiment": "failed", "score": float("nan"), "loss": float("inf")})
    FolderStore(tmp_path).write("d" * 64, {"experiment": "text", "score": "high"})
    assert main(["store", "ls", "--store", str(tmp_path)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == [["c" * 12, "nan", "failed"], ["d" * 12, "text"]]
    assert main(["store", "verify", "--store", str(tmp_path)]) == 0


def test_verify_moves_damaged_entries_aside_unless_it_is_a_dry_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = filled(tmp_path)
    (store.root / "aa" / ("a" * 64) / "predictions.bin").unlink()
    assert main(["store", "verify", "--dry-run", "--store", str(tmp_path)]) == 1
    assert capsys.readouterr().out == (
        f"corrupt: {'a' * 64}/predictions.bin\n1 file missing or changed; nothing was moved, because of --dry-run\n"
    )
    assert store.contains("a" * 64)
    assert main(["store", "verify", "--store", str(tmp_path)]) == 1
    assert "1 file missing or changed; 1 of 1 entry moved to" in capsys.readouterr().out
    assert not store.contains("a" * 64)
    assert main(["store", "verify", "--store", str(tmp_path)]) == 0


def test_verify_says_what_it_could_not_move(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = filled(tmp_path)
    (store.root / "aa" / ("a" * 64) / "predictions.bin").unlink()
    (store.root / "scratch").chmod(0o555)
    with heeded():
        assert main(["store", "verify", "--store", str(tmp_path)]) == 1
    (store.root / "scratch").chmod(0o755)
    assert (
        f"; 0 of 1 entry moved to {tmp_path}/corrupt (cannot write the store {tmp_path}: Permission denied "
        in capsys.readouterr().out
    )
    assert store.contains("a" * 64)


def littered(root: Path) -> FolderStore:
    """A store with weights, an entry moved aside, locks, and what a killed process left."""
    store = filled(root)
    for key in ("a" * 64, "b" * 64):
        lock = store.try_lock(key)
        assert lock
        with lock:
            pass
    (root / "corrupt" / "old-1").mkdir()
    (root / "corrupt" / "old-1" / "entry.json").write_bytes(bytes(1_000_000))
    (root / "scratch" / "1-0123456789abcdef").mkdir()
    (root / "scratch" / "1-0123456789abcdef" / "weights").write_bytes(bytes(500_000))
    return store


def test_gc_counts_and_removes_all_that_no_run_needs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = littered(tmp_path)
    kinds = "weights 1, entries moved aside 1, locks 2, temporary files 1\n"
    before = sorted(tmp_path.rglob("*"))
    assert main(["store", "gc", "--dry-run", "--store", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"would free 3.5 MB: {kinds}"
    assert sorted(tmp_path.rglob("*")) == before
    assert main(["store", "gc", "--store", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"freed 3.5 MB: {kinds}"
    assert list(store.keys()) == ["a" * 64]
    assert [file.name for file in (tmp_path / "locks").iterdir()] == ["guard.lock"]
    assert list((tmp_path / "corrupt").iterdir()) == []
    assert [file.suffix for file in sorted((tmp_path / "scratch").iterdir())] == ["", ".lock"]  # of `store` itself
    assert main(["store", "gc", "--store", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "freed 0.0 MB: nothing to remove\n"


def test_gc_keeps_every_lock_while_a_run_is_in_progress(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = littered(tmp_path)
    with store.reserve(["b" * 64]):
        scratch = store.scratch()
        for dry in (["--dry-run"], []):
            assert main(["store", "gc", *dry, "--store", str(tmp_path)]) == 0
            said, in_use = capsys.readouterr().out.splitlines()
            assert said.endswith("free 1.5 MB: entries moved aside 1, temporary files 1") or "freed 1.5 MB" in said
            assert in_use == "a run is in progress: all locks, and what is needed, are kept"
        assert store.contains("b" * 64)
        assert len(list((tmp_path / "locks").iterdir())) == 3
        assert scratch.is_dir()
