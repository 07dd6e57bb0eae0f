"""The bad inputs of every kind: a module for related kinds, and KINDS with all of them by name."""

from __future__ import annotations

from tests.faults.kinds import documents, stores
from tests.faults.table import Bad

KINDS: dict[str, dict[str, Bad]] = {**documents.KINDS, **stores.KINDS}
"""By kind, and by the name of the input in the docs' table."""
