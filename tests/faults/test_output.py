"""What is printed and written: plain on a plain terminal, quiet when nobody reads, and nothing in it is obeyed."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lth.app.cli import main
from lth.claims.arm_id import ArmId
from lth.document.files import from_json, read_json, to_json, write_json
from lth.document.rows import ClaimRow, Document
from lth.document.writing import check_writable, write_text
from lth.errors import EvidenceError, UsageError
from lth.history.changes import compare
from lth.history.table import changes_markdown, changes_table
from lth.report.escaping import escape
from lth.report.markdown import markdown
from lth.report.pictures import pictures
from lth.report.site import site
from lth.report.table import terminal_table
from tests.faults.conftest import BASELINE, CLAIMS, LTH
from tests.faults.permissions import heeded

PYTEST = ["-m", "pytest", "-p", "no:cacheprovider", str(CLAIMS)]
COMMANDS = {
    "lth report": ["-c", LTH, "report", "-v", str(BASELINE)],
    "lth compare": ["-c", LTH, "compare", str(BASELINE), str(BASELINE)],
    "lth --help": ["-c", LTH, "--help"],
    "lth decide": ["-c", LTH, "decide", "published", f"--claims={CLAIMS}", "--task=sst2"],
    "pytest": [*PYTEST, "--claims-evidence=published", "--task=sst2"],
}


def ran(words: list[str], folder: Path, **more: object) -> subprocess.CompletedProcess[bytes]:
    given: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.run([sys.executable, *words], cwd=folder, timeout=120, **given)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_goes_away_ends_nothing_and_is_not_mentioned(command: str, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    ended = ran(COMMANDS[command], tmp_path, stdout=write)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_comparison_that_fails_does_so_although_nobody_reads(tmp_path: Path) -> None:
    document = read_json(BASELINE)
    claims = tuple(replace(claim, verdict=type(claim.verdict)("INCONCLUSIVE")) for claim in document.claims)
    write_json(replace(document, claims=claims), tmp_path / "other.json")
    read, write = os.pipe()
    os.close(read)
    words = ["-c", LTH, "compare", str(BASELINE), "other.json", "--fail=verdict"]
    assert ran(words, tmp_path, stdout=write).returncode == 1
    os.close(write)


def test_a_full_disk_behind_the_output_is_one_line(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        ended = ran(COMMANDS["lth report"], tmp_path, stdout=full)
    assert ended.returncode == 2
    assert ended.stderr == b"lth: cannot write the output: No space left on device; send it elsewhere\n"


@pytest.mark.parametrize(
    ("command", "encoding"),
    [
        ("lth report", "ascii"),
        ("lth report", "latin-1"),
        ("lth report", "ascii:surrogateescape"),
        ("lth report", "utf-8"),
        ("lth decide", "ascii"),
        ("pytest", "latin-1"),
    ],
)
def test_a_terminal_with_few_characters_gets_plain_ones(command: str, encoding: str, tmp_path: Path) -> None:
    ended = ran(COMMANDS[command], tmp_path, env={**os.environ, "PYTHONIOENCODING": encoding})
    assert (ended.returncode, ended.stderr) == (0, b"")
    text = ended.stdout.decode(encoding.partition(":")[0])
    assert (f"S, R or I ({'–' if encoding == 'utf-8' else '-'} if" in text) == (command == "lth report")
    for escaped in ("\\u", "\\x", "Traceback", "�"):
        assert escaped not in text


def test_the_c_locale_gets_plain_characters(tmp_path: Path) -> None:
    ended = ran(COMMANDS["lth report"], tmp_path, env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"})
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.isascii()


EVIL = "a\x1b[31mb\rc\x07d\u202ee<script>f|g`h*i* _j_ [k](l) ![m](n) https://o.p www.q.r @s #1 &lt; \\ ~~t~~"
TAME = "a\\x1b[31mb\\rc\\x07d\\u202ee"


@pytest.fixture(scope="module")
def evil() -> Document:
    """A run whose every text is hostile."""

    def text(value: object, name: str = "") -> object:
        if isinstance(value, dict) and "treatment" in value:
            return value
        if isinstance(value, dict):
            return {key: text(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [text(inner, name) for inner in value]
        known = ("verdict", "adjusted_verdict", "unit", "pruning", "created", "outcome", "evidence")
        return EVIL if isinstance(value, str) and name not in known else value

    raw = json.loads(to_json(read_json(BASELINE)))
    raw["claims"] = [claim | {"arms": claim.get("arms", [])[:2]} for claim in raw["claims"][:3]]
    for number, claim in enumerate(raw["claims"]):
        claim["row"] = str(number)
    changed = text(raw)
    assert isinstance(changed, dict)
    for number, claim in enumerate(changed["claims"]):
        claim["row"] += str(number)
    return from_json(json.dumps(changed | {"warnings": [EVIL], "notes": {EVIL: EVIL}}))


@pytest.mark.filterwarnings("ignore:Glyph")
def test_no_view_obeys_a_control_character(evil: Document, tmp_path: Path) -> None:
    changes = compare(evil, evil)
    page = site(evil, tmp_path, [evil]).read_text(encoding="utf-8")
    views = [terminal_table(evil), markdown(evil), changes_table(changes), changes_markdown(changes), page]
    for view in views:
        assert TAME in view.replace("\\\\", "\\")
        assert not [
            character for character in view if not (character.isprintable() or character in "\n\N{NO-BREAK SPACE}")
        ]
    assert "<script>f" not in page


def test_nothing_in_a_document_becomes_markup_in_markdown(evil: Document) -> None:
    drawn = [(picture, picture.name) for group in pictures(evil).values() for picture in group]
    for text in (markdown(evil, drawn), changes_markdown(compare(evil, evil))):
        for markup in ("<script>", "*i*", "e|", "[k](l)", "![m](n)", "https://o", "www.q", " @s", "~~t", " _j_"):
            assert markup not in text.replace("\\*", "").replace("\\_", "")
        assert "\\[k\\]\\(l" in text or "[k\\](l)" in text


@pytest.mark.parametrize(
    "text", ["imp@0.7 − full", "rewound 50%@0.7", "+1.2 [-0.3, +2.7] (paired t)", "max_length 64", "> -2"]
)
def test_ordinary_text_is_the_same_in_markdown(text: str) -> None:
    assert escape(text) == text


def test_a_name_with_a_control_character_is_shown_in_the_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(tmp_path / "a\x1b[2J\rb\u202e.json")]) == 2
    line = capsys.readouterr().err
    assert "a\\x1b[2J\\rb\\u202e.json" in line
    assert line.rstrip("\n").isprintable()


# ---- files ----


def test_a_link_to_a_file_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "old.json").write_text("old")
    (tmp_path / "link.json").symlink_to("there/old.json")
    write_text(tmp_path / "link.json", "new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "there" / "old.json").read_text() == "new"


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "new.json", "text")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.json").stat().st_mode) == 0o640


def test_a_folder_that_may_not_be_written_is_found_before_and_nothing_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with heeded():
        for place in (folder / "x.json", folder / "new" / "x.json"):
            with pytest.raises(UsageError, match=r"x\.json: Permission denied; name a file in a folder you may write"):
                check_writable(place)
    assert list(folder.iterdir()) == []


def test_a_place_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("old")
    check_writable(tmp_path / "old.json")
    check_writable(tmp_path / "new" / "folder" / "x.json")
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]
    assert (tmp_path / "old.json").read_text() == "old"


@pytest.mark.parametrize("option", ["--claims-save=x", "--claims-autosave"])
def test_a_storage_that_cannot_be_written_is_found_before_anything_runs(option: str, pytester: pytest.Pytester) -> None:
    (pytester.path / "taken").write_text("")
    ended = pytester.runpytest_inprocess(str(CLAIMS), "--claims-plan", option, "--claims-storage=taken")
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    assert "--claims-storage=taken; expected a folder, and a file is there" in ended.stderr.str()


# ---- runs with nothing in common ----


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The same run on another task."""
    document = read_json(BASELINE)
    write_json(replace(document, claims=tuple(_on_cola(claim) for claim in document.claims)), tmp_path / "cola.json")
    return tmp_path / "cola.json"


def _on_cola(claim: ClaimRow) -> ClaimRow:
    return replace(claim, task=f"{claim.task} of another")


def test_a_condition_on_runs_with_nothing_in_common_is_an_error(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(BASELINE), str(elsewhere)]) == 0
    capsys.readouterr()
    assert main(["compare", str(BASELINE), str(elsewhere), "--fail=verdict"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        "lth: no claim in common: the old run has 31 and the new run 31, so nothing can fail; expected"
    )


def test_a_claim_run_with_nothing_in_common_ends_in_one_line_and_is_saved(
    elsewhere: Path, pytester: pytest.Pytester
) -> None:
    ended = pytester.runpytest_inprocess(
        *(str(CLAIMS), "--claims-evidence=published", "--task=sst2", "--claims-save=x", "--claims-storage=runs"),
        *(f"--claims-compare={elsewhere}", "--claims-compare-fail=verdict"),
    )
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    assert next(line for line in ended.errlines if line).startswith("ERROR: no claim in common")
    assert (pytester.path / "runs" / "0001_x.json").is_file()


def test_a_name_that_cannot_be_an_arms_is_refused_with_its_path() -> None:
    raw = json.loads(to_json(read_json(BASELINE)))
    raw["claims"][0]["arms"][0]["id"] = {"treatment": "a\x1b[31m"}
    with pytest.raises(EvidenceError, match=r"\$\.claims\[0\] \(chen-1 on sst2\)\.arms\[0\]\.id: 'a\\x1b\[31m'"):
        from_json(json.dumps(raw))
    assert str(ArmId("full")) == "full"
