"""The conftest.py of the page about trackers, with the real clients, which need no network. Skipped without them."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from lth.document.files import read_json
from tests.pages import DOCS, ROOT, blocks, run_pytest

PAGE = DOCS / "tracker.md"
FILES = ("verdicts.json", "verdicts.md")


def run_claims(folder: Path, client: str, files: bool = True) -> None:
    """Run the page's command with its conftest.py and this client, with or without files of the run."""
    text = blocks(PAGE, "python")["conftest.py"].replace("import wandb", f"import {client} as wandb")
    (folder / "conftest.py").write_text(text, encoding="utf-8")
    claim = ROOT / "claims" / "prasanna2020" / "test_prasanna_01.py"
    (folder / "claims").mkdir()
    (folder / "claims" / claim.name).write_text(claim.read_text(encoding="utf-8"), encoding="utf-8")
    words = blocks(PAGE, "sh")["0"].split()[1:]
    run_pytest(*(word for word in words if files or not word.endswith(FILES)), at=folder)


def logged(folder: Path, client: str) -> list[Any]:
    """Run the claims, with files; the row that the tracker must have."""
    run_claims(folder, client)
    (row,) = read_json(folder / FILES[0]).claims
    assert row.interval
    ends = [row.interval.estimate, row.interval.low, row.interval.high]
    return ["sst2", "prasanna-1", *ends, "% of full", "SUPPORTED"]


def test_weights_and_biases_keeps_every_claim_and_the_runs_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "data"))
    expected = logged(tmp_path, "wandb")
    (table,) = tmp_path.glob("wandb/offline-run-*/files/media/table/claims_*.table.json")
    assert json.loads(table.read_text(encoding="utf-8"))["data"] == [expected]
    (run,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    kept = run.read_bytes()
    assert re.search(rb"sst2/prasanna-1\W+" + str(expected[2]).encode(), kept)
    staged = {file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file()}
    assert {(tmp_path / name).read_bytes() for name in FILES} <= staged


def test_trackio_keeps_every_claim_and_the_runs_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("trackio", reason="trackio is not installed")
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "kept"))
    expected = logged(tmp_path, "trackio")
    (database,) = (tmp_path / "kept").glob("claims*.db")
    with sqlite3.connect(database) as connection:
        curve, table = (json.loads(text) for (text,) in connection.execute("SELECT metrics FROM metrics ORDER BY id"))
    assert curve["sst2/prasanna-1"] == expected[2]
    assert [list(row.values()) for row in table["claims"]["_value"]] == [expected]
    blobs = {file.read_bytes() for file in (tmp_path / "kept").rglob("sha256/*/*")}
    assert {(tmp_path / name).read_bytes() for name in FILES} <= blobs


def test_a_run_without_files_is_logged_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("trackio", reason="trackio is not installed")
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "kept"))  # this client refuses an empty artifact
    run_claims(tmp_path, "trackio", files=False)
    assert list((tmp_path / "kept").glob("claims*.db"))
