"""From a claim's test to its rows in the verdict table: the arguments of each row, and what the test declares.

The pytest plugin and the Python API share this module.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import pytest

from lth.claims.arms import Arms
from lth.claims.between import Matrix
from lth.claims.claim import BETWEEN_TASKS, Claim, Declaration
from lth.claims.effects import Assertion
from lth.claims.over_models import over_models
from lth.claims.terms import Terms
from lth.errors import UsageError, did_you_mean

OWN = ("claim", "arms", "matrix")
"""Arguments that this package gives a claim's test. They are not part of a row's name."""


@dataclass(frozen=True)
class DeclaredRow:
    """A claim's test with the arguments of one row."""

    claim: Claim
    test: Callable[..., Assertion]
    arguments: Mapping[str, Any]

    @property
    def arms(self) -> Arms | None:
        """The arms that the test gets; None for a claim between tasks."""
        arms = self.arguments["claim"].arms if "claim" in self.arguments else self.arguments.get("arms")
        return arms if isinstance(arms, Arms) else None

    def declaration(self) -> Declaration:
        """What the row declares, over all pre-trained models."""
        first, *_ = (self.arms,) if self.arms else self.arguments["matrix"].targets
        if len(first.models) < 2:
            return self._declared()
        return over_models([self._changed(partial(replace, model=model))._declared() for model in first.models])

    def _declared(self) -> Declaration:
        """What the row declares for the model of its arms."""
        others = (value for name, value in self.arguments.items() if name not in OWN)
        row = ", ".join(f"{value:.0%}" if isinstance(value, float) else str(value) for value in others)
        full = self.arms.full() if self.arms else None
        return Declaration(self.claim, statement(self.test), row, full, self.test(**self.arguments))

    def on_arms(self, arms: Arms) -> DeclaredRow:
        """The same row with these arms instead of its own."""
        given = {"arms": arms, "claim": Terms(arms)}
        return replace(self, arguments={name: given.get(name, value) for name, value in self.arguments.items()})

    def among(self, known: Mapping[str, Arms]) -> DeclaredRow | None:
        """The same row with the arms of another run, by task: of its own task, or of all; None if that is unknown."""
        if self.arms:
            arms = known.get(self.arms.task.name)
            return self.on_arms(arms) if arms else None
        matrix = Matrix(tuple(known.values()))
        return replace(self, arguments={**self.arguments, "matrix": matrix}) if known else None

    def on_seeds(self, seeds: tuple[int, ...]) -> DeclaredRow:
        """The same row with these seeds only."""
        return self._changed(partial(replace, seeds=seeds))

    def _changed(self, change: Callable[[Arms], Arms]) -> DeclaredRow:
        """The same row with changed arms."""
        if self.arms:
            return self.on_arms(change(self.arms))
        matrix = Matrix(tuple(map(change, self.arguments["matrix"].targets)))
        return replace(self, arguments={**self.arguments, "matrix": matrix})


def statement(test: Callable[..., Any]) -> str:
    """The sentence that a claim's test is about: the first line of its docstring, or else the test's name."""
    return (inspect.getdoc(test) or test.__name__).splitlines()[0].rstrip(".")


def read_marker(marker: pytest.Mark, where: str) -> Claim:
    """The claim that a test's marker declares; `where` names the test. Raises UsageError for a bad marker."""
    if len(marker.args) == 1 and isinstance(marker.args[0], Claim):
        return marker.args[0]
    try:
        claim = Claim(*marker.args, **marker.kwargs)
    except TypeError:
        claim = None
    if claim is None or not isinstance(claim.id, str) or not _are_answers(claim.says):
        given = ", ".join([*map(repr, marker.args), *(f"{name}={value!r}" for name, value in marker.kwargs.items())])
        raise UsageError(
            f'{where}: claim marker with {given or "no argument"}; expected "ID", paper="NAME", '
            f"says=True, False, None or a mapping from rows or tasks to these; see lth.claims.claim.Claim"
        )
    return claim


def _are_answers(says: object) -> bool:
    answers = list(says.values()) if isinstance(says, Mapping) else [says]
    return all(answer is None or isinstance(answer, bool) for answer in answers)


def chosen(id: str, only: Sequence[str], skip: Sequence[str] = ()) -> bool:
    """Whether a claim's id matches a shell pattern in `only`, if it has any, and none in `skip`."""
    return (not only or any(fnmatchcase(id, each) for each in only)) and not any(fnmatchcase(id, s) for s in skip)


def check_chosen(ids: Sequence[str], only: Sequence[str], skip: Sequence[str]) -> None:
    """Raise UsageError for a pattern that matches none of the claims, and for patterns that leave none of them."""
    for option, patterns in (("only", only), ("skip", skip)):
        for pattern in patterns:
            if not any(chosen(id, (pattern,)) for id in ids):
                raise UsageError(
                    f"--claims-{option}={pattern}: no claim {pattern!r}{did_you_mean(pattern, ids)} "
                    f"Claims: {', '.join(ids)}"
                )
    if not any(chosen(id, only, skip) for id in ids):
        raise UsageError(f"--claims-skip={','.join(skip)} leaves no claim; expected one that is left; skip fewer")


def arguments(names: Collection[str], arms: Sequence[Arms]) -> dict[str, dict[str, Any]]:
    """The arguments that this package gives a claim's test, by the id of the row; `names` are the test's arguments.

    A test with `matrix` has one row about all tasks. A test with `source` has a row for each task and source. Any other
    test has a row for each task.
    """
    if "matrix" in names:
        return {BETWEEN_TASKS: {"matrix": Matrix(tuple(arms))}} if arms else {}
    wanted = [name for name in ("claim", "arms", "source") if name in names]
    rows = {}
    for each in arms:
        for source in each.other_sources if "source" in names else ("",):
            given = {"claim": Terms(each), "arms": each, "source": source}
            id = f"{each.task.name}-{source}" if "source" in names else each.task.name
            rows[id] = {name: given[name] for name in wanted}
    return rows
