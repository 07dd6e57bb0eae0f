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
    Door("lth report --site=NEW BAD", "evidence"),
    Door("lth compare GOOD/run.json BAD", "a run's document"),
    Door("lth compare BAD GOOD/run.json", "a run's document"),
    Door("lth decide BAD --claims=CLAIMS", "evidence"),
    Door("lth shrink BAD --model=GOOD/model --out=NEW", "a run's document"),
    Door(f"{ANYWHERE} --claims-evidence=BAD", "evidence"),
    Door(f"{ANYWHERE} --claims-compare=BAD", "a run's document"),
    Door(f"{ANYWHERE} --claims-evidence=BAD", "scores folder"),
    Door(f"{ANYWHERE} --claims-evidence=BAD", "masks folder"),
    Door("lth decide BAD --claims=CLAIMS", "folder"),
    Door(f"{ANYWHERE} --claims-json=BAD", "file to write"),
    Door(f"{ANYWHERE} --claims-report=BAD", "file to write"),
    Door("lth decide GOOD/scores --claims=CLAIMS --json=BAD", "file to write"),
    Door("lth decide GOOD/scores --claims=CLAIMS --report=BAD", "file to write"),
    Door("lth report GOOD/run.json --site=BAD", "folder to write"),
)
