"""Folders that are not a store, or a store that this version cannot use."""

from __future__ import annotations

import os
from pathlib import Path

from tests.faults.table import Bad, typed

HOLDS_OTHER_FILES = "expected a store, an empty folder or a new one"
MARKER = "lth-store.json"


def marked(content: str | bytes, says: str) -> Bad:
    """A store with this marker."""

    def make(folder: Path) -> str:
        (folder / MARKER).write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(folder)

    return Bad(make, says)


def holding(*names: str, says: str = HOLDS_OTHER_FILES) -> Bad:
    """A folder with these files, each a path within it; a name that ends in / is a folder."""

    def make(folder: Path) -> str:
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir() if name.endswith("/") else path.write_text("a user's")
        return str(folder)

    return Bad(make, says)


def _file(folder: Path) -> str:
    (folder / "file").write_text("")
    return f"{folder}/file"


def _loop(folder: Path) -> str:
    (folder / "loop").symlink_to("loop")
    return f"{folder}/loop"


def _to_nowhere(folder: Path) -> str:
    (folder / "link").symlink_to("nowhere")
    return f"{folder}/link"


def _pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe")
    return f"{folder}/pipe"


def _marked_by_pipe(folder: Path) -> str:
    os.mkfifo(folder / MARKER)
    return str(folder)


def _marked_by_folder(folder: Path) -> str:
    (folder / MARKER).mkdir()
    return str(folder)


def _linked(name: str) -> Bad:
    def make(folder: Path) -> str:
        (folder / "store").mkdir()
        (folder / "home").mkdir()
        (folder / "store" / MARKER).write_text('{"format": 1}')
        (folder / "store" / name).symlink_to(folder / "home")
        return f"{folder}/store"

    return Bad(make, f"a symbolic link {name}")


UNREADABLE = "cannot be read; expected"

KINDS: dict[str, dict[str, Bad]] = {
    "store": {
        "other files": holding("thesis.tex"),
        "a folder named scratch": holding("scratch/draft.txt"),
        "folders named scratch and needs": holding("scratch/draft.txt", "needs/list.txt"),
        "a repository": holding(".git/HEAD", "pyproject.toml", "scratch/notes"),
        "a shelf and other files": holding("ab/", "locks/guard.lock", "notes.txt"),
        "folders of a store, and no file of one": holding("scratch/", "needs/", "locks/", "corrupt/", "ab/"),
        "a file named like a shelf": holding("ab"),
        "a hidden file": holding(".hidden"),
        "a marker within a folder": holding(f"inner/{MARKER}"),
        "a name with a line break": holding("two\nlines"),
        "file": Bad(_file, "a file is"),
        "below a file": Bad(lambda folder: f"{_file(folder)}/store", "a file is"),
        "far below a file": Bad(lambda folder: f"{_file(folder)}/a/b/store", "a file is"),
        "link to itself": Bad(_loop, "symbolic links"),
        "below a link to itself": Bad(lambda folder: f"{_loop(folder)}/store", "symbolic links"),
        "link to nowhere": Bad(_to_nowhere),
        "named pipe": Bad(_pipe, "a file is"),
        "device": typed("/dev/null", "a file is"),
        "name of 300 characters": Bad(lambda folder: f"{folder}/{'n' * 300}", "File name too long"),
        "path of 5,000 characters": Bad(lambda folder: f"{folder}{'/name' * 1000}", "File name too long"),
        "home of an unknown user": typed("~nosuch/store"),
        "empty marker": marked("", UNREADABLE),
        "marker is not JSON": marked("format: 1", UNREADABLE),
        "marker is cut off": marked('{"format"', UNREADABLE),
        "marker is binary": marked(b"\x00\xff\xfe", UNREADABLE),
        "marker is a list": marked("[1]", UNREADABLE),
        "marker without format": marked("{}", UNREADABLE),
        "marker with a text": marked('{"format": "1"}', UNREADABLE),
        "marker with true": marked('{"format": true}', UNREADABLE),
        "marker with 0": marked('{"format": 0}', UNREADABLE),
        "marker with 1.5": marked('{"format": 1.5}', UNREADABLE),
        "marker nested 5,000 deep": marked("[" * 5000, UNREADABLE),
        "marker of 5 MB": marked('{"format": 1' + " " * 5_000_000 + "}", UNREADABLE),
        "marker is a named pipe": Bad(_marked_by_pipe, MARKER),
        "marker is a folder": Bad(_marked_by_folder, MARKER),
        "newer format": marked('{"format": 2}', "expected 1 or older"),
        "much newer format": marked('{"format": 1' + "0" * 300 + "}", "expected 1 or older"),
        "linked scratch": _linked("scratch"),
        "linked needs": _linked("needs"),
        "linked locks": _linked("locks"),
        "linked corrupt": _linked("corrupt"),
    }
}
KINDS["store that exists"] = {
    **KINDS["store"],
    "nothing": Bad(lambda folder: f"{folder}/none", "no store"),
    "an empty folder": Bad(str, "no store"),
    "a marker that was never finished": holding(f"{MARKER}.12-0123456789abcdef", says="no store"),
    "empty text": typed("", "expected a value"),
    "spaces": typed("  ", "expected a value"),
}
KINDS["store of a run"] = {
    name: KINDS["store"][name] for name in ("other files", "file", "named pipe", "newer format", "linked scratch")
}
"""Some of them, because a run that takes one by mistake begins to train."""
