"""Reads claims from their files without pytest, for the Python API and the commands about claims."""

from __future__ import annotations

import inspect
import itertools
import runpy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lth.app.declaring import GIVEN, DeclaredRow, arguments, check_arguments, chosen, claim_of, malformed, statement
from lth.claims.arms import Arms
from lth.claims.claim import Claim
from lth.errors import UsageError, did_you_mean

PACKAGE = Path(__file__).parents[1]

_Test = Callable[..., Any]


@dataclass(frozen=True)
class ClaimTest:
    """A claim and its test, without the rows; `name` is the test's name in pytest."""

    name: str
    claim: Claim
    test: _Test

    @property
    def statement(self) -> str:
        """The sentence that the test is about."""
        return statement(self.test)

    @property
    def about(self) -> str:
        """The docstring of the file."""
        return inspect.cleandoc(self.test.__globals__.get("__doc__") or "")


def claims_folder() -> Path:
    """The folder of this package's claims: `lth/papers` if the package is installed, `claims` in a checkout."""
    packaged = PACKAGE / "papers"
    return packaged if packaged.is_dir() else PACKAGE.parent / "claims"


def read_rows(patterns: Sequence[str], arms: Sequence[Arms], folder: Path | None = None) -> dict[str, DeclaredRow]:
    """The rows of the claims whose ids match one of the shell patterns, by the names that pytest gives them.

    `arms` are those of each task. Raises UsageError for a folder without claims, for a pattern that matches none, and
    for a claim that takes an argument which only pytest can give.
    """
    return rows_of(read_claims(patterns, folder), arms)


def rows_of(tests: Sequence[ClaimTest], arms: Sequence[Arms]) -> dict[str, DeclaredRow]:
    """The rows of these tests, as `read_rows` gives them."""
    rows = {}
    for each in tests:
        for id, given in arguments(inspect.signature(each.test).parameters, arms).items():
            for values in _parametrized(each.test):
                row = DeclaredRow(each.claim, each.test, {**given, **values})
                _check(each.name, row)
                rows[f"{each.name}[{'-'.join([id, *map(str, values.values())])}]"] = row
    return rows


def read_claims(patterns: Sequence[str], folder: Path | None = None) -> list[ClaimTest]:
    """The claims whose ids match one of the shell patterns, in the order of their files.

    Raises UsageError for a folder without claims and for a pattern that matches none.
    """
    place = folder or claims_folder()
    tests = list(_tests(place))
    ids = list(dict.fromkeys(each.claim.id for each in tests))
    if not ids:
        raise UsageError(f"no claims in {place}; expected test_*.py files with claims; give their folder")
    for pattern in patterns:
        if not any(chosen(id, (pattern,)) for id in ids):
            raise UsageError(f"no claim {pattern!r}{did_you_mean(pattern, ids)} Claims: {', '.join(ids)}")
    return [each for each in tests if chosen(each.claim.id, patterns)]


def _tests(folder: Path) -> Iterator[ClaimTest]:
    """Every claim's test below the folder."""
    for file in sorted(folder.rglob("test_*.py")):
        for function_name, function in runpy.run_path(str(file)).items():
            marks = _marks(function, "claim")
            name = f"{file.relative_to(folder).as_posix()}::{function_name}"
            if claim := claim_of(marks):
                yield ClaimTest(name, claim, function)
            elif marks and set(GIVEN) & inspect.signature(function).parameters.keys():
                raise UsageError(f"{name}: {malformed(marks[0])}")


def _marks(test: object, name: str) -> list[pytest.Mark]:
    return [mark for mark in getattr(test, "pytestmark", ()) if mark.name == name]


def _parametrized(test: _Test) -> Iterator[Mapping[str, object]]:
    """The arguments that `pytest.mark.parametrize` gives the test for each of its rows; none for one row without it."""
    sets = []
    for mark in _marks(test, "parametrize"):
        names, rows = mark.args
        names = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
        sets.append([dict(zip(names, _values(row, len(names)), strict=True)) for row in rows])
    for one_of_each in itertools.product(*sets):
        yield {name: value for part in one_of_each for name, value in part.items()}


def _values(row: Any, count: int) -> Sequence[object]:
    """The values of one row for `count` arguments. A `pytest.param` has them as a tuple already."""
    if isinstance(row, type(pytest.param())):
        return tuple(row.values)
    return tuple(row) if count > 1 else (row,)


def _check(name: str, row: DeclaredRow) -> None:
    try:
        check_arguments(row.test, row.arguments)
    except UsageError as problem:
        raise UsageError(f"{name}: {problem}") from None
