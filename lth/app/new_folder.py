"""A folder that a command is to write, checked before anything is computed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from lth.errors import UsageError, as_typed


def new_folder(given: str, of_ours: Callable[[Path], bool] = lambda folder: False) -> Path:
    """The folder `--out`, which need not exist yet; `of_ours` says whether a folder with files may be written over.

    Raises UsageError for a file, for a folder that cannot be written and for one with files that are not ours.
    """
    out = f"--out={as_typed(given)}"
    try:
        folder = Path(given).expanduser()
        nearest = next(each for each in (folder, *folder.absolute().parents) if each.is_symlink() or each.exists())
        if not given.strip() or not nearest.is_dir():
            raise UsageError(f"{out} is not a folder; expected a new or an empty folder; choose another")
        if nearest == folder and any(folder.iterdir()) and not of_ours(folder):
            raise UsageError(f"{out} is not empty; expected a new or an empty folder; choose another")
        with tempfile.TemporaryFile(dir=nearest):
            return folder
    except (OSError, RuntimeError, ValueError) as cause:  # RuntimeError: ~nosuch; ValueError: a NUL character
        why = cause.strerror if isinstance(cause, OSError) else cause
        raise UsageError(
            f"{out} cannot be written ({why}); expected a folder that you may write; choose another"
        ) from cause
