"""What one run does with saved runs: what it is compared with, what fails it, and under which name it is saved.

Knows option values and documents, but neither pytest nor argparse. `read_request` finds every error before anything is
computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lth.document.files import read_json
from lth.document.rows import Document
from lth.history import DEFAULT_STORAGE, LATEST
from lth.history.changes import Change, circumstances, compare
from lth.history.conditions import Condition, check_common, failures, unmatched
from lth.history.storage import autosave_name, check_name, check_storage, find_baseline, save
from lth.history.table import changes_table


@dataclass(frozen=True)
class Request:
    """What was asked for. `old` is the baseline; `missing` says why there is none although it was asked for."""

    storage: Path
    name: str | None = None
    autosave: bool = False
    place: Path | None = None
    old: Document | None = None
    missing: str = ""
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Aftermath:
    """The result: lines to print, lines that fail the run, and the saved file."""

    title: str = ""
    text: str = ""
    warnings: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    saved: Path | None = None


def read_request(options: Mapping[str, Any], root: Path) -> Request:
    """Check `save`, `autosave`, `storage`, `compare` and `compare_fail`, None if not given, and read the baseline.

    With `compare_fail` alone, the run is compared with the latest one. Raises UsageError for a name that a run cannot
    have, a condition that cannot be read and a run that was not saved, EvidenceError for a baseline that cannot be
    read, UsageError for a storage that cannot be written.
    """
    storage = Path(options.get("storage") or root / DEFAULT_STORAGE)
    conditions: tuple[Condition, ...] = options.get("compare_fail") or ()
    name, which = options.get("save"), options.get("compare") or (LATEST if conditions else None)
    if name is not None:
        check_name(name)
    if name is not None or options.get("autosave"):
        check_storage(storage)
    place = find_baseline(storage, which) if which else None
    missing = ""
    if which and place is None:
        missing = f"no saved run {which!r} in {storage}, so nothing is compared; save one with --claims-save"
    old = read_json(place) if place else None
    return Request(storage, name, bool(options.get("autosave")), place, old, missing, conditions)


def finish(request: Request, document: Document, alpha: float) -> Aftermath:
    """Compare the run's document with the baseline, and then save it: a run is never compared with itself.

    Raises EvidenceError, after the run is saved, if a change shall fail it and both runs have no claim in common.
    """
    title, text, failed = "", "", []
    changes: tuple[Change, ...] | None = None
    warnings = [request.missing] * bool(request.missing)
    if request.place and request.old is not None:
        changes = compare(request.old, document, alpha)
        title, text = f"compared with {request.place.name}", comparison(request.old, document, changes)
        failed = failures(changes, request.conditions)
        warnings += unmatched(changes, request.conditions)
    name = request.name or (autosave_name(document) if request.autosave else None)
    saved = save(document, request.storage, name) if name else None
    if changes is not None:
        check_common(changes, request.conditions)
    return Aftermath(title, text, tuple(warnings), tuple(failed), saved)


def comparison(old: Document, new: Document, changes: Sequence[Change]) -> str:
    """The table of changes, and the options and versions that differ between the runs."""
    differing = circumstances(old, new)
    return changes_table(changes) + (f"\nthe runs differ in: {'; '.join(differing)}." if differing else "")
