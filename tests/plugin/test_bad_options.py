"""What a person reads after a wrong option: the whole line. That there is one is a law of tests/faults."""

from pathlib import Path

import pytest

from lth.app import parsers
from lth.app.options import OPTIONS
from tests.faults.permissions import heeded
from tests.plugin.conftest import CLAIMS, WINNING, Remember, RunClaims

BAD = {
    "--task=sst3": "--task=sst3: no task 'sst3'; did you mean 'sst2'? Tasks: cola, sst2, *",
    "--task=SST2": "--task=SST2: no task 'SST2'; did you mean 'sst2'? Tasks: cola, sst2, *",
    "--claims-task=sst3": "--claims-task=sst3: no task 'sst3'; did you mean 'sst2'? Tasks: cola, sst2, *",
    "--task=": "--task=; expected names separated by commas; give --task=sst2,cola",
    "--model=./no-such-folder": "no model folder ./no-such-folder; expected an existing folder, a hub id or lab; *",
    "--model=": "--model=; expected a value; give --model=bert-base-uncased",
    "--model=~nosuch/bert": (
        "--model=~nosuch/bert; expected a path, and ~NAME is the home of nobody here; give --model=bert-base-uncased"
    ),
    "--seeds=0": "--seeds=0; expected the number of seeds (at least 1), the seeds themselves (each once) or *",
    "--seeds=1000000000": "--seeds=1000000000; expected at most 1,000 seeds, none above 4294967295; give *auto:8",
    "--seeds=auto:2": "--seeds=auto:2; expected auto or auto:MAX, where MAX is a whole number from 3 to 1,000; *",
    "--claims-sparsity=1.2": "--claims-sparsity=1.2; expected a number between 0 and 1; give --claims-sparsity=0.7",
    "--claims-method=bootstrp": (
        "--claims-method=bootstrp; expected crossed, t, bootstrap or permutation (did you mean 'bootstrap'?); "
        "give --claims-method=bootstrap"
    ),
    "--claims-workers=0": "--claims-workers=0; expected a whole number from 1 to 1,000; give --claims-workers=1",
    "--claims-schedule=original:1e-9": (
        "--claims-schedule=original:1e-9: schedule 'original:1e-9' has 500,000,000 rounds; expected at most 1,000, "
        "because each trains a model; give larger steps"
    ),
    "--claims-protocol=papre": "--claims-protocol=papre: no protocol 'papre'; did you mean 'paper'? Protocols: *",
    "--claims-protocol=lab:lr=nan": (
        "--claims-protocol=lab:lr=nan: recipe lr=nan; expected from 1e-12 to 1e+38; give another lr"
    ),
    "--claims-json=": "--claims-json=; expected a value; give --claims-json=verdicts.json",
    "--claims-json=/": "--claims-json=/: cannot write /: it is a folder; name a file in a folder you may write to",
    "--claims-only=chen-11": "--claims-only=chen-11: no claim 'chen-11'; did you mean 'chen-1'? Claims: chen-1, *",
    "--claims-skip=Chen-3": "--claims-skip=Chen-3: no claim 'Chen-3'; did you mean 'chen-3'? Claims: chen-1, *",
    "--claims-skip=chen-*": "--claims-skip=chen-[*] leaves no claim; expected one that is left; skip fewer",
}


@pytest.mark.parametrize("option", BAD)
def test_a_bad_option_is_reported_in_one_line(option: str, run_claims: RunClaims) -> None:
    result = run_claims(option, "--claims-plan")
    text = BAD[option]
    result.stderr.fnmatch_lines([f"ERROR: {text if '[*]' in text else text.replace('[', '[[]')}"])
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


def test_a_bad_option_is_reported_in_a_session_without_claims(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--claims-sort=size")
    result.stderr.fnmatch_lines(["ERROR: --claims-sort=size; expected claim, effect or verdict; *"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_claims_to_leave_out_do_not_matter_in_a_session_without_claims(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--claims-only=chen-1", "--claims-skip=chen-2")
    result.assert_outcomes(passed=1)


def test_a_problem_in_every_process_of_xdist_is_reported_once(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess(CLAIMS, "-p", "no:cacheprovider", "-n2", "--model=./nowhere")
    assert [line for line in result.errlines if line] == [
        "ERROR: no model folder ./nowhere; expected an existing folder, a hub id or lab; check the path"
    ]
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_a_device_that_is_not_there_is_reported_before_anything_runs(
    run_claims: RunClaims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lth.app.settings.importlib.metadata.version", lambda name: "2.6.0+cpu")
    result = run_claims("--claims-device=cuda", f"--claims-store={tmp_path}/store")
    assert [line for line in result.errlines if line] == [
        "ERROR: no device cuda here; expected torch with CUDA, and this torch computes on CPUs only; choose the "
        "device cpu"
    ]
    assert not list(tmp_path.glob("store/??/*"))


def test_a_device_that_is_hidden_is_reported_before_anything_runs(
    run_claims: RunClaims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lth.app.settings.importlib.metadata.version", lambda name: "2.6.0")
    monkeypatch.setattr("lth.app.settings.ctypes.util.find_library", lambda name: "libcuda.so.1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    result = run_claims("--claims-device=cuda", f"--claims-store={tmp_path}/store")
    assert [line for line in result.errlines if line] == [
        "ERROR: no device cuda here; expected a GPU, and CUDA_VISIBLE_DEVICES hides all of them; choose the device cpu"
    ]


PLACES = [option.flag for option in OPTIONS.values() if option.probe or option.parse is parsers.evidence]
FILES, FOLDERS = ("--claims-json", "--claims-report"), ("--claims-store", "--claims-storage")
"""The options for what a run writes."""


@pytest.mark.parametrize("flag", sorted(set(PLACES) - {*FILES}))
def test_a_place_below_a_folder_that_may_not_be_entered_is_refused(
    flag: str, run_claims: RunClaims, tmp_path: Path
) -> None:
    (tmp_path / "closed").mkdir(mode=0o000)
    with heeded():
        result = run_claims(f"{flag}={tmp_path}/closed/place", "--claims-plan")
    result.stderr.fnmatch_lines(
        [
            f"ERROR: {flag}={tmp_path}/closed/place; expected a place that can be reached (Permission denied); "
            f"give {flag}=*"
        ]
    )


@pytest.mark.parametrize("flag", sorted(set(PLACES) - {*FILES, *FOLDERS}))
def test_a_folder_that_may_not_be_read_is_refused(flag: str, run_claims: RunClaims, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o000)
    with heeded():
        result = run_claims(f"{flag}={tmp_path}/closed", "--claims-plan")
    result.stderr.fnmatch_lines([f"ERROR: {flag}={tmp_path}/closed; expected a place that you may read; give {flag}=*"])


@pytest.mark.parametrize("flag", FILES)
def test_a_new_file_that_may_not_be_written_is_refused(flag: str, run_claims: RunClaims, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir(mode=0o500)
    (tmp_path / "closed").mkdir(mode=0o000)
    for place in (f"{tmp_path}/whole/a/b", f"{tmp_path}/closed/place"):
        with heeded():
            result = run_claims(f"{flag}={place}", "--claims-plan")
        result.stderr.fnmatch_lines(
            [
                f"ERROR: {flag}={place}: cannot write {place}: Permission denied; name a file in a folder you may "
                "write to"
            ]
        )


@pytest.mark.parametrize("flag", FOLDERS)
def test_a_new_folder_in_a_folder_that_may_not_be_written_is_refused(
    flag: str, run_claims: RunClaims, tmp_path: Path
) -> None:
    (tmp_path / "whole").mkdir(mode=0o500)
    with heeded():
        result = run_claims(f"{flag}={tmp_path}/whole/a/b", "--claims-plan")
    result.stderr.fnmatch_lines(
        [
            f"ERROR: {flag}={tmp_path}/whole/a/b; expected a place in a folder that you may write to, and "
            f"{tmp_path}/whole is not one; give {flag}=*"
        ]
    )


def test_a_home_folder_is_found_for_what_a_run_writes(
    remember: Remember, run_claims: RunClaims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    run_claims("--claims-store", remember(WINNING), "--claims-json=~/verdicts.json", "--claims-only=chen-1")
    assert (tmp_path / "verdicts.json").is_file()
