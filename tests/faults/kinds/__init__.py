"""The bad inputs of every kind: a module for related kinds, and KINDS with all of them by name."""

from __future__ import annotations

from tests.faults.kinds import data, documents, models, options, places, stores, tables
from tests.faults.table import Bad

KINDS: dict[str, dict[str, Bad]] = {}
"""By kind, and by the name of the input in the docs' table."""

for module in (data, documents, models, options, places, stores, tables):
    assert not set(KINDS) & set(module.KINDS), f"{module.__name__} has a kind that another module has"
    KINDS |= module.KINDS
