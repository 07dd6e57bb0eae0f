from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lth.tasks import TASKS

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes lines to a file under the data folder (tmp_path) and gives the data folder back."""

    def to(name: str, *lines: str, end: str = "\n", start: str = "") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((start + "".join(line + end for line in lines)).encode())
        return tmp_path

    return to


HEADERS = {
    "sst2": "sentence\tlabel",
    "mrpc": "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String",
    "stsb": "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore",
    "qqp": "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
    "mnli": "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\t"
    "sentence2_parse\tsentence1\tsentence2\tlabel1\tgold_label",
    "qnli": "index\tquestion\tsentence\tlabel",
    "rte": "index\tsentence1\tsentence2\tlabel",
    "wnli": "index\tsentence1\tsentence2\tlabel",
}


@pytest.fixture
def official(write: Write) -> Callable[[str], Path]:
    """Writes a folder with the official header and one example for each label of a GLUE task, in label order."""

    def to(name: str) -> Path:
        files = TASKS[name].files
        header = list(files.header) or HEADERS[name].split("\t")
        lines = [] if files.header else ["\t".join(header)]
        for code in files.codes or ("0.000", "3.800", "5.000"):
            cells = {column: f"the {column} of {code}" for column in header} | {files.columns[-1]: code}
            lines.append("\t".join(cells[column] for column in header))
        for file in (files.train, files.dev):
            write(f"{files.folder}/{file}", *lines)
        return write("README", "GLUE")

    return to
