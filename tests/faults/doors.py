"""Every way in, by the words that a person types. A new door joins the suite with a line here.

Doors of options are made from OPTION_KINDS; a test demands that every option with a value is in it.
"""

from __future__ import annotations

from lth.app.options import OPTIONS
from tests.faults.table import Door

OPTION_KINDS: dict[str, str] = {}
"""The kind of value that each option of a claim run takes."""

ANYWHERE = "pytest CLAIMS --claims-plan"
SHRINK = "lth shrink GOOD/gates.safetensors"

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
    Door("lth shrink BAD --model=GOOD/model --out=NEW", "gates"),
    Door(f"{SHRINK} --model=BAD --out=NEW", "model to load"),
    Door(f"{SHRINK} --model=GOOD/model --out=BAD", "new folder"),
    Door(f"{SHRINK} --model=GOOD/model --out=NEW --batch=BAD", "small number"),
    Door(f"{SHRINK} --model=GOOD/model --out=NEW --length=BAD", "small number"),
    Door("lth shrink GOOD/run.json --model=GOOD/model --out=NEW --seed=BAD", "seed"),
    Door("lth lab show BAD", "task of the lab"),
    Door("lth lab show wnli -n=BAD", "number of examples"),
    Door("lth lab pretrain --out=BAD", "new folder"),
    Door("lth lab pretrain --out=NEW --steps=BAD", "number of steps"),
    Door("lth lab pretrain --out=NEW --seed=BAD", "seed"),
    Door(f"{ANYWHERE} --data=GOOD/data --claims-protocol=short --model=BAD", "model folder"),
    Door(f"{ANYWHERE} --model=lab --claims-protocol=short --data=BAD", "data folder"),
    Door(f"{ANYWHERE} --claims-evidence=BAD", "document"),
    Door(f"{ANYWHERE} --claims-compare=BAD", "document"),
)
