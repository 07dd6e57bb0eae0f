"""Values that options cannot have: numbers, counts, seeds, names, recipes, schedules, places and code of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.faults.table import Bad, typed, without, written

LONG = "x" * 300
"""Longer than a file's name can be."""


def texts(*values: str, says: str = "") -> dict[str, Bad]:
    """Bad inputs that are texts; their names show them as Markdown does code."""
    return {_name(value): typed(value, says) for value in values}


def _name(value: str) -> str:
    if not value.strip():
        return "a blank" if value else "an empty text"
    shown = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in value)
    return f"`{shown}`" if len(shown) <= 40 else f"`{shown[:20]}…` of {len(value):,} characters"


def _made(make: Callable[[Path], Path], says: str = "") -> Bad:
    return Bad(lambda folder: str(make(folder)), says)


def _file(folder: Path, below: str = "") -> Path:
    (folder / "file").write_text("")
    return folder / "file" / below


def _loop(folder: Path) -> Path:
    (folder / "loop").symlink_to(folder / "loop")
    return folder / "loop"


def _broken_link(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "nowhere")
    return folder / "link"


def _fifo(folder: Path) -> Path:
    import os

    os.mkfifo(folder / "pipe")
    return folder / "pipe"


EMPTY = texts("", " ")
EVERYWHERE: Mapping[str, Bad] = {
    **EMPTY,
    "the home of nobody": typed("~nosuch/place"),
    "a name too long": typed(LONG),
    "a path too long": typed("x/" * 3000),
    "a loop of links": _made(_loop),
}
"""Places that are none for any option."""

NOT_NUMBERS = texts("nan", "-nan", "x", "1,5", "0x1", "1_0", "１", "٠.٥", "1e", "--", "1 0", "half", "0.5.5", "²", "½")
SHARE = {**EMPTY, **NOT_NUMBERS, **texts("0", "1", "-0.1", "1.2", "inf", "-inf", "1e999", "1e-999", "9" * 5000)}

SEEDS = {
    **EMPTY,
    **texts("0", "-1", "1,1", "1.5", "some", "1;2", "1,x", "1,-2", ",", "0x3", "1_0", "²", "１", "auto2", "automatic"),
    **texts("auto:", "auto:²", "auto:2", "auto:-3", "auto:many", "auto:8:9", "auto:1001", "auto:" + "9" * 20, "Auto"),
    **texts("99999999999999999999", "1000000000", "1001", "9" * 5000, f"{2**32},", "1\n2", "5\x1b[31m"),
    "a list of 1,001 seeds": typed(",".join(map(str, range(1001)))),
}

COUNT = {**EMPTY, **texts("0", "-1", "1.5", "²", "１", "1_0", "+1", "many", "0x1", "1e3", "1000000000", "9" * 5000)}

PROTOCOL = {
    **EMPTY,
    **texts(
        "papre", "lab:epoch=1", "lab:dropout=0.1", "lab:precision=bf16", "lab:=", "lab:epochs", "lab;epochs=1", ":"
    ),
    **texts(*(f"lab:epochs={bad}" for bad in ("", "0", "-1", "1.5", "x", "²", "１", "1001", "1000000000", "9" * 5000))),
    **texts(*(f"lab:batch={bad}" for bad in ("0", "-16", "1e3", "1000000000000"))),
    **texts(*(f"lab:max_length={bad}" for bad in ("0", "1", "3", "-1", "8193", "1000000000"))),
    **texts(*(f"lab:train_examples={bad}" for bad in ("0", "-1", "all", "9999999999"))),
    **texts(*(f"lab:dev_examples={bad}" for bad in ("0", "1", "-5", "9999999999"))),
    **texts(*(f"lab:lr={bad}" for bad in ("nan", "inf", "-inf", "0", "-1", "1e999", "1e-400", "fast", "1_0"))),
    **texts("lab:warmup=1", "lab:warmup=-0.1", "lab:warmup=nan", "lab:eps=0", "lab:eps=nan", "lab:eps=inf"),
    **texts("lab:weight_decay=-1", "lab:weight_decay=inf", "lab:clip=0", "lab:clip=-1", "lab:clip=nan"),
    **texts("lab:epochs=1,epochs=2", "lab:epochs=1 lr=2", "lab:" + "epochs=1," * 500),
}

SCHEDULE = {
    **EMPTY,
    **texts("often", "original:", "original:0", "original:1", "original:-0.1", "original:nan", "original:0.1,0.2"),
    **texts("original:1e-320", "original:1e-9", "original:0.0001", "remaining:1e-300", "remaining:1e-5", "remaining:2"),
    **texts("weekly:0.1", "0.5,0.3", "0.5,0.5", "0.5,1.2", "1e-9,0.5", "0.9999999", "0.5;0.6", "original:１"),
    **texts("original:0.1:0.2", "inf", "nan,0.5", ",".join(f"{at / 2000:.6f}" for at in range(1, 1200))),
}
NAMES = {**EMPTY, **texts(",", " , ,")}
TASKS = {
    **NAMES,
    **texts("SST2", "Sst2", says="did you mean 'sst2'?"),
    **texts("sst3", "sst2,colla", "sst2 cola", "al", LONG, "cola\x1b[2J", "cola\nsst2", "../sst2", "*"),
    **texts("os:path", "json:dumps", says="standard library"),
    **texts(
        ":", "a:", ":X", "a:b:c", "1a:X", "nosuch:X", "nosuch.mod:X", "numpy:zeros", "numpy.nosuch:X", "msgspec:Raw"
    ),
}
CLAIMS = {**NAMES, **texts("nosuch", "chen-11", "chen-1,chem-2*", "[", "Chen-1", "../chen-1", LONG)}
"""Ids of claims. Which there are is known when they are collected."""

CRITERION = {
    **EMPTY,
    **texts("magnitud", "Magnitude", "first_order", "random,magnitude", LONG, "rand\x1bom", ":", "a:", ":f", "a:b:c"),
    **texts("os:system", "json:dumps", "builtins:len", says="standard library"),
    **texts("nosuch:f", "nosuch.mod:f", "numpy:zeros", "torch._C:abs", "msgspec.nosuch:f", "1a:f", "a b:f"),
}

CONDITION = {
    **EMPTY,
    **texts("verdicts", "verdict:1", "effect", "effect:", "effect:x", "effect:-1", "effect:nan", "effect:inf"),
    **texts(
        "pvalue", "pvalue:0", "pvalue:1", "pvalue:2", "pvalue:5%", "effect:1%%", "chen-1=", "=verdict", "a=b=verdict"
    ),
    **texts("effect:１", "effect:1_0", "verdict effect:1", "ver\x1bdict", "effect:" + "9" * 5000),
}

RUN_NAME = {
    **EMPTY,
    **texts("a/b", "../up", ".hidden", "two words", "x" * 201, LONG, "a\nb", "é", "a:b", "-", "a\\b", "a*", "~"),
}

WORDS = {**EMPTY, **texts("nosuch", "t ", "T,bootstrap", "*", LONG, "a\x1b[1m", "t\n", "´")}
COLUMNS = {**NAMES, **texts("effects", "effect,verdikt", "*", LONG, "effect verdict", "Effect")}

OUT_FOLDER = {
    **EVERYWHERE,
    "a file": _made(_file, says="a file is there"),
    "a folder below a file": _made(lambda folder: _file(folder, "store"), says="a file is on its way"),
    "a folder below a folder below a file": _made(lambda folder: _file(folder, "a/store"), says="a file is on its way"),
    "a link to nothing": _made(_broken_link, says="a link to nothing"),
    "a pipe": _made(_fifo),
    "a device": typed("/dev/null"),
}
IN_PLACE = {
    **EVERYWHERE,
    "a file below a file": _made(lambda folder: _file(folder, "x.json")),
    "nothing": _made(lambda folder: folder / "nothing"),
    "a link to nothing": _made(_broken_link),
    "a pipe": _made(_fifo),
    "a device": typed("/dev/null"),
    "control characters": typed("/no\x1b[31m/such\nplace"),
}
MODEL_PLACE = {
    **IN_PLACE,
    "a file": _made(_file),
    "an empty folder": _made(lambda folder: folder),
    "a folder with a configuration only": Bad(
        lambda folder: str(Path(written("config.json", "{}").make(folder)).parent)
    ),
    "a folder that is not there": typed("./no-such-folder", says="no-such-folder"),
    "a comma alone": typed(",", says="separated by commas"),
    "a model twice": typed("lab,lab", says="each model once"),
    "a number of models that is no sample": typed("lab:2", says="with N from 3"),
    "more models than the lab has": typed("lab:1000", says="with N from 3"),
}
DATA_PLACE = {
    **IN_PLACE,
    "a file": _made(_file),
    "an empty folder": _made(lambda folder: folder),
    "a word": typed("hubb", says="did you mean 'hub'?"),
}
EVIDENCE = {
    **IN_PLACE,
    **texts("publishd", says="did you mean 'published'?"),
    **texts("Measured", "measured,published"),
}

COMMAND = texts("lits", "Report", "", "re\nport", "report\x1b[2J", LONG, "--reprot", "-x", says="lth")
WORD_OF_PLAN = texts(
    "--alhpa=1", "--taks=sst2", "--task", "--seeds", "--claims-taks=sst2", "-q", "sst2", "", f"--{LONG}"
)


def _claim_file(text: str) -> Bad:
    """A folder with one file of claims that cannot be collected."""
    return Bad(lambda folder: str(Path(written("test_claims.py", text).make(folder)).parent))


CLAIMS_FOLDER = {
    **IN_PLACE,
    "an empty folder": _made(lambda folder: folder, says="no claims in"),
    "a folder of other tests": Bad(_claim_file("def test_nothing(): pass\n").make, says="no claims in"),
    "a file with an error": _claim_file("import nosuch_module\n"),
    "a file that is not Python": _claim_file("def test_(:\n"),
}

KINDS: dict[str, dict[str, Bad]] = {
    "share": SHARE,
    "error rate": {**SHARE, **texts("0.5", "0.7")},
    "minutes": without(SHARE, ("`1`", "`1.2`")),
    "seeds": SEEDS,
    "count": COUNT,
    "protocol": PROTOCOL,
    "schedule": SCHEDULE,
    "tasks": TASKS,
    "claims": CLAIMS,
    "unknown claims": {name: CLAIMS[name] for name in ("an empty text", "`nosuch`", "`chen-1,chem-2*`")},
    "criterion": CRITERION,
    "condition": CONDITION,
    "run name": RUN_NAME,
    "word": WORDS,
    "columns": COLUMNS,
    "output folder": OUT_FOLDER,
    "model place": MODEL_PLACE,
    "data place": DATA_PLACE,
    "evidence": EVIDENCE,
    "claims folder": CLAIMS_FOLDER,
    "command": COMMAND,
    "word of plan": WORD_OF_PLAN,
    "unreachable place": dict(EVERYWHERE),
}
