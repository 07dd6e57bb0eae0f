from pathlib import Path

import pytest

from lth.app.cli import main
from lth.runtime.store import FolderStore


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


def test_examples_of_the_lab_are_shown_with_their_labels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "show", "sst2", "-n", "6"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert all(line.startswith(("positive\t", "negative\t")) for line in lines)


def test_an_unknown_task_is_reported_with_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "show", "sst3"]) == 2
    assert capsys.readouterr().err.startswith("lth: no task 'sst3'; did you mean 'sst2'? Tasks: ")
