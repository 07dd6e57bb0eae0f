"""What one run does with history: what it is compared with, what fails it, and the name that it is saved by.

Knows option values and documents, neither pytest nor argparse. Everything that can be wrong is told by `begin`, before
anything is computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lth.document.document import Document, read_json
from lth.history import DEFAULT_STORAGE, LATEST
from lth.history.changes import Change, circumstances, compare
from lth.history.expression import failures, parse, unmatched
from lth.history.storage import autosave_name, baseline, check_name, save
from lth.history.table import terminal


@dataclass(frozen=True)
class Plan:
    """What a run is to do; `old` is the baseline and `missing` says why there is none although one was asked for."""

    storage: Path
    name: str | None = None
    autosave: bool = False
    place: Path | None = None
    old: Document | None = None
    missing: str = ""
    expressions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What came of it: lines to print, those that fail the run, and the file that was saved."""

    title: str = ""
    text: str = ""
    warnings: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    saved: Path | None = None


def begin(options: Mapping[str, Any], root: Path) -> Plan:
    """Check `save`, `autosave`, `storage`, `compare` and `compare_fail`, None where not given; read the baseline.

    A condition to fail on alone means a comparison with the latest run. Raises UsageError for a name, an expression or
    a run that is none, EvidenceError for a baseline that cannot be read.
    """
    storage = Path(options.get("storage") or root / DEFAULT_STORAGE)
    expressions = tuple(options.get("compare_fail") or ())
    for text in expressions:
        parse(text)
    name, which = options.get("save"), options.get("compare") or (LATEST if expressions else None)
    if name is not None:
        check_name(name)
    place = baseline(storage, which) if which else None
    missing = ""
    if which and place is None:
        missing = (
            f"no saved run {which!r} in {storage} to compare with yet; nothing is compared, save one with --claims-save"
        )
    old = read_json(place) if place else None
    return Plan(storage, name, bool(options.get("autosave")), place, old, missing, expressions)


def finish(plan: Plan, document: Document, alpha: float) -> Outcome:
    """Compare the run's document with the baseline, then save it; a run is never compared with itself."""
    title, text, failed = "", "", []
    warnings = [plan.missing] * bool(plan.missing)
    if plan.place and plan.old is not None:
        changes = compare(plan.old, document, alpha)
        title, text = f"compared with {plan.place.name}", comparison(plan.old, document, changes)
        failed = failures(changes, plan.expressions)
        warnings += unmatched_lines(changes, plan.expressions)
    name = plan.name or (autosave_name(document) if plan.autosave else None)
    return Outcome(title, text, warnings, failed, save(document, plan.storage, name) if name else None)


def comparison(old: Document, new: Document, changes: Sequence[Change]) -> str:
    """The table of changes and what else differs between the runs."""
    differing = circumstances(old, new)
    return terminal(changes) + (f"\nthe runs differ in: {'; '.join(differing)}." if differing else "")


def unmatched_lines(changes: Sequence[Change], expressions: Sequence[str]) -> list[str]:
    """A warning for each expression that can never fail."""
    return [
        f"{text} covers no claim that both runs have; check its pattern" for text in unmatched(changes, expressions)
    ]
