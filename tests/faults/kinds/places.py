"""Places where no file can be written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.faults.table import Bad, typed


def place(make: Callable[[Path], object], says: str, below: str = "") -> Bad:
    """Something that is not a regular file, or the name of a file below it."""

    def made(folder: Path) -> str:
        make(folder / "taken")
        return str(folder / "taken" / below)

    return Bad(made, says)


KINDS: dict[str, dict[str, Bad]] = {
    "file to write": {
        "empty": typed(""),
        "blank": typed(" "),
        "no such user": typed("~nosuch/x"),
        "a name of 300 characters": typed("a" * 300, "File name too long"),
        "a folder of 300 characters": typed(f"new/{'a' * 300}/x", "File name too long"),
        "a path of 5,000 characters": typed("a/" * 2500 + "x", "File name too long"),
        "this folder": typed("."),
        "the folder above": typed(".."),
        "the root": typed("/"),
        "below a file": place(lambda file: file.touch(), "Not a directory", "x"),
        "deep below a file": place(lambda file: file.touch(), "Not a directory", "x/y/z"),
        "a folder": place(lambda file: file.mkdir(), "a folder"),
        "a link to a folder": place(lambda file: file.symlink_to(file.parent), "a folder"),
        "a named pipe": place(os.mkfifo, "a named pipe"),
        "a full device": typed("/dev/full", "a device"),
        "a device that forgets": typed("/dev/null", "a device"),
        "a link to a device": place(lambda file: file.symlink_to("/dev/full"), "a device"),
        "below a device": typed("/dev/null/x", "Not a directory"),
        "a link to itself": place(lambda file: file.symlink_to(file), "symbolic links"),
        "below a link to itself": place(lambda file: file.symlink_to(file), "symbolic links", "x"),
        "where the system tells of itself": typed("/proc/self/nothing/x"),
        "an escape in a folder's name": place(lambda file: file.touch(), "\\x1b", "\x1b[31m"),
    }
}
KINDS["folder to write"] = {
    name: Bad(bad.make)
    for name, bad in KINDS["file to write"].items()
    if name not in ("blank", "this folder", "the folder above", "the root", "a folder", "a link to a folder")
}
