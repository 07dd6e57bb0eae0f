"""The notebook under docs/: all its cells run, and its outputs are kept without traces of a machine."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from lth.verdict import Verdict
from tests.pages import DOCS, script

VERDICT = re.compile(rf"\b({'|'.join(Verdict)})\b")


def shown(notebook: NotebookNode) -> dict[str, str]:
    """What each code cell printed or returned, as text, by its source."""
    return {
        cell.source: "\n".join(text for output in cell.outputs for text in texts(output))
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


def texts(output: NotebookNode) -> Iterator[str]:
    if output.output_type == "stream":
        yield output.text
    yield from (str(text) for kind, text in output.get("data", {}).items() if kind.startswith("text/"))


def check_outputs(notebook: NotebookNode) -> None:
    """Every cell shows something but no error, and every cell that asks for verdicts shows verdicts."""
    for source, text in shown(notebook).items():
        assert text, source
        if re.search(r"\.verdict$|^report$|^judged$|\"verdict\"", source, re.MULTILINE):
            assert VERDICT.search(text), source
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert {output.output_type for output in outputs} == {"execute_result"}
    assert sum("image/png" in output.data for output in outputs) == 1
    assert sum("text/html" in output.data for output in outputs) == 3


@pytest.mark.slow
def test_the_notebook_runs_and_shows_verdicts(tmp_path: Path) -> None:
    check_outputs(script("run_notebook.py").executed(tmp_path, ', protocol="lab:epochs=1,train_examples=100"'))


def test_the_notebook_is_kept_with_its_outputs() -> None:
    check_outputs(nbformat.read(DOCS / "notebook.ipynb", as_version=4))


def test_the_notebook_has_no_trace_of_the_machine_that_ran_it() -> None:
    notebook = nbformat.read(DOCS / "notebook.ipynb", as_version=4)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    assert [cell.metadata for cell in notebook.cells] == [{}] * len(notebook.cells)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert not re.search(r"/(home|root|tmp|usr|var|work|Users)/|[A-Z]:\\\\", "\n".join(shown(notebook).values()))
