"""Chooses the document that a page shows, and those of its history. Knows files and folders of saved runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lth.document.files import read_json
from lth.document.rows import Document
from lth.errors import UsageError
from lth.history.storage import runs


def read_runs(places: Sequence[Path]) -> tuple[Document, list[Document]]:
    """The document to show, and the documents of earlier runs, oldest first.

    A place is a file that --claims-json wrote, or a folder of saved runs, which are taken from the latest to the first.
    The first document of all is shown. Raises UsageError if there is none, EvidenceError for a file that cannot be read
    as a document.
    """
    files = [file for place in places for file in _files(place)]
    if not files:
        raise UsageError("no run to show; expected a file that --claims-json wrote or a folder of saved runs; give one")
    shown, *others = map(read_json, files)
    earlier = {other.created: other for other in others}
    return shown, [other for date, other in sorted(earlier.items()) if date < shown.created]


def _files(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    found = [run.path for run in reversed(runs(place))]
    if not found:
        raise UsageError(f"no saved run in {place}; expected NNNN_NAME.json files; save one with --claims-save=NAME")
    return found
