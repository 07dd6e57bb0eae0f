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
from collections.abc import Callable, Mapping
from errno import EISDIR, ELOOP, ENOENT, ENOTDIR, ENXIO
from pathlib import Path
from stat import S_ISREG
from typing import Any

from lth.errors import CorruptEntry, StoreError

SEAL = "entry.json"
LARGEST = 1 << 28
"""The most bytes that `entry.json` can have; a larger one is damage, and is not read into memory."""
Decode = Callable[[str], Any]
_SMALL = 1 << 20
_HEAD, _MIDDLE, _TAIL = b'{"sha256": "', b'", "entry": ', b"}\n"
_DIGEST = slice(len(_HEAD), len(_HEAD) + 64)
_BODY = slice(_DIGEST.stop + len(_MIDDLE), -len(_TAIL))
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_NO_FILE = {ENOENT: "is missing", ENOTDIR: "is missing", EISDIR: "is not a file", ENXIO: "is not a file"}
_NO_FILE |= {ELOOP: "is a symbolic link that leads nowhere"}
_WAIT_FOR_NOBODY = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""With these flags, opening a named pipe does not wait until somebody writes into it."""


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
    if len(body) > LARGEST - 1000:
        raise StoreError(
            f"entry {key} cannot store its value: it has {len(body)} bytes; expected at most {LARGEST - 1000}; put the "
            f"largest part into a file of the entry"
        )
    digest = hashlib.sha256(body).hexdigest().encode()
    _put(folder / SEAL, _HEAD + digest + _MIDDLE + body + _TAIL, None)
    sync_folder(folder)


def load_entry(folder: str | Path, key: str) -> dict[str, Any] | None:
    """The entry {"key", "value", "files"} in `folder`; None if there is no such folder.

    Raises CorruptEntry unless `entry.json` is for this key and has its original bytes.
    """
    found = load_sized(folder, key)
    return found and found[0]


def load_sized(folder: str | Path, key: str, decode: Decode = json.loads) -> tuple[dict[str, Any], int] | None:
    """The entry, and the bytes of all its files. None and CorruptEntry are as in `load_entry`.

    `decode` makes objects from JSON. It raises ValueError for anything else.
    """
    raw = _sealed(folder, key)
    if raw is None and os.path.lexists(folder):
        raw = _sealed(folder, key)  # the entry may have been dropped and built again in between
        if raw is None and os.path.lexists(folder):
            raise _corrupt(key, SEAL, "is missing" if os.path.isdir(folder) else "is not a file in a folder")
    if raw is None:
        return None
    body = raw[_BODY]
    digest = hashlib.sha256(body).hexdigest().encode()
    if raw[_DIGEST] != digest or raw != _HEAD + digest + _MIDDLE + body + _TAIL:
        raise _corrupt(key, SEAL, "does not match its checksum")
    try:
        entry: dict[str, Any] = decode(body.decode())
    except (ValueError, RecursionError):
        entry = {}
    if not _is_entry(entry):
        raise _corrupt(key, SEAL, "is not an entry")
    if entry["key"] != key:
        raise _corrupt(key, SEAL, f"belongs to entry {repr(entry['key'])[1:65]}")
    return entry, len(raw) + sum(facts["size"] for facts in entry["files"].values())


def _is_entry(entry: Any) -> bool:
    try:
        return (
            isinstance(entry["key"], str)
            and isinstance(entry["value"], dict)
            and all(
                _NAME.fullmatch(name) and facts["size"] >= 0 and facts["sha256"]
                for name, facts in entry["files"].items()
            )
        )
    except (AttributeError, KeyError, TypeError):
        return False


def _sealed(folder: str | Path, key: str) -> bytes | None:
    try:
        handle, size = open_regular(f"{folder}/{SEAL}")
    except OSError as error:
        if error.errno in (ENOENT, ENOTDIR) or not os.path.lexists(folder):
            return None
        raise _no_file(key, SEAL, error) from None
    try:
        if size > LARGEST:
            raise _corrupt(key, SEAL, f"has {size} bytes, too many")
        return read_all(handle, size)
    finally:
        os.close(handle)


def check(folder: str | Path, entry: Mapping[str, Any], name: str) -> Path | None:
    """The path of the entry's file `name`; None if the entry has no such file.

    Raises CorruptEntry unless the file has the recorded size and SHA-256.
    """
    if name not in entry["files"]:
        return None
    _check(folder, entry, name)
    return Path(folder, name)


def _check(folder: str | Path, entry: Mapping[str, Any], name: str) -> None:
    facts = entry["files"][name]
    try:
        handle, size = open_regular(f"{folder}/{name}")
    except OSError as error:
        raise _no_file(entry["key"], name, error) from None
    try:
        if size != facts["size"]:
            raise _corrupt(entry["key"], name, f"has {size} bytes instead of {facts['size']}")
        if size <= _SMALL:
            digest = hashlib.sha256(read_all(handle, size)).hexdigest()
        else:
            with open(handle, "rb", buffering=0, closefd=False) as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
    finally:
        os.close(handle)
    if digest != facts["sha256"]:
        raise _corrupt(entry["key"], name, "does not match its checksum")


def check_all(folder: str | Path, key: str) -> dict[str, Any] | None:
    """The entry, after a check of all its files; None if there is no such folder.

    Raises CorruptEntry that names the first file that is missing or has changed.
    """
    entry = load_entry(folder, key)
    for name in entry["files"] if entry else ():
        assert entry
        _check(folder, entry, name)
    return entry


def damage(folder: str | Path, key: str, decode: Decode = json.loads) -> list[str]:
    """The names of the entry's files that are missing or have changed. `decode` is as for `load_sized`."""
    try:
        entry, _ = load_sized(folder, key, decode) or ({"files": {}}, 0)
    except CorruptEntry:
        return [SEAL]
    failures = []
    for name in entry["files"]:
        try:
            _check(folder, entry, name)
        except CorruptEntry:
            failures.append(name)
    return failures


def open_regular(path: str) -> tuple[int, int]:
    """A handle to read a regular file, and its size.

    Raises OSError, with ENXIO for a pipe, a device or a folder, which are not waited for.
    """
    handle = os.open(path, _WAIT_FOR_NOBODY)
    try:
        facts = os.fstat(handle)
        if not S_ISREG(facts.st_mode):
            raise OSError(ENXIO, "Not a regular file", path)
    except BaseException:
        os.close(handle)
        raise
    return handle, facts.st_size


def read_all(handle: int, size: int) -> bytes:
    """The `size` bytes of a file, or what there is of them."""
    raw = os.read(handle, size)
    while len(raw) < size and (more := os.read(handle, size - len(raw))):
        raw += more
    return raw


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


def _no_file(key: str, name: str, error: OSError) -> CorruptEntry | OSError:
    """The damage that an error on opening a file shows, or the error itself if the file may be whole."""
    return _corrupt(key, name, _NO_FILE[error.errno]) if error.errno in _NO_FILE else error


def _corrupt(key: str, name: str, problem: str) -> CorruptEntry:
    return CorruptEntry(f"store entry {key}: {name} {problem}")
