"""What the suite of bad input is made of: doors, and the bad inputs of each kind that come through them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bad:
    """A bad input: `make` gets an empty folder, may write files there, and returns the text to type.

    `says` are words that the error must have besides the place of the fault.
    """

    make: Callable[[Path], str]
    says: str = ""


@dataclass(frozen=True)
class Door:
    """A way in: the words that a person types, and the kind of input that takes the place of BAD.

    GOOD stands for a folder with good input (see tests/faults/conftest.py), NEW for a path where nothing is yet.
    """

    words: str
    takes: str

    @property
    def name(self) -> str:
        """The door as the docs show it: without the words that do not matter."""
        return self.words.replace("BAD", "…").replace("GOOD/", "").replace("NEW", "new")

    @property
    def key(self) -> str:
        """The door and its kind. Two kinds may come through one door."""
        return f"{self.name} {self.takes}"

    def typed(self, bad: str, good: Path, new: Path) -> list[str]:
        """The words with the bad input in its place."""
        known = {"BAD": bad, "GOOD": str(good), "NEW": str(new)}
        words = self.words.split()
        for name, text in known.items():
            words = [word.replace(name, text) for word in words]
        return words


def typed(text: str, says: str = "") -> Bad:
    """A bad input that is only a text on the command line."""
    return Bad(lambda folder: text, says)


def written(name: str, content: str | bytes, says: str = "") -> Bad:
    """A bad input that is a file of this content."""

    def make(folder: Path) -> str:
        file = folder / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(file)

    return Bad(make, says)


def at(name: str, make: Callable[[Path], object]) -> Callable[[Path], str]:
    """Makes something at that name in the folder; the path of it."""

    def made(folder: Path) -> str:
        make(folder / name)
        return str(folder / name)

    return made


def nowhere(name: str) -> dict[str, Bad]:
    """What is no folder to read from, and what no path leads to."""
    return {
        "a fifo in place of the folder": Bad(at(name, os.mkfifo)),
        "an unknown home": typed(f"~nosuchuser/{name}"),
        "a name of 300 characters": typed(name[0] * 300),
        "a loop of links": Bad(at(name, lambda path: path.symlink_to(path))),
    }


def without(inputs: dict[str, Bad], names: Iterable[str]) -> dict[str, Bad]:
    """The inputs but for these, which a similar kind of door takes."""
    left = set(names)
    assert left <= set(inputs)
    return {name: bad for name, bad in inputs.items() if name not in left}
