"""Saved runs: where they are kept (`storage`), what changed between two (`changes`), which of it fails (`conditions`).

This room imports nothing by itself, for the `lth` command names its places in its help.
"""

from pathlib import Path

DEFAULT_STORAGE = Path(".lth") / "runs"
LATEST = "latest"
"""What names the run of the highest number."""
