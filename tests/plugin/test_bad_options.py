"""Every wrong option ends in one line: what was given, what was expected, what to do."""

from pathlib import Path

import pytest

from tests.plugin.conftest import RunClaims

BAD = {
    "--task=sst3": "no task 'sst3'; did you mean 'sst2'? Tasks: cola, sst2, *",
    "--task=": "--task='' names no task; expected names separated by commas, or all; tasks: *",
    "--model=./no-such-folder": "no model folder ./no-such-folder; expected an existing folder, a hub id or lab; *",
    "--data=./no-such-folder": "*no-such-folder*",
    "--seeds=0": "--seeds=0; expected how many (at least 1) or which ones, each once; give --seeds=5 or --seeds=1,2,3",
    "--seeds=1,1": "--seeds=1,1; expected how many (at least 1) or which ones, each once; *",
    "--seeds=some": "--seeds=some; expected how many (at least 1) or which ones, each once; *",
    "--claims-sparsity=1.2": "--claims-sparsity=1.2; expected a number between 0 and 1, such as 0.7",
    "--claims-alpha=0.7": "--claims-alpha=0.7; expected a number between 0 and 0.5, such as 0.05",
    "--claims-margin=much": "--claims-margin=much; expected a number between 0 and 1, such as 0.02",
    "--claims-workers=0": "--claims-workers=0; expected how many processes, at least 1",
    "--claims-schedule=often": "schedule 'often'; expected original:STEP, remaining:STEP or a list such as 0.3,0.5,0.7",
    "--claims-protocol=papre": "no protocol 'papre'; did you mean 'paper'? Protocols: paper, lab, short",
}


@pytest.mark.parametrize("option", BAD)
def test_a_bad_option_is_told_in_one_line(option: str, run_claims: RunClaims) -> None:
    result = run_claims(option, "--claims-plan")
    result.stderr.fnmatch_lines([f"ERROR: {BAD[option]}".replace("[", "[[]")])
    assert result.ret == 4
    assert len([line for line in result.errlines if line]) == 1


def test_a_model_folder_without_a_configuration_is_told(run_claims: RunClaims, tmp_path: Path) -> None:
    result = run_claims(f"--model={tmp_path}", "--data=lab")
    result.stderr.fnmatch_lines([f"ERROR: model folder {tmp_path} has no config.json; expected a folder that *"])


def test_a_model_folder_without_weights_is_told(run_claims: RunClaims, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    result = run_claims(f"--model={tmp_path}", "--data=lab")
    result.stderr.fnmatch_lines([f"ERROR: model folder {tmp_path} has no weights; expected *.safetensors beside *"])


def test_a_store_that_cannot_be_written_is_told(run_claims: RunClaims, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run_claims(f"--claims-store={tmp_path}/file/store", "--claims-plan")
    result.stderr.fnmatch_lines([f"ERROR: cannot open the store {tmp_path}/file/store: *; * --claims-store=FOLDER"])
