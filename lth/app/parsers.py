"""From the text of an option to its typed value: one function for each kind of value. Knows no option.

A parser raises ValueError with a text that begins with "expected". The option adds its name and an example. A
UsageError of a room below passes through. Rooms below are imported inside the functions, because every start of pytest
imports this module and few starts read such an option.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, nan
from pathlib import Path
from typing import TYPE_CHECKING

from lth.errors import did_you_mean

if TYPE_CHECKING:
    from lth.history.conditions import Condition
    from lth.spec.criterion import Criterion
    from lth.spec.protocol import Protocol

ALL = "all"
AUTO, MOST_SEEDS = "auto", 8
MEASURED, PUBLISHED = "measured", "published"


@dataclass(frozen=True)
class Seeds:
    """The seeds of a run. If `added`, it begins with the first few and adds others while a verdict is INCONCLUSIVE."""

    numbers: tuple[int, ...]
    added: bool = False


def text(given: str) -> str:
    """Any text that is not empty. Its meaning is checked where it is used.

    >>> text("bert-base-uncased")
    'bert-base-uncased'
    """
    if not given.strip():
        raise ValueError("expected a value")
    return given


def path(given: str) -> Path:
    """A file or folder, which need not exist yet."""
    return Path(text(given))


def names(given: str) -> tuple[str, ...]:
    """Names separated by commas, each kept once.

    >>> names("chen-1, chen-2*,chen-1")
    ('chen-1', 'chen-2*')
    """
    found = tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    if not found:
        raise ValueError("expected names separated by commas")
    return found


def one_of(*known: str) -> Callable[[str], str]:
    """A parser of one of these names."""

    def parse(given: str) -> str:
        _check(given, known)
        return given

    return parse


def columns(given: str) -> tuple[str, ...]:
    """Columns of the verdict table, in the table's order."""
    from lth.report.layout import known_columns

    known, found = known_columns(), names(given)
    for name in found:
        _check(name, known)
    return tuple(name for name in known if name in found)


def number(low: float, high: float = inf) -> Callable[[str], float]:
    """A parser of a number above `low` and below `high`.

    >>> number(0, 0.5)("0.05")
    0.05
    """

    def parse(given: str) -> float:
        try:
            value = float(given)
        except ValueError:
            value = nan
        if not low < value < high:
            raise ValueError(
                f"expected a number above {low:g}" if high == inf else f"expected a number between {low:g} and {high:g}"
            )
        return value

    return parse


def count(given: str) -> int:
    """A whole number of at least 1."""
    if not given.isdecimal() or int(given) < 1:
        raise ValueError("expected a whole number, at least 1")
    return int(given)


def tasks(given: str) -> tuple[str, ...]:
    """Names of tasks, one of which may be `all`. Whether the data hold them is checked later."""
    from lth.tasks import get_task

    found = names(given)
    for name in found:
        if name != ALL:
            get_task(name)
    return found


def seeds(given: str) -> Seeds:
    """`N` means the seeds 0 … N-1, `a,b,c` these seeds; `auto:MAX` adds up to MAX (8) while a verdict is INCONCLUSIVE.

    >>> seeds("3").numbers, seeds("7,11").numbers, seeds("auto:4")
    ((0, 1, 2), (7, 11), Seeds(numbers=(0, 1, 2, 3), added=True))
    """
    if given.startswith(AUTO):
        return _added_seeds(given)
    try:
        numbers = tuple(int(part) for part in given.split(",") if part.strip())
    except ValueError:
        numbers = ()
    if numbers and "," not in given:
        numbers = tuple(range(numbers[0]))
    if not numbers or min(numbers) < 0 or len(set(numbers)) != len(numbers):
        raise ValueError("expected the number of seeds (at least 1), the seeds themselves (each once) or auto[:MAX]")
    return Seeds(numbers)


def _added_seeds(given: str) -> Seeds:
    from lth.verdict.sequential import FIRST

    kind, colon, most = given.partition(":")
    if not colon:
        most = str(MOST_SEEDS)
    if kind != AUTO or not most.isdecimal() or int(most) < FIRST:
        raise ValueError(f"expected auto or auto:MAX, where MAX is a whole number of at least {FIRST}")
    return Seeds(tuple(range(int(most))), added=True)


def protocol(given: str) -> Protocol:
    """The protocol called `NAME[:K=V,…]`: a known one with changes."""
    from lth.spec.protocol import read_protocol

    return read_protocol(given)


def schedule(given: str) -> str:
    """A pruning schedule, as text. Whether it leads to the sparsity is checked when the sparsity is known."""
    from lth.spec.schedule import rounds

    listed = given.removesuffix(",")
    rounds(listed, 0.5)
    return listed


def evidence(given: str) -> str:
    """`measured`, `published`, or a folder or file that exists."""
    if given in (MEASURED, PUBLISHED) or (given and Path(given).expanduser().exists()):
        return given
    raise ValueError(
        "expected measured, published, a folder with scores.csv or the JSON file of a run"
        f"{_nearest(given, (MEASURED, PUBLISHED))}"
    )


def criterion(given: str) -> Criterion | None:
    """What ranks weights; None for magnitude."""
    from lth.spec.criterion import read_criterion

    return read_criterion(given)


def run_name(given: str) -> str:
    """A name that a saved run can have."""
    from lth.history.storage import check_name

    check_name(given)
    return given


def condition(given: str) -> Condition:
    """A condition on which a comparison fails."""
    from lth.history.conditions import parse

    return parse(given)


def _check(given: str, known: Sequence[str]) -> None:
    if given not in known:
        raise ValueError(f"expected {', '.join(known[:-1])} or {known[-1]}{_nearest(given, known)}")


def _nearest(given: str, known: Sequence[str]) -> str:
    hint = did_you_mean(given, known).strip(";. ")
    return f" ({hint})" if hint else ""
