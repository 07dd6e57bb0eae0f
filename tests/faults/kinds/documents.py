"""Files that should be the JSON of a run, and are not."""

from __future__ import annotations

from tests.faults.table import Bad, written

KINDS: dict[str, dict[str, Bad]] = {
    "document": {
        "empty file": written("run.json", ""),
        "another schema": written("run.json", '{"schema": 99}', says="schema 99"),
    }
}
