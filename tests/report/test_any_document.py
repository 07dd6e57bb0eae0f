"""A real run with a wrong value at any path is refused in one line, or every view shows it."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lth.document.files import from_json, read_json, to_json
from lth.document.rows import Document
from lth.errors import EvidenceError
from lth.history.changes import circumstances, compare
from lth.history.storage import Saved
from lth.history.table import changes_markdown, changes_table, runs_table
from lth.report.markdown import markdown
from lth.report.result import Report
from lth.report.site import site
from lth.report.site.views import views
from lth.report.table import terminal_table

BASELINE = Path(__file__).parents[2] / "reports" / "baseline.json"
LEFT_OUT = object()
WRONG: list[Any] = [None, True, "", "a\x1b[31mb", "-inf", 0, -1, 7, 0.5, -1e15, 1e-300, 10**17]
WRONG += [[], [None], [[0]], {}, {"a": 1}, "full", LEFT_OUT]
Path_ = tuple[str | int, ...]


def real(schema: int) -> Any:
    """A real run with one claim of each kind."""
    raw = json.loads(BASELINE.read_text(encoding="utf-8") if schema == 1 else to_json(read_json(BASELINE)))
    kinds = {claim["id"]: claim for claim in raw["claims"] if claim["id"] in ("chen-2a", "chen-5", "prasanna-5b")}
    raw["claims"] = list(kinds.values())
    if schema == 2:
        raw["sequential"] = {"looks": [{"seeds": 3, "alpha": 0.02}], "experiments": 3, "of": 9}
        raw |= {"notes": {"by": "a plugin"}, "warnings": ["a warning"]}
    return raw


def paths(raw: Any) -> list[Path_]:
    """A path of each kind: to the first entry of a list, and to the first of matrices that are named alike."""
    found: dict[str, Path_] = {}

    def walk(value: Any, path: Path_) -> Iterator[Path_]:
        yield path
        inner = value.items() if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else ()
        for name, each in inner:
            yield from walk(each, (*path, name))

    for path in walk(raw, ()):
        found.setdefault(re.sub(r"'encoder[^']*'|\d+", "*", str(path)), path)
    return [path for path in found.values() if path]


def mutated(raw: Any, path: Path_, value: Any) -> str:
    whole = copy.deepcopy(raw)
    at: Any = whole
    for step in path[:-1]:
        at = at[step]
    if value is LEFT_OUT:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return json.dumps(whole)


def show(document: Document, other: Document) -> str:
    """Everything that views say of a document, without pictures."""
    texts = [
        terminal_table(document),
        terminal_table(document, 60),
        markdown(document),
        Report(document)._repr_html_(),
    ]
    texts += [str(views(document, [other])), runs_table([(Saved(1, "a", BASELINE), document)])]
    for old, new in ((document, other), (other, document)):
        changes = given(compare, old, new)
        if not isinstance(changes, str):
            texts += [changes_table(changes), changes_markdown(changes), *circumstances(old, new)]
    return "\n".join(texts)


def given(read: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives, or the line in which it refuses."""
    try:
        return read(*arguments)
    except EvidenceError as refused:
        return str(refused)


def check(raw: Any, path: Path_, value: Any, other: Document) -> Document | None:
    """The document, if it is not refused."""
    document = given(from_json, mutated(raw, path, value))
    if isinstance(document, str):
        assert document.isprintable()
        assert "; expected " in document or "schema" in document
        return None
    assert "\x1b" not in show(document, other)
    return document


@pytest.mark.parametrize("schema", [1, 2])
def test_a_wrong_value_at_any_path_is_refused_or_shown(schema: int) -> None:
    raw, draw = real(schema), random.Random(schema)
    other = from_json(json.dumps(raw))
    tried = [check(raw, path, draw.choice(WRONG), other) for path in paths(raw)]
    assert len(tried) > 100
    assert None in tried
    assert any(tried)


@pytest.mark.night
@pytest.mark.parametrize("schema", [1, 2])
def test_every_wrong_value_at_any_path_is_refused_or_shown(schema: int) -> None:
    raw = real(schema)
    other = from_json(json.dumps(raw))
    tried = [check(raw, path, value, other) for path in paths(raw) for value in WRONG]
    assert None in tried


@pytest.mark.night
def test_every_page_of_a_wrong_value_is_drawn(tmp_path: Path) -> None:
    raw, draw = real(2), random.Random(0)
    other = from_json(json.dumps(raw))
    for at, path in enumerate(paths(raw)):
        if document := check(raw, path, draw.choice(WRONG), other):
            assert site(document, tmp_path / str(at), [other]).is_file()
