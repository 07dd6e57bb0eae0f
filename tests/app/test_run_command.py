"""Wrong uses of `lth run`, each in one line. tests/app/test_wheel.py judges claims with it."""

import pytest

from lth.app.cli import main

Output = pytest.CaptureFixture[str]


def test_a_word_that_is_no_option_is_refused_with_what_to_give(capsys: Output) -> None:
    assert main(["run", "chen-1"]) == 2
    assert capsys.readouterr().err == (
        "lth: 'chen-1' is not an option; expected options; choose claims with --only=ID, and give pytest's own options "
        "behind --\n"
    )


@pytest.mark.parametrize("option", ["--alpha", "--claims-alpha"])
def test_options_are_typed_as_in_pytest_or_without_claims(option: str, capsys: Output) -> None:
    assert main(["run", f"{option}=2"]) == 2
    assert capsys.readouterr().err == "lth: --alpha=2; expected a number between 0 and 0.5; give --alpha=0.01\n"


def test_a_misspelt_option_gets_a_suggestion(capsys: Output) -> None:
    with pytest.raises(SystemExit):
        main(["run", "--sead=3"])
    error = capsys.readouterr().err
    assert error.startswith("lth: '--sead=3' is not an argument of lth run; did you mean '--seeds'?")


def test_a_folder_without_claims_is_reported(capsys: Output, tmp_path: object) -> None:
    assert main(["run", f"--claims={tmp_path}/none"]) == 2
    assert capsys.readouterr().err.startswith(f"lth: no claims in {tmp_path}/none; expected ")
