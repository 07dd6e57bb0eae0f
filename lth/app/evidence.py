"""From the option `--claims-evidence` to evidence. Knows where evidence can be, but not its formats."""

from __future__ import annotations

from pathlib import Path

from lth.app.parsers import MEASURED, PUBLISHED
from lth.document.rows import Document
from lth.document.saved import read_saved
from lth.errors import EvidenceError
from lth.evidence.lines import PARQUET
from lth.evidence.own import read_folder
from lth.evidence.recorded import Recorded, published
from lth.evidence.tables import CSV


def read_evidence(place: str) -> tuple[Recorded | None, Document | None]:
    """The recorded evidence at `place`, and its document if it is a saved run; None and None for `measured`.

    `place` is `published`, a folder of your own, or a run's JSON file. Raises EvidenceError for a place without
    evidence.
    """
    if place == MEASURED:
        return None, None
    if place == PUBLISHED:
        return published(), None
    path = Path(place).expanduser()
    if path.is_dir():
        return read_folder(path), None
    if path.suffix in (CSV, PARQUET):
        raise EvidenceError(
            f"{path}: a single table is not evidence; expected a folder with {path.name} and the other tables that "
            f"belong to it, or the JSON of a run; give the folder, {path.parent}"
        )
    return read_saved(path)
