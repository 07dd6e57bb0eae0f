"""Fills the templates and writes index.html and a page for each paper, with style, script and pictures beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lth.claims.citations import CITATIONS
from lth.document.printable import printable
from lth.document.rows import Document
from lth.document.writing import check_writable, write_text
from lth.errors import UsageError
from lth.report import cells
from lth.report.exhibits import PAPERS
from lth.report.look import VERDICT_LOOK, VERDICT_SIGN
from lth.report.papers import HOW_TO_READ, about, sections
from lth.report.pictures import Picture, pictures
from lth.report.settings import options_text
from lth.report.site import track
from lth.report.site.views import View, views
from lth.verdict import Verdict

ASSETS = Path(__file__).parent / "assets"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' file:",
        "style-src 'self' file:",
        "img-src 'self' file: data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
"""The page may load its own files only. Firefox needs `file:` where the page is opened as a file."""


def site(document: Document, folder: Path, history: Sequence[Document] = ()) -> Path:
    """Write the page of `document` into `folder`, which need not exist; the path of its index.html.

    A page for each paper that the run has claims of, such as chen2020.html, has the paper's own tables and figures.
    `history` holds documents of earlier runs, oldest first. Files of the same names are overwritten, other files stay.
    The same documents give the same bytes. Raises UsageError if the folder cannot be written.
    """
    check_writable(folder / "index.html")
    document, history = printable(document), [printable(run) for run in history]
    drawn = pictures(document)
    index = folder / "index.html"
    try:
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        for picture in (each for group in drawn.values() for each in group):
            picture.draw(folder / "pictures" / picture.name)
        write_text(folder / "site.css", _colors() + (ASSETS / "site.css").read_text(encoding="utf-8"))
        write_text(folder / "site.js", (ASSETS / "site.js").read_text(encoding="utf-8"))
        sizes = {each.name: _size(folder / "pictures" / each.name) for group in drawn.values() for each in group}
        papers = {f"{name}.html": name for name in PAPERS if any(claim.paper == name for claim in document.claims)}
        for file, name in papers.items():
            write_text(folder / file, _paper(name, document, sizes))
        write_text(index, _html(document, history, drawn, sizes, papers))
    except OSError as error:
        raise UsageError(f"cannot write {index}: {error.strerror}; name a folder you may write to") from error
    return index


def _colors() -> str:
    """The verdicts' colours, by the names that the style sheet uses."""
    named = (f"--{name.lower().replace(' ', '-')}: {color};" for name, (_, color, _) in VERDICT_LOOK.items())
    return f":root {{ {' '.join(named)} }}\n"


def _size(picture: Path) -> tuple[int, int]:
    """Width and height of an SVG in CSS pixels, from its root, which has them in points (4/3 px)."""
    root = picture.read_text(encoding="utf-8").partition("<svg")[2].partition(">")[0]
    sides = (re.search(rf'{side}="([\d.]+)pt"', root) for side in ("width", "height"))
    width, height = (round(float(side[1]) * 4 / 3) if side else 0 for side in sides)
    return width, height


def _html(
    document: Document,
    history: Sequence[Document],
    drawn: Mapping[str, Sequence[Picture]],
    sizes: Mapping[str, tuple[int, int]],
    papers: Mapping[str, str],
) -> str:
    found = views(document, history)
    grouped: dict[str, list[View]] = {}
    for view in found:
        grouped.setdefault(view.group, []).append(view)
    page = _templates().get_template("page.html")
    return page.render(
        document=document,
        title=f"Verdicts: {cells.tasks_of(view.claim for view in found) or 'no claim'}",
        summary=cells.summary_line(document),
        families=[cells.family_text(family) for family in document.families if family.judged],
        counts={verdict: sum(view.claim.verdict is verdict for view in found) for verdict in Verdict},
        symbols=VERDICT_SIGN,
        policy=POLICY,
        level=cells.confidence(document),
        units=cells.UNITS,
        views=found,
        groups=grouped,
        pictures=drawn,
        sizes=sizes,
        papers={file: CITATIONS[name][0] for file, name in papers.items()},
        earlier=len(history),
        settings=_settings(document),
        alpha=document.options.alpha,
        size=track,
    )


def _paper(name: str, document: Document, sizes: Mapping[str, tuple[int, int]]) -> str:
    """The page with the paper's own tables and figures."""
    short, long, link = CITATIONS[name]
    return (
        _templates()
        .get_template("paper.html")
        .render(
            document=document,
            title=f"{short}: the paper's tables and figures",
            name=long,
            link=link,
            policy=POLICY,
            reading=HOW_TO_READ,
            runs=about([document]),
            sections=sections(name, [document]),
            sizes=sizes,
        )
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _settings(document: Document) -> dict[str, str]:
    """The run's options and its environment, by name."""
    made = {"created": document.created, "commit": document.commit} | options_text(document.options)
    return {name: text for name, text in (made | {**document.environment, **document.notes}).items() if text}
