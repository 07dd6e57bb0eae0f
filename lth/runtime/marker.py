"""The file that marks a folder as a store. Tells a store from any other folder, and changes no other file.

A folder without it is a store only if it is empty, or if it holds what the first release wrote and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import uuid

from lth.errors import StoreError, as_typed
from lth.runtime.entries import SEAL, open_regular, read_all

MARKER = "lth-store.json"
FORMAT = 1
"""The format of the stores that this version writes. It reads this format and older ones."""
FOLDERS = ("corrupt", "locks", "needs", "scratch")
"""The folders beside those of the entries."""
UNFINISHED = re.compile(re.escape(MARKER) + r"\.\d+-[0-9a-f]{16}")
"""The name of a marker that is being written, or was when its process died."""
SHELF = re.compile(r"[0-9a-f]{2}")
_MOST = 10_000


def is_store(root: str) -> bool:
    """Whether `root` is a store; False if there is nothing yet, or an empty folder.

    Raises StoreError for a folder with other files, for a newer format and for a marker that cannot be read, and
    OSError for a folder that cannot be read.
    """
    try:
        names = [name for name in os.listdir(root) if not UNFINISHED.fullmatch(name)]
    except FileNotFoundError:
        if os.path.islink(root):
            raise
        return False
    marked = _check_marker(root)  # after the names, because it is written before any other file
    if not marked and names and not _is_first_release(root, names):
        other = min(names, key=lambda name: (_is_known(name), name))
        raise StoreError(
            f"{as_typed(root)} is not a store: it holds {other[:80]!a} and no {MARKER}; expected a store, an empty "
            f"folder or a new one; choose another folder with --claims-store=FOLDER"
        )
    for name in FOLDERS:
        if os.path.islink(f"{root}/{name}"):
            raise StoreError(
                f"the store {root} has a symbolic link {name}; expected a folder, because files in it are deleted; put "
                f"a folder in its place"
            )
    return bool(names)


def mark(root: str) -> None:
    """Mark `root` as a store, unless it is marked. Raises OSError, and leaves no part of a marker, if it cannot."""
    place = f"{root}/{MARKER}"
    if os.path.lexists(place):
        return
    unfinished = f"{place}.{os.getpid()}-{uuid.uuid4().hex[:16]}"
    try:
        with open(unfinished, "x", encoding="utf-8") as file:
            file.write(json.dumps({"format": FORMAT}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, place)
    except FileNotFoundError:
        if not os.path.lexists(place):  # another process may have marked the store, and cleaned up
            raise
    finally:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)


def _check_marker(root: str) -> bool:
    try:
        handle, size = open_regular(f"{root}/{MARKER}")
    except FileNotFoundError:
        return False
    try:
        raw = read_all(handle, min(size, _MOST))
    finally:
        os.close(handle)
    try:
        found = json.loads(raw)["format"]
    except (KeyError, TypeError, ValueError, RecursionError):
        found = None
    if type(found) is not int or found < 1:
        raise StoreError(
            f"the marker {root}/{MARKER} cannot be read; expected {json.dumps({'format': FORMAT})}; write this into it "
            f"if the folder is a store, or choose another folder with --claims-store=FOLDER"
        )
    if found > FORMAT:
        raise StoreError(
            f"the store {root} has the format {found}; expected {FORMAT} or older, which this version reads; install a "
            f"newer version of lth, or choose another folder with --claims-store=FOLDER"
        )
    return True


def _is_first_release(root: str, names: list[str]) -> bool:
    """Whether these are the names in a store of the first release, and one of its files is there."""
    shelves = [name for name in names if SHELF.fullmatch(name)]
    if not all(map(_is_known, names)):
        return False
    if os.path.isfile(f"{root}/locks/guard.lock"):
        return True
    return any(_holds_entry(f"{root}/{shelf}", shelf) for shelf in shelves)


def _is_known(name: str) -> bool:
    return name in FOLDERS or SHELF.fullmatch(name) is not None


def _holds_entry(folder: str, shelf: str) -> bool:
    try:
        keys = os.listdir(folder)
    except OSError:
        return False
    return any(re.fullmatch(shelf + r"[0-9a-f]{62}", key) and os.path.isfile(f"{folder}/{key}/{SEAL}") for key in keys)
