from pathlib import Path

import pandas as pd
import pytest

from lth.app.cli import main
from lth.document.files import write_json
from lth.report.result import load
from tests.report.made_up import with_claim, with_turned


@pytest.fixture
def run_file(build, not_run, tmp_path: Path) -> Path:
    document = with_turned(build("sst2", "cola"), 1, not_run)
    write_json(with_claim(document, 0, statement="50 % of a_b & c"), tmp_path / "run.json")
    return tmp_path / "run.json"


@pytest.mark.parametrize(("option", "read"), [("csv", pd.read_csv), ("parquet", pd.read_parquet)])
def test_a_file_for_other_programs_has_a_row_for_each_claim(run_file, option, read, capsys):
    file = run_file.parent / "new" / f"verdicts.{option}"
    assert main(["report", str(run_file), f"--{option}={file}"]) == 0
    assert capsys.readouterr().out == f"wrote {file}\n"
    frame = read(file)
    assert len(frame) == 16
    assert list(frame) == list(load(run_file).to_pandas())
    assert frame.iloc[0][["task", "claim", "verdict", "region_low"]].tolist() == ["sst2", "chen-1", "SUPPORTED", -0.02]
    assert frame.iloc[1]["verdict"] == "NOT RUN"


def test_the_latex_table_has_the_claims_that_were_judged(run_file, capsys):
    file = run_file.with_suffix(".tex")
    assert main(["report", str(run_file), f"--latex={file}"]) == 0
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == r"\begin{tabular}{lllllll}"
    assert lines[-1] == r"\end{tabular}"
    assert r"50 \% of a\_b \& c" in lines[4]
    assert sum(line.endswith(r"\\") for line in lines) == 1 + 15
    assert sum("chen-2a" in line for line in lines) == 1


def test_a_place_that_cannot_be_written_is_one_line(run_file, capsys):
    taken = run_file.with_name("folder")
    taken.mkdir()
    assert main(["report", str(run_file), f"--csv={taken}"]) == 2
    assert (
        capsys.readouterr().err
        == f"lth: cannot write {taken}: it is a folder; name a file in a folder you may write to\n"
    )
