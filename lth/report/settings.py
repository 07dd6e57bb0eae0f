"""The options of a run, as text. Knows no layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from lth.document.rows import OptionsRow

_NAMES = {
    "tasks": "task",
    "searched_on": "searched on",
    "super_seeds": "seeds of super-survivors",
    "recipe_by_task": "recipe by task",
}
"""Names that are shown instead of field names."""


def options_text(options: OptionsRow) -> dict[str, str]:
    """Each option as text, by name, without unknown ones, the default criterion and a switch that is off.

    >>> options_text(OptionsRow(recipe={"epochs": 2, "batch": 16}))["recipe"]
    'epochs 2, batch 16'
    """
    known = {name: value for name, value in asdict(options).items() if value not in (None, "", (), {})}
    if not options.shrink_variance:
        del known["shrink_variance"]
    if options.criterion == OptionsRow.criterion:
        del known["criterion"]
    return {_NAMES.get(name, name): _text(value) for name, value in known.items()}


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(inner)}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
