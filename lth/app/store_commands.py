"""`lth store`: lists, checks and cleans the results that runs have stored."""

from __future__ import annotations

import argparse
from typing import Any

from lth.app.options import add_options, read_given
from lth.compute.context import WEIGHTS
from lth.errors import StoreError
from lth.runtime.store import FolderStore


def add_commands(commands: Any) -> None:
    """Add `store` with its commands to the subparsers of `lth`."""
    store = commands.add_parser("store", help="the results that runs have computed").add_subparsers(
        required=True, metavar="COMMAND"
    )
    for name, run, text, dry in (
        ("ls", _list, "list the results", ""),
        ("verify", _verify, "check all files, and move damaged entries aside", "only name damaged files; move nothing"),
        (
            "gc",
            _collect,
            "remove weights, damaged entries and locks that no run needs",
            "only say what would be removed",
        ),
    ):
        command = store.add_parser(name, help=text)
        add_options(command, "store")
        if dry:
            command.add_argument("--dry-run", action="store_true", help=dry)
        command.set_defaults(run=run)


def _open(options: argparse.Namespace, read_only: bool) -> FolderStore:
    store = FolderStore(read_given(options, "store")["store"], read_only)
    if not store.exists:
        raise StoreError(f"no store {store.root}; expected the folder that a run has written; give --store=FOLDER")
    return store


def _list(options: argparse.Namespace) -> None:
    from lth.runtime.upkeep import listing, size_beside  # msgspec, for these commands alone

    store = _open(options, read_only=True)
    size = size_beside(store)
    for entry in listing(store):
        size += entry.size
        score = entry.value.get("score")
        shown = f"{score:.4f}" if isinstance(score, (int, float)) else ""
        print(f"{entry.key[:12]}  {shown:>7}  {entry.problem or entry.value.get('experiment', '')}")
    print(f"{size / 1e6:.1f} MB in {store.root}")


def _verify(options: argparse.Namespace) -> int:
    """Name all damaged files, and move their entries aside: a run that needs them then computes them again."""
    from lth.runtime.upkeep import decode  # as above

    store = _open(options, options.dry_run)
    failures = store.verify(decode)
    for failure in failures:
        print(f"corrupt: {failure}")
    if not failures:
        print("all files match their checksums")
        return 0
    bad = f"{_counted(len(failures), 'file')} missing or changed"
    if options.dry_run:
        print(f"{bad}; nothing was moved, because of --dry-run")
        return 1
    keys = list(dict.fromkeys(failure.partition("/")[0] for failure in failures))
    moved, reason = 0, ""
    try:
        for key in keys:
            moved += store.set_aside(key) is not None
    except StoreError as problem:
        reason = f" ({str(problem).partition(';')[0]})"
    print(
        f"{bad}; {moved} of {_counted(len(keys), 'entry', 'entries')} moved to {store.root}/corrupt{reason}; "
        f"a run that needs what was moved computes it again"
    )
    return 1


def _collect(options: argparse.Namespace) -> None:
    from lth.runtime.upkeep import find_garbage, remove_garbage  # as above

    store = _open(options, options.dry_run)
    found = find_garbage(store, WEIGHTS) if options.dry_run else remove_garbage(store, WEIGHTS)
    kinds = ", ".join(f"{kind} {len(paths)}" for kind, paths in found.paths.items() if paths) or "nothing to remove"
    print(f"{'would free' if options.dry_run else 'freed'} {found.size / 1e6:.1f} MB: {kinds}")
    if found.in_use:
        runs = "a run is" if found.in_use == 1 else f"{found.in_use} runs are"
        print(f"{runs} in progress: all locks, and what is needed, are kept")


def _counted(number: int, one: str, more: str = "") -> str:
    return f"{number} {one if number == 1 else more or one + 's'}"
