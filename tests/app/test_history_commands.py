import json
from pathlib import Path

import pytest

from lth.app.cli import main
from lth.history.storage import save
from tests.history.made_up import claim, document

GOOD, CONTROL = (0.91, 0.91, 0.92, 0.92, 0.90), (0.90, 0.91, 0.92, 0.91, 0.90)
FALLEN = (0.80, 0.81, 0.82, 0.81, 0.79)

Output = pytest.CaptureFixture[str]


@pytest.fixture
def storage(tmp_path: Path) -> str:
    save(document(claim(GOOD, CONTROL)), tmp_path, "good")
    save(document(claim(FALLEN, CONTROL)), tmp_path, "fallen")
    return f"--storage={tmp_path}"


def test_saved_runs_are_listed(storage: str, capsys: Output) -> None:
    assert main(["list", storage]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()[2:]] == ["good", "fallen"]


def test_a_folder_without_runs_has_an_empty_list(tmp_path: Path, capsys: Output) -> None:
    assert main(["list", f"--storage={tmp_path}/none"]) == 0
    assert capsys.readouterr().out == "no saved run\n"


def test_a_truncated_run_is_named_and_the_others_are_listed(storage: str, tmp_path: Path, capsys: Output) -> None:
    broken = tmp_path / "0001_good.json"
    broken.write_text(broken.read_text()[:100])
    assert main(["list", storage]) == 0
    printed = capsys.readouterr()
    assert "fallen" in printed.out
    assert printed.err.startswith(f"left out: {broken}: not whole JSON (")
    assert main(["compare", "1", "2", storage]) == 2
    assert capsys.readouterr().err.startswith(f"lth: {broken}: not whole JSON (")


def test_a_run_edited_into_something_else_is_refused_with_its_file_and_place(
    storage: str, tmp_path: Path, capsys: Output
) -> None:
    edited = tmp_path / "0002_fallen.json"
    document = json.loads(edited.read_text())
    document["claims"][0]["effect"]["interval"]["estimate"] = "large"
    edited.write_text(json.dumps(document))
    assert main(["compare", "1", "2", storage]) == 2
    assert capsys.readouterr().err == (
        f"lth: {edited}: not a verdict document ($.claims[0].effect.interval.estimate: 'large'; "
        "expected float | null); give a file that --claims-json wrote\n"
    )


def test_two_runs_are_compared(storage: str, capsys: Output) -> None:
    assert main(["compare", "1", "2", storage]) == 0
    printed = capsys.readouterr()
    assert "verdict, worse" in printed.out
    assert printed.err == ""


def test_the_other_run_is_the_latest_by_default(storage: str, capsys: Output) -> None:
    main(["compare", "good", storage])
    one = capsys.readouterr().out
    main(["compare", "good", "latest", storage])
    assert capsys.readouterr().out == one


def test_a_change_that_is_not_allowed_gives_status_1_and_one_line(storage: str, capsys: Output) -> None:
    assert main(["compare", "1", "2", storage, "--fail=verdict", "--fail=chen-*=effect:0.1"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("changed: chen-1 on sst2 (measured): SUPPORTED +0.4 [-0.1, +1.0] -> REFUTED -11.3 [")
    assert line.endswith("; fails verdict, chen-*=effect:0.1")


def test_what_is_allowed_gives_status_0(storage: str, capsys: Output) -> None:
    assert main(["compare", "1", "2", storage, "--fail=effect:0.5"]) == 0
    assert main(["compare", "1", "1", storage, "--fail=verdict", "--fail=pvalue:0.9"]) == 0
    assert capsys.readouterr().err == ""


def test_a_stricter_alpha_calls_fewer_changes(storage: str, capsys: Output) -> None:
    assert main(["compare", "1", "2", storage, "--fail=effect:0", "--alpha=1e-9"]) == 0
    assert main(["compare", "1", "2", storage, "--fail=effect:0", "--alpha=0.7"]) == 2
    assert "lth: --alpha=0.7; expected a number between 0 and 0.5; give --alpha=0.01" in capsys.readouterr().err


def test_the_comparison_is_markdown_if_asked(storage: str, capsys: Output) -> None:
    assert main(["compare", "1", "2", storage, "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("| claim ")


def test_a_run_that_is_not_there_and_a_bad_expression_give_status_2(storage: str, capsys: Output) -> None:
    assert main(["compare", "1", "9", storage]) == 2
    assert "lth: no saved run '9' in " in capsys.readouterr().err
    assert main(["compare", "1", "2", storage, "--fail=effects"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(
        "lth: --fail=effects: cannot read 'effects' as a condition to fail on; expected [GLOB=] and then verdict"
    )


def test_a_pattern_that_covers_nothing_is_a_warning(storage: str, capsys: Output) -> None:
    assert main(["compare", "1", "2", storage, "--fail=chen2=verdict"]) == 0
    assert capsys.readouterr().err == "warning: chen2=verdict covers no claim that both runs have; check its pattern\n"


def test_more_than_two_runs_are_shown_side_by_side(storage: str, tmp_path: Path, capsys: Output) -> None:
    save(document(claim(CONTROL, CONTROL)), tmp_path, "same")
    assert main(["compare", "1", "2", "3", storage]) == 0
    page = capsys.readouterr().out
    header = next(line for line in page.splitlines() if line.startswith("| claim"))
    assert [title.strip() for title in header.split("|")[4:7]] == ["0001_good", "0002_fallen", "0003_same"]
    assert main(["compare", "1", "2", "3", "--fail=verdict", storage]) == 2
    assert "--fail with more than two runs" in capsys.readouterr().err
