"""The JSON Schema of a document and its page are compared with the rows."""

import json
import re
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import ModuleType

import pytest

from lth.document.files import json_schema, read_json, to_json
from lth.document.rows import ClaimRow, Document
from tests.pages import DOCS, script

ROOT = Path(__file__).parents[2]


@pytest.fixture
def writer() -> ModuleType:
    """The script that writes the schema's file."""
    return script("schema.py")


def rows(hint: object) -> Iterator[type]:
    """All dataclasses that a value of this type can contain, including the type itself."""
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
        for inner in typing.get_type_hints(hint).values():
            yield from rows(inner)
    for inner in typing.get_args(hint):
        yield from rows(inner)


def test_the_schema_in_the_docs_is_that_of_the_rows(writer: ModuleType) -> None:
    assert writer.FILE == DOCS / "document-schema.json"
    assert writer.FILE.read_text(encoding="utf-8") == writer.text(), "run python docs/schema.py"


def test_a_real_document_is_valid_by_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    judge = jsonschema.Draft202012Validator(json_schema())
    plain = json.loads(to_json(read_json(ROOT / "reports" / "baseline.json")))
    assert list(judge.iter_errors(plain)) == []
    plain["claims"][0]["effect"]["region"]["low"] = "far"
    assert [list(error.absolute_path) for error in judge.iter_errors(plain)] == [
        ["claims", 0, "effect", "region", "low"]
    ]


def test_every_field_of_every_row_is_on_the_page() -> None:
    named = set(re.findall(r"`(\w+)`", (DOCS / "document.md").read_text(encoding="utf-8")))
    known = set(rows(Document))
    assert len(known) > 15
    assert {
        f"{row.__name__}.{field.name}" for row in known for field in fields(row) if field.name not in named
    } == set()


def test_the_pages_table_of_a_claim_has_its_fields_and_no_others() -> None:
    lines = (DOCS / "document.md").read_text(encoding="utf-8").splitlines()
    named = [name for line in lines if line.startswith("| `") for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert sorted(named) == sorted(field.name for field in fields(ClaimRow))
