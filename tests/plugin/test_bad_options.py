"""Every wrong option ends the session with one line: what was given, what was expected, what to do."""

from pathlib import Path

import pytest

from tests.plugin.conftest import RunClaims

BAD = {
    "--task=sst3": "--task=sst3: no task 'sst3'; did you mean 'sst2'? Tasks: cola, sst2, *",
    "--task=": "--task=; expected names separated by commas; give --task=sst2,cola",
    "--claims-source=all,mnlii": "--claims-source=all,mnlii: no task 'mnlii'; did you mean 'mnli'? Tasks: cola, *",
    "--model=./no-such-folder": "no model folder ./no-such-folder; expected an existing folder, a hub id or lab; *",
    "--data=./no-such-folder": "*no-such-folder*",
    "--model=": "--model=; expected a value; give --model=bert-base-uncased",
    "--seeds=0": "--seeds=0; expected the number of seeds (at least 1), the seeds themselves (each once) or *",
    "--seeds=1,1": "--seeds=1,1; expected the number of seeds (at least 1), the seeds themselves (each once) or *",
    "--seeds=some": "--seeds=some; expected the number of seeds *; give --seeds=auto:8",
    "--seeds=auto:many": "--seeds=auto:many; expected auto or auto:MAX, where MAX is a whole number of at least 3; *",
    "--seeds=auto:2": "--seeds=auto:2; expected auto or auto:MAX, where MAX is a whole number of at least 3; *",
    "--seeds=automatic": "--seeds=automatic; expected auto or auto:MAX, where MAX is a whole number of at least 3; *",
    "--claims-sparsity=1.2": "--claims-sparsity=1.2; expected a number between 0 and 1; give --claims-sparsity=0.7",
    "--claims-alpha=0.7": "--claims-alpha=0.7; expected a number between 0 and 0.5; give --claims-alpha=0.01",
    "--claims-margin=much": "--claims-margin=much; expected a number between 0 and 1; give --claims-margin=0.01",
    "--claims-method=bootstrp": (
        "--claims-method=bootstrp; expected t, bootstrap or permutation (did you mean 'bootstrap'?); "
        "give --claims-method=bootstrap"
    ),
    "--claims-prunable=all": "--claims-prunable=all; expected encoder or paper; give --claims-prunable=paper",
    "--claims-workers=0": "--claims-workers=0; expected a whole number, at least 1; give --claims-workers=1",
    "--claims-schedule=often": "--claims-schedule=often: schedule 'often'; expected original:STEP, *",
    "--claims-protocol=papre": "--claims-protocol=papre: no protocol 'papre'; did you mean 'paper'? Protocols: *",
    "--claims-only=": "--claims-only=; expected names separated by commas; give --claims-only=chen-1,chen-4",
    "--claims-json=": "--claims-json=; expected a value; give --claims-json=verdicts.json",
}


@pytest.mark.parametrize("option", BAD)
def test_a_bad_option_is_reported_in_one_line(option: str, run_claims: RunClaims) -> None:
    result = run_claims(option, "--claims-plan")
    result.stderr.fnmatch_lines([f"ERROR: {BAD[option]}".replace("[", "[[]")])
    assert result.ret == 4
    assert len([line for line in result.errlines if line]) == 1


def test_a_model_folder_without_a_configuration_is_reported(run_claims: RunClaims, tmp_path: Path) -> None:
    result = run_claims(f"--model={tmp_path}", "--data=lab")
    result.stderr.fnmatch_lines([f"ERROR: model folder {tmp_path}: it has no config.json; expected a folder that *"])


def test_a_model_folder_without_weights_is_reported(run_claims: RunClaims, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n")
    result = run_claims(f"--model={tmp_path}", "--data=lab")
    result.stderr.fnmatch_lines(
        [f"ERROR: model folder {tmp_path}: it has no model.safetensors; expected a folder that *"]
    )


def test_a_store_that_cannot_be_written_is_reported(run_claims: RunClaims, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run_claims(f"--claims-store={tmp_path}/file/store", "--claims-plan")
    result.stderr.fnmatch_lines([f"ERROR: cannot open the store {tmp_path}/file/store: *; * --claims-store=FOLDER"])


def test_a_bad_option_is_reported_in_a_session_without_claims(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--claims-sort=size")
    result.stderr.fnmatch_lines(["ERROR: --claims-sort=size; expected claim, effect or verdict; *"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
