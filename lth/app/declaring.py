"""From a claim's test to its rows in the verdict table: the arguments of each row, and what the test declares.

The pytest plugin and the Python API share this module.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import pytest

from lth.claims.arm import Arm
from lth.claims.arms import Arms
from lth.claims.between import Matrix
from lth.claims.claim import BETWEEN_TASKS, Claim, Declaration
from lth.claims.effects import Assertion
from lth.claims.over_models import over_models
from lth.claims.terms import Terms
from lth.errors import UsageError, did_you_mean, shown
from lth.verdict import Region

OWN = ("claim", "arms", "matrix")
"""Arguments that this package gives a claim's test. They are not part of a row's name."""
GIVEN = (*OWN, "source")
"""All arguments that this package gives a claim's test."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a claim that cannot be declared, in one line. Its test gets it in place of its arguments."""

    text: str


NO_ARMS = "the claim takes no arms; expected an argument claim, arms or matrix; add one"
EXPECTED = "expected an effect and its region; end with return difference(…, …).lies_in(above(…))"
"""What the test of a claim must return."""


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
        """What the row declares, over all pre-trained models. Raises UsageError for a bad test, and what it raises."""
        check_arguments(self.test, self.arguments)
        first, *_ = (self.arms,) if self.arms else self.arguments["matrix"].targets
        if len(first.models) < 2:
            return self._declared()
        return over_models([self._changed(partial(replace, model=model))._declared() for model in first.models])

    def _declared(self) -> Declaration:
        """What the row declares for the model of its arms."""
        others = (value for name, value in self.arguments.items() if name not in OWN)
        row = ", ".join(f"{value:.0%}" if isinstance(value, float) else str(value) for value in others)
        full = self.arms.full() if self.arms else None
        return Declaration(self.claim, statement(self.test), row, full, self._asserted())

    def _asserted(self) -> Assertion:
        """What the test returns. Raises UsageError for anything but an effect of arms that lies in a region."""
        try:
            found: object = self.test(**self.arguments)
        except (pytest.skip.Exception, pytest.fail.Exception) as ended:
            raise UsageError(f"the claim ended with {str(ended)!r}; {EXPECTED}") from ended
        if isinstance(found, Assertion) and isinstance(found.region, Region):
            if isinstance(found.shown, tuple) and all(
                isinstance(arm, Arm) for arm in (*found.effect.arms, *found.shown)
            ):
                return found
            raise UsageError(f"the claim returned {shown(found)}, with something in it that is not an arm; {EXPECTED}")
        lacks = ", an effect without a region" if hasattr(found, "lies_in") else ""
        raise UsageError(f"the claim returned {shown(found)}{lacks}; {EXPECTED}")

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


def check_arguments(test: Callable[..., object], given: Mapping[str, object]) -> None:
    """Raise UsageError unless a claim's test takes exactly these arguments."""
    if not {*OWN} & given.keys():
        raise UsageError(NO_ARMS)
    try:
        inspect.signature(test).bind(**given)
    except TypeError as problem:
        raise UsageError(
            f"{problem}; expected claim, arms, source, matrix and parametrized arguments only; compute the rest in the "
            f"claim's file"
        ) from None


def fault_in(item: pytest.Item) -> str:
    """What is wrong with the marker of a claim's test; empty for any other test."""
    given = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return next((value.text for value in given if isinstance(value, Fault)), "")


def claim_of(marks: Iterable[pytest.Mark]) -> Claim | None:
    """The claim that one of these markers called `claim` declares; None if they all are somebody else's.

    A marker is ours if it holds a Claim, or an id with `paper` and `says` as keywords.
    """
    return next(filter(None, map(_declared_by, marks)), None)


def _declared_by(mark: pytest.Mark) -> Claim | None:
    if len(mark.args) == 1 and isinstance(mark.args[0], Claim):
        return mark.args[0]
    try:
        claim = Claim(*mark.args, **mark.kwargs)
    except TypeError:
        return None
    ours = {"paper", "says"} <= mark.kwargs.keys() and isinstance(claim.id, str) and _are_answers(claim.says)
    return claim if ours else None


def malformed(mark: pytest.Mark) -> str:
    """What is wrong with a marker that declares no claim, on a test that takes the arguments of one."""
    given = ", ".join([*map(repr, mark.args), *(f"{name}={value!r}" for name, value in mark.kwargs.items())])
    return (
        f'claim marker with {given or "no argument"}; expected "ID", paper="NAME", says=True, False, None or a mapping '
        f"from rows or tasks to these; see lth.claims.claim.Claim"
    )


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
