"""From `--claims-evidence` to evidence. Knows the places where evidence may lie, and none of their forms."""

from __future__ import annotations

from pathlib import Path

from lth.document.rows import Document
from lth.errors import EvidenceError, did_you_mean
from lth.evidence.recorded import Recorded, published

NAMES = ("measured", "published")


def read_evidence(text: str | None) -> tuple[Recorded | None, Document | None]:
    """What was recorded: `published`, a folder of your own, or a run's JSON file; None for `measured`.

    Beside it the document of the run, where it is one.

    Raises EvidenceError for a place that is not there, or holds no evidence.
    """
    if text in (None, "measured"):
        return None, None
    assert text is not None
    if text == "published":
        return published(), None
    place = Path(text).expanduser()
    if place.is_dir():
        from lth.evidence.own import read_folder

        return read_folder(place), None
    if place.is_file():
        from lth.document.saved import read_saved

        return read_saved(place)
    hint = did_you_mean(text, NAMES).removesuffix(".") or ";"
    raise EvidenceError(
        f"--claims-evidence={text}: no such folder or file{hint} expected measured, published, a folder with "
        "scores.csv or a file that --claims-json wrote; check the path"
    )
