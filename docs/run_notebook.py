"""Executes the notebook and keeps its outputs in it: `python docs/run_notebook.py`, after the notebook changed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

FILE = Path(__file__).with_name("notebook.ipynb")


def executed(folder: Path, options: str = "") -> NotebookNode:
    """The notebook after all its cells ran in `folder`, without times, versions and other traces of this machine.

    `options` are further options of its measured run, for a test that does not wait for real training.

    Raises nbclient's CellExecutionError for a cell that fails.
    """
    notebook = nbformat.read(FILE, as_version=4)
    metadata = dict(notebook.metadata)
    for cell in notebook.cells:
        cell.source = cell.source.replace("seeds=2", f"seeds=2{options}")
    NotebookClient(
        notebook,
        timeout=900,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    ).execute(env={**os.environ, "LTH_ENERGY": "off"})
    notebook.metadata = NotebookNode(metadata)
    return notebook


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(executed(Path(folder)), FILE)
