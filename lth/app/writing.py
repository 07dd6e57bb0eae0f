"""The files that a run writes: its document as JSON, and a Markdown report with its pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from lth.document.files import read_json, write_json
from lth.document.rows import Document
from lth.document.writing import write_text
from lth.errors import EvidenceError


def write_files(document: Document, json_file: str | None, report: str | None) -> list[Path]:
    """Write the files that were asked for; their paths. Raises UsageError for a place that cannot be written."""
    written: list[Path] = []
    unchanged = json_file is not None and _holds(Path(json_file).expanduser(), document)
    if json_file:
        write_json(document, json_file)
        written.append(Path(json_file))
    if report:
        written += _write_report(document, Path(report).expanduser(), redraw=not unchanged)
    return written


def _write_report(document: Document, place: Path, *, redraw: bool) -> list[Path]:
    from lth.report.markdown import markdown  # most runs write no report
    from lth.report.pictures import pictures

    drawn = [
        (each, place.with_name(f"{place.stem}-{each.name}")) for group in pictures(document).values() for each in group
    ]
    if redraw or not all(file.is_file() for _, file in drawn):
        for picture, file in drawn:
            picture.draw(file)
    links = [(picture, os.path.relpath(file, place.parent)) for picture, file in drawn]
    write_text(place, markdown(document, links))
    return [place, *(file for _, file in drawn)]


def write_paper(paper: str, documents: Sequence[Document], place: Path) -> list[Path]:
    """Write the page with the paper's own tables and figures, and its pictures beside it; their paths.

    Raises UsageError for an unknown paper.
    """
    from lth.report.papers import paper_page, sections

    shown = [picture for section in sections(paper, documents) for picture in section.pictures]
    files = {picture.name: place.with_name(f"{place.stem}-{picture.name}") for picture in shown}
    page = paper_page(paper, documents, {name: file.name for name, file in files.items()})
    for picture in shown:
        picture.draw(files[picture.name])
    write_text(place, page)
    return [place, *files.values()]


def _holds(file: Path, document: Document) -> bool:
    """Whether `file` holds exactly these claims from an earlier run. Their pictures then need not be drawn again."""
    try:
        return read_json(file).claims == document.claims
    except EvidenceError:
        return False
