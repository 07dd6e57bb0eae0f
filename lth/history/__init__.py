"""Saved runs: the folder with them (`storage`), what changed between two (`changes`), what fails (`conditions`).

This file imports no other room, because every start of pytest imports it.
"""

from pathlib import Path

DEFAULT_STORAGE = Path(".lth") / "runs"
LATEST = "latest"
"""The name for the run with the highest number."""
