"""Files that should be the JSON of a run, and are not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lth.document.files import read_json, to_json
from tests.faults.table import Bad, typed, written

BASELINE = Path(__file__).parents[3] / "reports" / "baseline.json"
OLD = Path(__file__).with_name("schema-1.json")
LONG = "9" * 5000


@cache
def plain(schema: int) -> str:
    """A real run in the form of a schema."""
    return OLD.read_text(encoding="utf-8") if schema == 1 else to_json(read_json(BASELINE))


def changed(change: Callable[[Any], object], says: str = "", schema: int = 2) -> Bad:
    """A real run after one change."""

    def make(folder: Path) -> str:
        raw = json.loads(plain(schema))
        change(raw)
        (folder / "run.json").write_text(json.dumps(raw))
        return str(folder / "run.json")

    return Bad(make, says)


def put(path: str, value: object, says: str, schema: int = 2) -> Bad:
    """A real run with another value at a path such as `claims.0.verdict`."""

    def change(raw: Any) -> None:
        *way, last = (int(step) if step.isdecimal() else step for step in path.split("."))
        for step in way:
            raw = raw[step]
        raw[last] = value

    return changed(change, says, schema)


def text(change: Callable[[str], str], says: str = "") -> Bad:
    """A real run whose text is changed."""

    def make(folder: Path) -> str:
        (folder / "run.json").write_text(change(plain(2)))
        return str(folder / "run.json")

    return Bad(make, says)


def made(make: Callable[[Path], object], says: str = "") -> Bad:
    """Something that is not a file, made at `run.json`."""

    def at(folder: Path) -> str:
        make(folder / "run.json")
        return str(folder / "run.json")

    return Bad(at, says)


def baseline(number: str) -> Bad:
    """A real run with this text as the first claim's baseline."""
    return text(lambda whole: whole.replace('"baseline": ', f'"baseline": {number}, "was": ', 1), ".baseline")


ARM = "claims.0.arms.0"
FILES: Mapping[str, Bad] = {
    "empty file": written("run.json", ""),
    "a byte-order mark alone": written("run.json", b"\xef\xbb\xbf"),
    "UTF-16": written("run.json", '{"schema": 2}'.encode("utf-16"), "UTF-8"),
    "latin-1": written("run.json", '{"schema": 2, "notes": {"a": "ä"}}'.encode("latin-1"), "UTF-8"),
    "NUL bytes": written("run.json", bytes(1000)),
    "a picture": written("run.json", b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
    "CSV": written("run.json", "task,arm,seed,score\nsst2,full,0,0.9\n"),
    "half of a file": text(lambda whole: whole[: len(whole) // 2], "not whole JSON"),
    "two documents": text(lambda whole: whole + whole, "not whole JSON"),
    "a comma too many": text(lambda whole: whole.replace("\n}", ",\n}"), "not whole JSON"),
    "single quotes": written("run.json", "{'schema': 2}", "not whole JSON"),
    "null": written("run.json", "null", "no schema"),
    "a number": written("run.json", "2", "no schema"),
    "a list": written("run.json", "[]", "no schema"),
    "an empty object": written("run.json", "{}", "no schema"),
    "another schema": written("run.json", '{"schema": 99}', "schema 99"),
    "a schema that is text": written("run.json", '{"schema": "2", "claims": []}', "schema '2'"),
    "a schema that is true": written("run.json", '{"schema": true, "claims": []}', "schema True"),
    "a schema of 5,000 digits": written("run.json", f'{{"schema": {LONG}}}', "$.schema"),
    "a schema that is a list": written("run.json", '{"schema": [2], "claims": []}', "schema [2]"),
    "no claims": written("run.json", '{"schema": 2}', "`claims`"),
    "100,000 nested lists": written("run.json", "[" * 100_000, "nested"),
    "900 nested lists": written("run.json", '{"schema": 2, "claims": ' + "[" * 900 + "]" * 900 + "}"),
    "100,000 nested objects": written("run.json", '{"schema":' * 100_000, "nested"),
    "a folder in place of a file": made(lambda path: path.mkdir(), "a folder"),
    "a named pipe": made(os.mkfifo, "a named pipe"),
    "an endless device": made(lambda path: path.symlink_to("/dev/zero"), "a device"),
    "a link to itself": made(lambda path: path.symlink_to(path)),
    "a link to nothing": made(lambda path: path.symlink_to("nowhere")),
    "a terabyte of nothing": made(lambda path: (path.touch(), os.truncate(path, 1 << 40)), "larger than"),
}
CLAIMS: Mapping[str, Bad] = {
    "claims that are null": put("claims", None, "$.claims"),
    "claims that are text": put("claims", "all", "$.claims"),
    "claims by name": put("claims", {}, "$.claims"),
    "a claim that is null": put("claims.0", None, "$.claims[0]"),
    "a claim that is a number": put("claims.3", 3, "$.claims[3]"),
    "a claim without fields": put("claims.3", {}, "$.claims[3]"),
    "an unknown verdict": put("claims.3.verdict", "PERHAPS", "$.claims[3].verdict: 'PERHAPS'"),
    "a verdict in lower case": put("claims.3.verdict", "supported", "$.claims[3].verdict"),
    "a verdict that is null": put("claims.3.adjusted_verdict", None, "$.claims[3].adjusted_verdict"),
    "arms that are null": put("claims.0.arms", None, "$.claims[0].arms"),
    "an arm that is null": put(ARM, None, "$.claims[0].arms[0]"),
    "an arm that is text": put(ARM, "full", "$.claims[0].arms[0]"),
    "an arm without an id": put(ARM, {}, "`id`"),
    "an arm with an empty name": put(f"{ARM}.id", {"treatment": ""}, "$.claims[0].arms[0].id"),
    "an arm named as a whole": put(f"{ARM}.id", {"treatment": "imp@0.7"}, "$.claims[0].arms[0].id"),
    "a line break in an arm's name": put(f"{ARM}.id", {"treatment": "a\nb"}, "a\\nb"),
    "an escape in an arm's name": put(f"{ARM}.id", {"treatment": "a\x1b[31mb"}, "\\x1b"),
    "an unknown measure": put(f"{ARM}.id", {"treatment": "good", "measure": "luck"}, "'luck'"),
    "an unknown start": put(f"{ARM}.id", {"treatment": "imp", "start": "luck"}, "'luck'"),
    "a sparsity of 7": put(f"{ARM}.id", {"treatment": "imp", "sparsity": 7}, "sparsity"),
    "a negative share": put(f"{ARM}.id", {"treatment": "imp", "share": -1}, "share"),
    "more scores than seeds": put(f"{ARM}.scores", [0.9] * 9, "$.claims[0]"),
    "a seed twice": put(f"{ARM}.seeds", [1, 1, 1], "$.claims[0]"),
    "seeds that are text": put(f"{ARM}.seeds", "0, 1, 2", ".seeds"),
    "a seed of a half": put(f"{ARM}.seeds", [0, 1, 2.5], ".seeds[2]"),
    "scores that are text": put(f"{ARM}.scores", ["0.9", "0.9", "0.9"], ".scores[0]"),
    "a score that is true": put(f"{ARM}.scores", [True, 0.9, 0.9], ".scores[0]"),
    "a negative n": put(ARM, {"id": {"treatment": "full"}, "mean": 0.9, "std": 0.1, "n": -3}, "n = -3"),
    "an n of zero": put(ARM, {"id": {"treatment": "full"}, "mean": 0.9, "std": 0.1, "n": 0}, "n = 0"),
    "a negative std": put(ARM, {"id": {"treatment": "full"}, "mean": 0.9, "std": -0.1, "n": 3}, "std -0.1"),
    "an n without a mean": put(ARM, {"id": {"treatment": "full"}, "n": 3}, "$.claims[0]"),
    "densities that are a list": put(f"{ARM}.densities", [0.5], ".densities"),
    "an effect that is null": put("claims.0.effect", None, "$.claims[0].effect"),
    "an unknown unit": put("claims.0.effect.unit", "points", "'points'"),
    "an interval that is text": put("claims.0.effect.interval", "+1 to +2", ".interval"),
    "an interval without a method": put("claims.0.effect.interval", {"alpha": 0.05}, "`method`"),
    "an alpha of zero": put("claims.0.effect.interval.alpha", 0, ".alpha"),
    "an end that is text": put("claims.0.effect.interval.low", "-inf", ".low"),
    "a term without an arm": put("claims.0.effect.terms", [{"factor": 1.0}], "`arm`"),
    "a statement that is a number": put("claims.0.statement", 1, ".statement"),
    "a reason that is null": put("claims.0.reason", None, ".reason"),
    "minus 3 seeds needed": put("claims.0.seeds_needed", -3, ".seeds_needed"),
    "a cost that is text": put("claims.0.cost", {"seconds": "long"}, ".cost.seconds"),
    "minus 1 collapsed runs": put("claims.0.collapsed", [{"arm": {"treatment": "full"}, "runs": -1}], ".runs"),
}
NUMBERS: Mapping[str, Bad] = {
    "a number of 400 digits": baseline("9" * 400),
    "a number of 5,000 digits": baseline(LONG),
    "1e400": baseline("1e400"),
    "1e300": baseline("1e300"),
    "NaN": baseline("NaN"),
    "Infinity": baseline("-Infinity"),
    "a number in text": baseline('"0.5"'),
    "a name twice": text(lambda whole: whole.replace('"baseline": ', '"baseline": 0.5, "baseline": ', 1), "twice"),
    "half a character": put("claims.0.statement", "a\ud800", ".statement"),
    "half a character in a name": put("notes", {"\udc00": "a"}, "$.notes"),
}
PARTS: Mapping[str, Bad] = {
    "a date that is none": put("created", "yesterday", "$.created"),
    "a date in 2020-13": put("created", "2020-13-01T00:00:00+00:00", "$.created"),
    "a date that is a number": put("created", 20200723, "$.created"),
    "options that are a list": put("options", [], "$.options"),
    "an alpha of 2": put("options.alpha", 2, "$.options.alpha"),
    "a recipe that is text": put("options.recipe", "epochs 2", "$.options.recipe"),
    "a setting that is a list": put("options.recipe.epochs", [2], "$.options.recipe"),
    "an environment that is text": put("environment", "linux", "$.environment"),
    "a version that is a number": put("environment.lth", 1, "$.environment"),
    "warnings that are text": put("warnings", "none", "$.warnings"),
    "structures that are null": put("structures", None, "$.structures"),
    "an unknown pruning": put("structures.1.pruning", "luck", "'luck'"),
    "gates of fewer seeds": changed(lambda raw: raw["structures"][1]["heads"].pop(), "$.structures[1].heads"),
    "gates of fewer layers": changed(lambda raw: raw["structures"][1]["heads"][0].pop(), "$.structures[1].heads"),
    "gates of fewer heads": changed(lambda raw: raw["structures"][1]["heads"][0][0].pop(), "$.structures[1].heads"),
    "MLPs of fewer layers": changed(lambda raw: raw["structures"][1]["mlps"][0].pop(), "$.structures[1].mlps"),
    "a gate of 2": put("structures.1.heads.0.0.0", 2, "$.structures[1].heads"),
    "a gate of a half": put("structures.1.heads.0.0.0", 0.5, "$.structures[1].heads[0][0][0]"),
    "a gate that is null": put("structures.1.mlps.0.0", None, "$.structures[1].mlps[0][0]"),
    "no gates for a seed": put("structures.1.heads.0", [], "$.structures[1].heads"),
    "minus 1 parameters": put("structures.1.parameters", -1, "$.structures[1].parameters"),
    "transfer that is a list": put("transfer", [], "$.transfer"),
    "a source of no examples": put("transfer", {"train_examples": {"sst2": 0}, "sparsity": 0.7}, "train_examples"),
    "an overlap of another size": put(
        "transfer",
        {"train_examples": {}, "sparsity": 0.7, "overlap": {"names": ["a", "b"], "sparsity": 0.7, "jaccard": [[1]]}},
        "$.transfer.overlap.jaccard",
    ),
    "looks of no seeds": put(
        "sequential", {"looks": [{"seeds": 0, "alpha": 0.05}], "experiments": 1, "of": 2}, "$.sequential.looks[0].seeds"
    ),
    "results of zero": put("sequential", {"looks": [], "experiments": 0, "of": 0}, "$.sequential.of"),
}
SCHEMA_1: Mapping[str, Bad] = {
    "schema 1: arms that are null": put("claims.0.arms", None, "$.claims[0].arms", 1),
    "schema 1: an arm that is null": put("claims.0.arms.full", None, "$.claims[0].arms", 1),
    "schema 1: arms that are a list": put("claims.0.arms", [], "$.claims[0].arms", 1),
    "schema 1: an arm without a name": put("claims.0.arms.", {}, "$.claims[0]", 1),
    "schema 1: an effect that is text": put("claims.0.effect", "large", "$.claims[0].effect", 1),
    "schema 1: a label that is null": put("claims.0.effect.label", None, "$.claims[0].effect.label", 1),
    "schema 1: a region that is null": put("claims.0.region", None, "$.claims[0].region", 1),
    "schema 1: an unknown verdict": put("claims.0.verdict", "PERHAPS", "$.claims[0].verdict", 1),
    "schema 1: options that are null": put("options", None, "$.options", 1),
    "schema 1: claims that are null": put("claims", None, "$.claims", 1),
    "schema 1: a claim that is text": put("claims.0", "chen-1", "$.claims[0]", 1),
    "schema 1: structures that are null": put("structures", None, "$.structures", 1),
    "schema 1: an agreement that is text": put("structures.1.agreement", "high", "$.structures[1].agreement", 1),
    "schema 1: an importance that is a list": put("structures.1.importance", [1], "$.structures[1].importance", 1),
    "schema 1: transfer that is text": put("transfer", "yes", "$.transfer", 1),
    "schema 1: counts that are text": put("claims.0.degenerate", {"full": "x"}, "$.claims[0].degenerate", 1),
    "schema 1: figures that are text": put("claims.0.published", "none", "$.claims[0].published", 1),
}
PLACES: Mapping[str, Bad] = {
    "no such file": typed("none.json"),
    "a name of 300 characters": typed("a" * 300),
    "a file below a file": Bad(lambda folder: f"{written('file', '').make(folder)}/run.json"),
}

EVERY = {**FILES, **CLAIMS, **NUMBERS, **PARTS, **SCHEMA_1}
SOME = (
    "empty file",
    "UTF-16",
    "half of a file",
    "a list",
    "another schema",
    "100,000 nested lists",
    "a folder in place of a file",
    "a named pipe",
    "an endless device",
    "a link to itself",
    "an unknown verdict",
    "an arm that is null",
    "an escape in an arm's name",
    "more scores than seeds",
    "a negative n",
    "a number of 5,000 digits",
    "NaN",
    "a name twice",
    "half a character",
    "a date that is none",
    "gates of fewer heads",
    "schema 1: an arm that is null",
)
"""One of each class, for the doors that read a document in the same way as `lth report` does."""

KINDS: dict[str, dict[str, Bad]] = {
    "document": {**EVERY, **PLACES},
    "a run's document": {name: EVERY[name] for name in SOME},
    "a run as evidence": {name: EVERY[name] for name in SOME if "folder" not in name},
}
