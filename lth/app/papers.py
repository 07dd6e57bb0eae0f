"""The papers' claims as tests that are read, not run: for the Python API, which has no pytest session."""

from __future__ import annotations

import inspect
import itertools
import runpy
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lth.app.declaring import DeclaredRow, arguments, chosen, read_marker
from lth.claims.arms import Arms
from lth.claims.claim import Claim
from lth.errors import UsageError, did_you_mean

PACKAGE = Path(__file__).parents[1]


def claims_folder() -> Path:
    """Where the claims of this package are: in an installed one `lth/papers`, in a checkout `claims`."""
    packaged = PACKAGE / "papers"
    return packaged if packaged.is_dir() else PACKAGE.parent / "claims"


def read_rows(patterns: Sequence[str], arms: Sequence[Arms], folder: Path | None = None) -> dict[str, DeclaredRow]:
    """The rows of the claims whose ids match one of the shell patterns, on these arms, by the names pytest gives them.

    Raises UsageError for a pattern that matches nothing.
    """
    tests = list(_tests(folder or claims_folder()))
    ids = list(dict.fromkeys(claim.id for _, claim, _ in tests))
    for pattern in patterns:
        if not any(chosen(id, (pattern,)) for id in ids):
            raise UsageError(f"no claim {pattern!r}{did_you_mean(pattern, ids)} Claims: {', '.join(ids)}")
    rows = {}
    for name, claim, test in tests:
        if chosen(claim.id, patterns):
            for id, given in arguments(inspect.signature(test).parameters, arms).items():
                for values in _parameters(test):
                    own = "-".join([id, *map(str, values.values())])
                    rows[f"{name}[{own}]"] = DeclaredRow(claim, test, {**given, **values})
    return rows


def _tests(folder: Path) -> Iterator[tuple[str, Claim, Callable[..., Any]]]:
    """Name, claim and function of every claim's test below the folder."""
    for file in sorted(folder.rglob("test_*.py")):
        for function_name, function in runpy.run_path(str(file)).items():
            for mark in _marks(function, "claim"):
                name = f"{file.relative_to(folder).as_posix()}::{function_name}"
                yield name, read_marker(mark, name), function


def _marks(test: object, name: str) -> list[pytest.Mark]:
    return [mark for mark in getattr(test, "pytestmark", ()) if mark.name == name]


def _parameters(test: Callable[..., Any]) -> Iterator[Mapping[str, object]]:
    """The arguments that `pytest.mark.parametrize` gives the test, once for each of its rows."""
    sets = []
    for mark in _marks(test, "parametrize"):
        names, values = mark.args
        names = [name.strip() for name in names.split(",")] if isinstance(names, str) else names
        sets.append([dict(zip(names, each if len(names) > 1 else (each,), strict=True)) for each in values])
    for one_of_each in itertools.product(*sets):
        yield {name: value for part in one_of_each for name, value in part.items()}
