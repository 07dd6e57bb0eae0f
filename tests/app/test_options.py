"""The table of options: what one entry does, and what every entry must have."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from lth.app import parsers
from lth.app.cli import main
from lth.app.option import Option
from lth.app.options import OPTIONS, PRUNABLE, read_options
from lth.errors import UsageError
from lth.spec.protocol import Prunable
from tests.pages import DOCS, script

every_option = pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)


@pytest.fixture
def ink(monkeypatch: pytest.MonkeyPatch) -> Option:
    """An option added to the table."""
    option = Option(
        "--claims-ink",
        parsers.one_of("black", "blue"),
        default="black",
        help="colour of the ink",
        example="blue",
        metavar="black|blue",
        commands=("plan",),
    )
    monkeypatch.setitem(OPTIONS, option.name, option)
    return option


@pytest.mark.usefixtures("ink")
def test_an_option_in_the_table_is_one_of_pytest(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest_inprocess("--help")
    shown.stdout.fnmatch_lines(["*--claims-ink=black|blue", "*colour of the ink (default: black)"])
    refused = pytester.runpytest_inprocess("--claims-ink=blau")
    refused.stderr.fnmatch_lines(
        ["ERROR: --claims-ink=blau; expected black or blue (did you mean 'blue'?); give --claims-ink=blue"]
    )


@pytest.mark.usefixtures("ink")
def test_an_option_in_the_table_is_one_of_the_commands_that_it_names(capsys: pytest.CaptureFixture[str]) -> None:
    helps = {}
    for command in ("plan", "decide"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        helps[command] = capsys.readouterr().out
    assert "--ink black|blue" in helps["plan"]
    assert "colour of the ink (default: black)" in " ".join(helps["plan"].split())
    assert "--ink" not in helps["decide"]
    assert main(["plan", "--ink=blau"]) == 2
    assert capsys.readouterr().err == (
        "lth: --ink=blau; expected black or blue (did you mean 'blue'?); give --ink=blue\n"
    )


@pytest.mark.usefixtures("ink")
def test_an_option_in_the_table_is_on_the_page_of_options() -> None:
    page = script("generated.py").on_page_markdown((DOCS / "options.md").read_text(encoding="utf-8"))
    assert "| `--claims-ink=black|blue` | colour of the ink | black | `--claims-ink=blue` |" in page


@every_option
def test_every_option_says_what_happens_without_it(option: Option) -> None:
    assert bool(option.otherwise) is (option.default is None)
    assert option.unless_given()


@every_option
def test_the_example_and_the_default_of_every_option_can_be_read(option: Option, own_folder: Path) -> None:
    (own_folder / "my_pruner.py").write_text("def score(candidate): ...\n", encoding="utf-8")
    option.read(option.example)
    option.read(None)


def test_the_names_in_the_table_are_those_that_other_rooms_know() -> None:
    assert get_args(Prunable) == PRUNABLE


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("task", ("cola", "sst2"), "cola,sst2"),
        ("task", ["sst2"], "sst2"),
        ("seeds", 3, "0,1,2"),
        ("seeds", (7,), "7,"),
        ("seeds", range(2), "2"),
        ("sparsity", 0.5, ".5"),
        ("schedule", (0.7,), "0.7"),
        ("store", Path("kept"), "kept"),
        ("strict", True, "on"),
        ("compare_fail", "verdict", ("verdict",)),
    ],
)
def test_a_python_value_is_read_like_its_text(name: str, value: object, text: object) -> None:
    assert read_options({name: value}) == read_options({name: text})


def test_a_bad_python_value_is_refused_like_its_text() -> None:
    with pytest.raises(UsageError, match=r"^--claims-seeds=0; expected the number of seeds \(at least 1\)"):
        read_options({"seeds": 0})


def test_a_name_that_no_option_has_is_reported_with_the_nearest_one() -> None:
    with pytest.raises(UsageError, match=r"^no option 'sed'; did you mean 'seeds'\? Options: task, source, model"):
        read_options({"sed": 3})


def test_the_message_of_a_room_below_gets_the_option_that_was_typed() -> None:
    with pytest.raises(UsageError) as caught:
        OPTIONS["compare_fail"].read(["verdict", "effects"], "--fail=")
    assert str(caught.value).startswith("--fail=effects: cannot read 'effects' as a condition to fail on; expected ")


def test_a_command_hands_to_pytest_what_was_typed() -> None:
    assert OPTIONS["alpha"].words("0.01") == ["--claims-alpha=0.01"]
    assert OPTIONS["compare_fail"].words(["verdict", "pvalue:0.01"]) == [
        "--claims-compare-fail=verdict",
        "--claims-compare-fail=pvalue:0.01",
    ]
    assert OPTIONS["strict"].words(True) == ["--claims-strict"]
    assert OPTIONS["alpha"].words(None) == OPTIONS["strict"].words(None) == []


def test_the_table_of_options_imports_no_library() -> None:
    code = (
        "import sys; before = set(sys.modules); import lth.app.options; "
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "['lth']\n"


def test_the_option_on_its_page_can_be_added_as_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (DOCS / "add-option.md").read_text(encoding="utf-8")
    namespace: dict[str, Option] = {}
    exec(page.partition('options.py"\n')[2].partition("```")[0], namespace)
    power = namespace["POWER"]
    monkeypatch.setitem(OPTIONS, power.name, power)
    assert read_options({"power": "0.9"})["power"] == 0.9
    with pytest.raises(UsageError, match=r"^--claims-power=2; expected a number between 0 and 1; give --claims-power="):
        read_options({"power": "2"})
