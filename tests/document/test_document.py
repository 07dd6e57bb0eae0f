import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth.document.document import read_json, write_json
from lth.errors import EvidenceError, UsageError
from lth.report import markdown, terminal_table


def test_a_document_is_read_as_it_was_written(build, tmp_path):
    document = build("sst2", "cola")
    write_json(document, tmp_path / "new" / "verdicts.json")
    assert read_json(tmp_path / "new" / "verdicts.json") == document


@given(value=st.floats())
def test_what_is_not_finite_is_null_and_all_else_is_exact(value, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "value.json"
    write_json({"schema": 1, "claims": [], "options": {"value": [value]}}, path)
    assert read_json(path)["options"]["value"] == [value if math.isfinite(value) else None]
    assert not any(word in path.read_text() for word in ("NaN", "Infinity"))


def test_a_document_with_nan_and_infinity_reads_the_same_before_and_after_it_is_written(build, tmp_path):
    document = build("sst2")
    document["claims"][0]["effect"].update(low=-math.inf, high=math.inf)
    document["claims"][0]["mde"] = math.inf
    document["claims"][0]["arms"]["imp@0.9"]["scores"][2] = math.nan
    write_json(document, tmp_path / "verdicts.json")
    again = read_json(tmp_path / "verdicts.json")
    assert again["claims"][0]["effect"]["low"] is None
    assert terminal_table(again) == terminal_table(document)
    assert markdown(again, {}) == markdown(document, {})


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(build, tmp_path):
    path = tmp_path / "verdicts.json"
    write_json(build("sst2"), path)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_json({"schema": 1, "claims": [], "options": {"value": object()}}, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named_in_one_line(build, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError) as caught:
        write_json(build("sst2"), tmp_path / "file" / "verdicts.json")
    assert str(caught.value) == (
        f"cannot write {tmp_path}/file/verdicts.json: File exists; name a file in a folder you may write to"
    )


def bad_file(folder: Path, text: str) -> Path:
    path = folder / "bad.json"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "no verdict document (it has no schema number)"),
        ('{"claims": []}', "no verdict document (it has no schema number)"),
        ('{"schema": 2, "claims": []}', "schema 2, but this version of lth reads schema 1"),
        ('{"schema": 1}', "no list of claims"),
        ('{"schema": 1, "claims": [3]}', "claim 1 has no id, row, statement, task, arms, effect, region, verdict"),
    ],
)
def test_a_file_that_is_no_document_of_this_schema_is_named_with_its_reason(text, problem, tmp_path):
    path = bad_file(tmp_path, text)
    with pytest.raises(EvidenceError) as caught:
        read_json(path)
    assert str(caught.value) == f"{path}: {problem}; give a file that --claims-json wrote"


def test_a_claim_that_lacks_its_verdict_is_named_by_its_place(build, tmp_path):
    document = build("sst2")
    del document["claims"][2]["verdict"]
    with pytest.raises(EvidenceError, match=r"bad\.json: claim 3 has no verdict; give a file"):
        read_json(bad_file(tmp_path, json.dumps(document)))


def test_a_truncated_file_is_named_with_the_place_where_it_ends(build, tmp_path):
    path = bad_file(tmp_path, json.dumps(build("sst2"))[:1000])
    with pytest.raises(EvidenceError) as caught:
        read_json(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: not whole JSON (")
    assert message.endswith("); run the claims again to write it anew")
    assert "\n" not in message


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(EvidenceError, match=r"none\.json: No such file or directory; give a file that --claims-json"):
        read_json(tmp_path / "none.json")
