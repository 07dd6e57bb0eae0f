"""From `--claims-evidence` to evidence. Knows the places where evidence may lie, and none of their forms."""

from __future__ import annotations

from pathlib import Path

from lth.app.parsers import MEASURED, PUBLISHED
from lth.document.rows import Document
from lth.evidence.recorded import Recorded, published


def read_evidence(place: str) -> tuple[Recorded | None, Document | None]:
    """What was recorded: `published`, a folder of your own, or a run's JSON file; None for `measured`.

    Beside it the document of the run, where it is one.

    Raises EvidenceError for a place that holds no evidence.
    """
    if place == MEASURED:
        return None, None
    if place == PUBLISHED:
        return published(), None
    path = Path(place).expanduser()
    if path.is_dir():
        from lth.evidence.own import read_folder

        return read_folder(path), None
    from lth.document.saved import read_saved

    return read_saved(path)
