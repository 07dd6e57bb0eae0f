"""From option values to what a run is about: tasks, model, data, seeds and protocol, checked before anything runs.

Knows neither pytest nor argparse, and no torch: fingerprints are of files.
"""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import math
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lth.claims.arms import arms_of
from lth.compute.models import read_model
from lth.errors import DataError, UsageError
from lth.evidence.recorded import Recorded
from lth.runtime.executor import Workers
from lth.spec.expressions import Pretrained, TaskData
from lth.spec.protocol import Protocol, read_protocol
from lth.spec.settings import Settings
from lth.tasks import fingerprint, get_task, parse_tasks
from lth.verdict.rule import Rule
from lth.verdict.sequential import Look, looks

AUTO, MOST_SEEDS = "auto", 8


@dataclass(frozen=True)
class Means:
    """How a run computes: its workers, its store, and after how many seconds no experiment is begun."""

    workers: Workers
    store: Path
    max_time: float = math.inf


def read_settings(options: Mapping[str, Any], root: Path) -> tuple[Settings, Means]:
    """Check and resolve option values, by the plugin's option names, None where not given; `root` is the project's.

    Raises UsageError, TaskNotFound, DataError or ModelError: one line each.
    """
    given = {name: value for name, value in options.items() if value is not None}
    model_text = given.get("model", "lab")
    data = given.get("data", "lab" if model_text == "lab" else "hub")
    names = parse_tasks(given.get("task", "sst2"), data)
    sources = parse_tasks(given["source"], data, "--claims-source") if "source" in given else names
    model = read_model(model_text)
    device = _device(given.get("device", "auto"), model_text)
    protocol = _protocol(given, model_text)
    if device == "cuda":
        protocol = replace(protocol, recipe=replace(protocol.recipe, precision="bf16"))
    tasks = {name: TaskData(name, fingerprint(get_task(name), data), data) for name in (*names, *sources)}
    rule, text = _rule(given), given.get("seeds", "5")
    seeds, looked = read_sequence(text, rule.alpha) if text.startswith(AUTO) else (read_seeds(text), ())
    settings = Settings(
        tuple(tasks[name] for name in names),
        tuple(tasks[name] for name in sources),
        model,
        data,
        seeds,
        protocol,
        rule,
        looks=looked or (Look(len(seeds), rule.alpha),),
    )
    for task in settings.tasks:
        arms_of(settings, task)
    means = Means(
        Workers(_workers(given.get("workers")), device),
        Path(given.get("store", root / ".lth" / "store")),
        _seconds(given["max_time"]) if "max_time" in given else math.inf,
    )
    return settings, means


def _seconds(minutes: str) -> float:
    try:
        seconds = 60 * float(minutes)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise UsageError(f"--claims-max-time={minutes}; expected minutes, more than 0; give --claims-max-time=30")
    return seconds


def recorded_settings(options: Mapping[str, Any], recorded: Recorded) -> Settings:
    """The settings under which recorded evidence is judged: what it says of itself, and the rule and tasks asked for.

    Raises UsageError for options that evidence settles itself, TaskNotFound or DataError for tasks it does not hold.
    """
    given = {name: value for name, value in options.items() if value is not None}
    for name in ("model", "data", "seeds"):
        if name in given:
            raise UsageError(
                f"--{name}={given[name]} with --claims-evidence={recorded.place}; expected no --{name}, which the "
                "evidence settles; leave one of them out"
            )
    about = {**recorded.about, **given}
    model, data = str(about["model"]), str(about["data"])
    tasks = tuple(TaskData(name, "", data) for name in _recorded_tasks(str(about.get("task", "all")), recorded))
    settings = Settings(
        tasks,
        () if about["evidence"] == "published" else tasks,
        Pretrained("", model),
        data,
        read_seeds(f"{about['seeds']},") if "seeds" in about else (0,),
        _protocol(about, model),
        _rule(about),
        str(recorded.about["evidence"]),
    )
    for task in settings.tasks:
        arms_of(settings, task)
    return settings


def _recorded_tasks(text: str, recorded: Recorded) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name != "all" and get_task(name).name not in recorded.tasks:
            held = ", ".join(recorded.tasks) or "no task's full model"
            raise DataError(f"no task {name!r} in the evidence {recorded.place}; it holds {held}; choose among these")
        names.update(dict.fromkeys(recorded.tasks if name == "all" else (name,)))
    if not names:
        raise DataError(
            f"no task in the evidence {recorded.place}; expected the scores of the arm full, the unit of every effect; "
            "add them"
        )
    return tuple(names)


def read_seeds(text: str) -> tuple[int, ...]:
    """`N` means the seeds 0 … N-1; `a,b,c` names them. (`auto` is read by `read_sequence`.)

    >>> read_seeds("3"), read_seeds("7,11")
    ((0, 1, 2), (7, 11))

    Raises UsageError for no seed, a repeated one, or text that is no whole number.
    """
    try:
        numbers = tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        numbers = ()
    seeds = numbers if "," in text else tuple(range(*numbers[:1])) if numbers else ()
    if not seeds or min(seeds) < 0 or len(set(seeds)) != len(seeds):
        raise UsageError(
            f"--seeds={text}; expected how many (at least 1) or which ones, each once; give --seeds=5 or --seeds=1,2,3"
        )
    return seeds


def read_sequence(text: str, alpha: float) -> tuple[tuple[int, ...], tuple[Look, ...]]:
    """The seeds and looks of `auto` or `auto:MAX`: seeds are added while a verdict is open, MAX (8) at most.

    >>> read_sequence("auto:4", 0.05)[0]
    (0, 1, 2, 3)

    Raises UsageError for a MAX that is no whole number, or less than the first look takes.
    """
    _, _, most = text.partition(":")
    if not (most or str(MOST_SEEDS)).isdigit() or text not in (AUTO, f"{AUTO}:{most}"):
        raise UsageError(f"--seeds={text}; expected auto or auto:MAX, such as auto:{MOST_SEEDS}")
    seeds = tuple(range(int(most or MOST_SEEDS)))
    return seeds, looks(alpha, len(seeds))


def _number(given: Mapping[str, Any], name: str, default: float, low: float, high: float) -> float:
    text = given.get(name, default)
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low < value < high:
        raise UsageError(f"--claims-{name}={text}; expected a number between {low:g} and {high:g}, such as {default:g}")
    return value


def _rule(given: Mapping[str, Any]) -> Rule:
    return Rule(
        _number(given, "alpha", Rule.alpha, 0, 0.5),
        _number(given, "margin", Rule.margin, 0, 1),
        given.get("method", Rule.method),
        given.get("correction", Rule.correction),
    )


def _protocol(given: Mapping[str, Any], model: str) -> Protocol:
    protocol = read_protocol(given.get("protocol", "lab" if model == "lab" else "paper"))
    if "sparsity" in given:
        protocol = replace(protocol, sparsity=_number(given, "sparsity", 0.7, 0, 1))
    return replace(
        protocol,
        schedule=given.get("schedule", protocol.schedule),
        prunable=given.get("prunable", protocol.prunable),
    )


def _workers(text: str | None) -> int:
    try:
        count = int(text) if text is not None else os.cpu_count() or 1
    except ValueError:
        count = 0
    if count < 1:
        raise UsageError(f"--claims-workers={text}; expected how many processes, at least 1")
    return count


def _device(asked: str, model: str) -> str:
    """The device for `auto`, found without importing torch: the lab's model is too small to gain from one."""
    if asked != "auto":
        return asked
    if model == "lab":
        return "cpu"
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return "mps"
    cuda_build = "+cpu" not in importlib.metadata.version("torch")
    return "cuda" if cuda_build and ctypes.util.find_library("cuda") else "cpu"
