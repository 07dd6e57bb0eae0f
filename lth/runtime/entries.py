"""One entry of the store as a folder: builds it, seals it with checksums, and checks it when it is read.

Works on one folder at a time; the store handles other processes that read, drop or build the same entry.

    entry.json    {"sha256": checksum of the next object's bytes,
                   "entry": {"key": KEY, "value": VALUE, "files": {NAME: {"sha256": …, "size": BYTES}}}}
    NAME          the entry's files
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lth.errors import CorruptEntry, StoreError

SEAL = "entry.json"
_HEAD, _MIDDLE, _TAIL = b'{"sha256": "', b'", "entry": ', b"}\n"
_DIGEST = slice(len(_HEAD), len(_HEAD) + 64)
_BODY = slice(_DIGEST.stop + len(_MIDDLE), -len(_TAIL))
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


def make_entry(
    folder: Path, key: str, value: Mapping[str, Any], files: Mapping[str, Path | bytes], movable: Path | None = None
) -> None:
    """Write an entry into the empty `folder` and sync it to disk; files under `movable` are moved, others copied.

    Raises StoreError for a file name or a value that an entry cannot have, and OSError if the disk fails.
    """
    stored = {}
    for name, content in files.items():
        if name == SEAL or not _NAME.fullmatch(name):
            raise StoreError(f"entry {key} cannot have a file {name!r}; expected letters, digits and ._-; rename it")
        stored[name] = _put(folder / name, content, movable)
    try:
        body = json.dumps({"key": key, "value": dict(value), "files": stored}).encode()
    except (TypeError, ValueError) as error:
        raise StoreError(f"entry {key} cannot store its value: {error}; expected JSON; convert it first") from None
    digest = hashlib.sha256(body).hexdigest().encode()
    _put(folder / SEAL, _HEAD + digest + _MIDDLE + body + _TAIL, None)
    sync_folder(folder)


def load_entry(folder: Path, key: str) -> dict[str, Any] | None:
    """The entry {"key", "value", "files"} in `folder`; None if there is no such folder.

    Raises CorruptEntry unless `entry.json` is for this key and has its original bytes.
    """
    try:
        raw = _sealed(folder)
        if raw is None and os.path.lexists(folder):
            raw = _sealed(folder)  # the entry may have been dropped and built again in between
            if raw is None and os.path.lexists(folder):
                raise _corrupt(key, SEAL, "is missing")
        if raw is None:
            return None
    except (NotADirectoryError, IsADirectoryError):
        raise _corrupt(key, SEAL, "is not a file in a folder") from None
    body = raw[_BODY]
    digest = hashlib.sha256(body).hexdigest().encode()
    if raw[_DIGEST] != digest or raw != _HEAD + digest + _MIDDLE + body + _TAIL:
        raise _corrupt(key, SEAL, "does not match its checksum")
    entry: dict[str, Any] = json.loads(body)
    if entry["key"] != key:
        raise _corrupt(key, SEAL, f"belongs to entry {entry['key']}")
    return entry


def _sealed(folder: Path) -> bytes | None:
    try:
        with open(f"{folder}/{SEAL}", "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def check(folder: Path, entry: Mapping[str, Any], name: str) -> Path | None:
    """The path of the entry's file `name`; None if the entry has no such file.

    Raises CorruptEntry unless the file has the recorded size and SHA-256.
    """
    facts = entry["files"].get(name)
    if facts is None:
        return None
    path = folder / name
    try:
        size = path.stat().st_size
        if size != facts["size"]:
            raise _corrupt(entry["key"], name, f"has {size} bytes instead of {facts['size']}")
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise _corrupt(entry["key"], name, "is missing") from None
    if digest != facts["sha256"]:
        raise _corrupt(entry["key"], name, "does not match its checksum")
    return path


def damage(folder: Path, key: str) -> list[str]:
    """The names of the entry's files that are missing or have changed."""
    try:
        entry = load_entry(folder, key) or {"files": {}}
    except CorruptEntry:
        return [SEAL]
    failures = []
    for name in entry["files"]:
        try:
            check(folder, entry, name)
        except CorruptEntry:
            failures.append(name)
    return failures


def sync_folder(folder: Path) -> None:
    """Sync a folder's list of names to disk, if the system supports it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _put(path: Path, content: Path | bytes, movable: Path | None) -> dict[str, Any]:
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif movable is not None and content.absolute().is_relative_to(movable) and not content.is_symlink():
        os.replace(content, path)
    else:
        shutil.copyfile(content, path)
    with open(path, "r+b") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": digest, "size": path.stat().st_size}


def _corrupt(key: str, name: str, problem: str) -> CorruptEntry:
    return CorruptEntry(f"store entry {key}: {name} {problem}")
