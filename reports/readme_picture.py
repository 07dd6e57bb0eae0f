"""The README's picture: the claims at the centre of both papers on the lab's sst2, for light and for dark pages.

usage: python reports/readme_picture.py
"""

from dataclasses import replace
from pathlib import Path

from lth.document.files import read_json
from lth.report.forest import forest

HERE = Path(__file__).parent
SHOWN = (
    "chen-1",
    "chen-2a",
    "chen-2b",
    "chen-3 50%",
    "prasanna-1",
    "prasanna-2",
    "prasanna-3a",
    "prasanna-3b",
)
DARK = {
    "#000000": "#e6edf3",
    "#444444": "#b8c1cc",
    "#ffffff": "#0d1117",
    "#e4e4e4": "#2b3138",
    "#d6e6f2": "#1d3a52",
    "#767676": "#9aa4ae",
}
"""What the colours of the light picture become; those of verdicts stay."""


def main(folder: Path = HERE) -> None:
    """Write readme-light.svg and readme-dark.svg into `folder`, from the kept run."""
    document = read_json(HERE / "lab-sst2.json")
    chosen = tuple(claim for claim in document.claims if claim.name in SHOWN)
    light = folder / "readme-light.svg"
    forest(replace(document, claims=chosen), light)
    text = light.read_text(encoding="utf-8")
    text = text.replace("<svg ", '<svg fill="#000000" ', 1)
    light.write_text(text, encoding="utf-8")
    for before, after in DARK.items():
        text = text.replace(before, after)
    (folder / "readme-dark.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
