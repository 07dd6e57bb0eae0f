"""Every way in, by the words that a person types. A new door joins the suite with a line here.

Doors of options are made from OPTION_KINDS; a test demands that every option with a value is in it.
"""

from __future__ import annotations

from lth.app.options import OPTIONS
from tests.faults.table import Door

OPTION_KINDS: dict[str, str] = {
    "--claims-task": "tasks",
    "--claims-source": "tasks",
    "--claims-model": "model place",
    "--claims-data": "data place",
    "--claims-seeds": "seeds",
    "--claims-protocol": "protocol",
    "--claims-schedule": "schedule",
    "--claims-sparsity": "share",
    "--claims-prunable": "word",
    "--claims-criterion": "criterion",
    "--claims-alpha": "error rate",
    "--claims-margin": "share",
    "--claims-method": "word",
    "--claims-correction": "word",
    "--claims-only": "claims",
    "--claims-skip": "claims",
    "--claims-max-time": "minutes",
    "--claims-sort": "word",
    "--claims-group-by": "word",
    "--claims-columns": "columns",
    "--claims-json": "file to write",
    "--claims-report": "file to write",
    "--claims-evidence": "evidence",
    "--claims-store": "output folder",
    "--claims-workers": "count",
    "--claims-device": "word",
    "--claims-save": "run name",
    "--claims-storage": "output folder",
    "--claims-compare": "unreachable place",
    "--claims-compare-fail": "condition",
}
"""The kind of value that each option of a claim run takes."""

ANYWHERE = "pytest CLAIMS --claims-plan"
COMMANDS = {
    "plan": "lth plan --claims=CLAIMS",
    "decide": "lth decide GOOD/run.json --claims=CLAIMS",
    "explain": "lth explain chen-1",
    "compare": "lth compare GOOD/run.json GOOD/run.json",
    "list": "lth list",
    "store": "lth store ls",
}
"""How each command of `lth` that shares options with a claim run is typed."""
FEWER = {"claims": "unknown claims", "model place": "unreachable place", "data place": "unreachable place"}
"""What a command hands on to pytest, whose doors take all of the kind. It starts pytest anew, which takes a second."""
SHRINK = "lth shrink GOOD/gates.safetensors"

OPTION_DOORS = tuple(
    Door(f"{ANYWHERE} {option.flag}=BAD", OPTION_KINDS[option.flag]) for option in OPTIONS.values() if option.parse
) + tuple(
    Door(
        f"{COMMANDS[command]} {option.typed(command)}=BAD",
        FEWER.get(OPTION_KINDS[option.flag], OPTION_KINDS[option.flag]),
    )
    for option in OPTIONS.values()
    if option.parse
    for command in option.commands
)

DOORS: tuple[Door, ...] = (
    *OPTION_DOORS,
    Door("lth BAD", "command"),
    Door("lth lab BAD", "command"),
    Door("lth store BAD", "command"),
    Door("lth plan BAD", "word of plan"),
    Door("lth run BAD", "word of plan"),
    Door("lth claims BAD", "unknown claims"),
    Door("lth explain BAD", "unknown claims"),
    Door("lth plan --claims=BAD", "claims folder"),
    Door("lth run --claims=BAD", "claims folder"),
    Door("lth decide GOOD/run.json --claims=BAD", "claims folder"),
    Door("lth decide BAD --claims=CLAIMS", "evidence"),
    Door("lth report BAD", "document"),
    Door("lth report --site=NEW BAD", "a run as evidence"),
    Door("lth compare GOOD/run.json BAD", "a run's document"),
    Door("lth compare BAD GOOD/run.json", "a run's document"),
    Door("lth decide BAD --claims=CLAIMS", "a run as evidence"),
    Door("lth shrink BAD --model=GOOD/model --out=NEW", "a run's document"),
    Door(f"{ANYWHERE} --claims-evidence=BAD", "a run as evidence"),
    Door(f"{ANYWHERE} --claims-compare=BAD", "a run's document"),
    Door(f"{ANYWHERE} --claims-evidence=BAD", "scores folder"),
    Door(f"{ANYWHERE} --claims-evidence=BAD", "masks folder"),
    Door(f"{ANYWHERE} --claims-evidence=BAD", "predictions folder"),
    Door(f"{ANYWHERE} --claims-evidence=BAD", "Parquet folder"),
    Door("lth decide BAD --claims=CLAIMS", "folder"),
    Door("lth report GOOD/run.json --site=BAD", "folder to write"),
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
    Door("lth lab pretrain --out=NEW --threads=BAD", "small number"),
    Door(f"{ANYWHERE} --data=GOOD/data --claims-protocol=short --model=BAD", "model folder"),
    Door(f"{ANYWHERE} --model=lab --claims-protocol=short --data=BAD", "data folder"),
    Door("lth store ls --store=BAD", "store that exists"),
    Door("lth store verify --store=BAD", "store that exists"),
    Door("lth store verify --dry-run --store=BAD", "store that exists"),
    Door("lth store gc --store=BAD", "store that exists"),
    Door("lth store gc --dry-run --store=BAD", "store that exists"),
    Door(f"{ANYWHERE} --claims-store=BAD", "store"),
    Door("pytest CLAIMS --claims-max-time=0.001 --claims-store=BAD", "store of a run"),
)
