"""Every way in, by the words that a person types. A new door joins the suite with a line here.

Doors of options are made from OPTION_KINDS; a test demands that every option with a value is in it.
"""

from __future__ import annotations

from lth.app.options import OPTIONS
from tests.faults.table import Door

OPTION_KINDS: dict[str, str] = {}
"""The kind of value that each option of a claim run takes."""

ANYWHERE = "pytest CLAIMS --claims-plan"

OPTION_DOORS = tuple(
    Door(f"{ANYWHERE} {option.flag}=BAD", OPTION_KINDS[option.flag])
    for option in OPTIONS.values()
    if option.flag in OPTION_KINDS
) + tuple(
    Door(f"lth {command} {option.typed(command)}=BAD", OPTION_KINDS[option.flag])
    for option in OPTIONS.values()
    if option.flag in OPTION_KINDS
    for command in option.commands
    if command in ("plan",)
)

DOORS: tuple[Door, ...] = (
    *OPTION_DOORS,
    Door("lth report BAD", "document"),
    Door("lth report --site=NEW BAD", "document"),
    Door("lth compare GOOD/run.json BAD", "document"),
    Door("lth compare BAD GOOD/run.json", "document"),
    Door("lth decide BAD --claims=CLAIMS", "document"),
    Door("lth shrink BAD --model=GOOD/model --out=NEW", "document"),
    Door(f"{ANYWHERE} --claims-evidence=BAD", "document"),
    Door(f"{ANYWHERE} --claims-compare=BAD", "document"),
    Door("lth store ls --store=BAD", "store that exists"),
    Door("lth store verify --store=BAD", "store that exists"),
    Door("lth store verify --dry-run --store=BAD", "store that exists"),
    Door("lth store gc --store=BAD", "store that exists"),
    Door("lth store gc --dry-run --store=BAD", "store that exists"),
    Door(f"{ANYWHERE} --claims-store=BAD", "store"),
    Door("pytest CLAIMS --claims-max-time=0.001 --claims-store=BAD", "store of a run"),
)
