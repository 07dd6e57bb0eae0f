"""From the text of an option to its typed value: one function for each kind of value. Knows no option.

A parser raises ValueError with a text that begins with "expected". The option adds its name and an example. A
UsageError of a room below passes through. The last functions look at places before anything is computed. Rooms below
are imported inside the functions, because every start of pytest imports this module and few starts read such an option.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, nan
from pathlib import Path
from typing import TYPE_CHECKING

from lth.errors import did_you_mean
from lth.spec.seeds import LARGEST_SEED

if TYPE_CHECKING:
    from lth.history.conditions import Condition
    from lth.spec.criterion import Criterion
    from lth.spec.protocol import Protocol

ALL = "all"
AUTO, MOST_SEEDS = "auto", 8
MOST = 1000
"""The largest number of seeds and of workers."""
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
    """A file or folder, which need not exist yet; `~` is a home folder."""
    try:
        return Path(text(given)).expanduser()
    except RuntimeError:
        raise ValueError("expected a path, and ~NAME is the home of nobody here") from None


def models(given: str) -> tuple[str, ...]:
    """Names of pre-trained models separated by commas. What they are, and that each is given once, is checked later.

    >>> models("bert-base-uncased"), models("google/multiberts-seed_0, my/folder")
    (('bert-base-uncased',), ('google/multiberts-seed_0', 'my/folder'))
    """
    found = tuple(name.strip() for name in text(given).split(",") if name.strip())
    if not found:
        raise ValueError("expected pre-trained models separated by commas")
    return found


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
            value = float(given) if given.isascii() and "_" not in given else nan
        except ValueError:
            value = nan
        if not low < value < high:
            raise ValueError(
                f"expected a number above {low:g}" if high == inf else f"expected a number between {low:g} and {high:g}"
            )
        return value

    return parse


def count(given: str) -> int:
    """A whole number from 1 to MOST."""
    found = whole(given)
    if found is None or not 1 <= found <= MOST:
        raise ValueError(f"expected a whole number from 1 to {MOST:,}")
    return found


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
    found = [whole(part) for part in given.split(",") if part.strip()]
    numbers = [number for number in found if number is not None]
    if numbers and "," not in given:
        numbers = list(range(min(numbers[0], MOST + 1)))
    if not numbers or None in found or len(set(numbers)) != len(numbers):
        raise ValueError("expected the number of seeds (at least 1), the seeds themselves (each once) or auto[:MAX]")
    if len(numbers) > MOST or max(numbers) > LARGEST_SEED:
        raise ValueError(f"expected at most {MOST:,} seeds, none above {LARGEST_SEED}")
    return Seeds(tuple(numbers))


def _added_seeds(given: str) -> Seeds:
    from lth.verdict.sequential import FIRST

    kind, colon, most = given.partition(":")
    number = whole(most) if colon else MOST_SEEDS
    if kind != AUTO or number is None or not FIRST <= number <= MOST:
        raise ValueError(f"expected auto or auto:MAX, where MAX is a whole number from {FIRST} to {MOST:,}")
    return Seeds(tuple(range(number)), added=True)


def whole(given: str) -> int | None:
    """The whole number that these ASCII digits write; None for other text, and for more digits than anyone means."""
    digits = given.strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else None


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
    """`measured`, `published`, or a folder or file that can be read."""
    if given in (MEASURED, PUBLISHED):
        return given
    if given and probe_known(given) is not None:
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


def probe_known(given: str) -> os.stat_result | None:
    """What is at a place to read from; None if nothing is there, as for the id of a model on the hub.

    Raises ValueError for a place that cannot be reached or read, and for what is neither a file nor a folder.
    """
    from lth.evidence.whole import kind_of

    place = path(given)
    found = _reached(place)
    if found is None:
        return None
    kind = kind_of(found.st_mode)
    if kind and not stat.S_ISDIR(found.st_mode):
        raise ValueError(f"expected a file or a folder, and it is {kind}")
    if not _may(place, os.R_OK | (os.X_OK if stat.S_ISDIR(found.st_mode) else 0)):
        raise ValueError("expected a place that you may read")
    return found


def probe_models(given: str) -> None:
    """Raise ValueError if one of these models is a place that cannot be reached or read."""
    for name in models(given):
        probe_known(name)


def probe_existing(given: str) -> None:
    """Raise ValueError unless a file or folder is there that can be read."""
    if probe_known(given) is None:
        raise ValueError("expected a file or a folder that exists")


def probe_folder(given: str) -> None:
    """Raise ValueError for a place where no folder is or can be made."""
    place = path(given)
    found = _reached(place, strict=True)
    if found is None:
        _check_room(place.parent)
    elif not stat.S_ISDIR(found.st_mode):
        raise ValueError("expected a folder, and a file is there")


def probe_file(given: str) -> None:
    """Raise ValueError or UsageError for a place where no file can be written."""
    from lth.document.writing import check_writable

    path(given)
    check_writable(given)


def _reached(place: Path, strict: bool = False) -> os.stat_result | None:
    """What is at the place, None for nothing. If `strict`, nothing can be there below a file or at a broken link."""
    try:
        return place.stat()
    except (FileNotFoundError, NotADirectoryError) as problem:
        if strict and (isinstance(problem, NotADirectoryError) or place.is_symlink()):
            reason = "a file is on its way" if isinstance(problem, NotADirectoryError) else "it is a link to nothing"
            raise ValueError(f"expected a place that can be reached, and {reason}") from None
        return None
    except (OSError, ValueError) as problem:  # ValueError: a null character
        reason = getattr(problem, "strerror", None) or str(problem)
        raise ValueError(f"expected a place that can be reached ({reason})") from None


def _check_room(folder: Path) -> None:
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    if not nearest.is_dir() or not _may(nearest, os.W_OK | os.X_OK):
        raise ValueError(f"expected a place in a folder that you may write to, and {nearest} is not one")


def _may(place: Path, mode: int) -> bool:
    return os.access(place, mode, effective_ids=os.access in os.supports_effective_ids)
