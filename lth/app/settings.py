"""From option values to what a run is about: tasks, model, data, seeds and protocol, checked before anything runs.

Knows neither pytest nor argparse nor torch. Fingerprints are hashes of files.
"""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import importlib.util
import math
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lth import lab
from lth.app import parsers
from lth.app.option import as_text
from lth.app.options import OPTIONS, read_options
from lth.app.parsers import ALL
from lth.claims.arms import arms_of
from lth.compute.models import read_models
from lth.errors import DataError, UsageError
from lth.evidence.recorded import Recorded
from lth.runtime.executor import Workers
from lth.spec.expressions import Pretrained, TaskData
from lth.spec.protocol import Protocol, read_protocol
from lth.spec.settings import Settings
from lth.tasks import available, fingerprint, get_task, named_in_file
from lth.verdict.rule import STUDENT, Rule
from lth.verdict.sequential import Look, looks

SETTLED = ("model", "data", "seeds")
"""Options that recorded evidence answers itself."""


@dataclass(frozen=True)
class Means:
    """How a run computes: its workers, its store, and the seconds after which it starts no experiment.

    `pictures` is whether it also trains arms that only pictures show.
    """

    workers: Workers
    store: Path
    max_time: float = math.inf
    pictures: bool = False


def read_settings(options: Mapping[str, object], root: Path) -> tuple[Settings, Means]:
    """Check and resolve options, given by their names in the table; `root` is the project's folder.

    A value is text as it is typed, a Python value, or None if the option is not given: `{"task": "sst2", "seeds": 5}`.
    Raises UsageError, DataError or ModelError with one line.
    """
    value = read_options(options)
    models = read_models(value["model"])
    of_lab = all(model.model in lab.checkpoints() for model in models)
    data = value["data"] or ("lab" if of_lab else "hub")
    held = available(data)
    names = _chosen(value["task"], held, f"the data {data}")
    sources = _chosen(value["source"] or value["task"], held, f"the data {data}")
    device = _device(value["device"], of_lab)
    protocol = _protocol(value, of_lab)
    if device == "cuda":
        protocol = replace(protocol, recipe=replace(protocol.recipe, precision="bf16"))
    tasks = {name: TaskData(name, fingerprint(get_task(name), data), data) for name in (*names, *sources)}
    rule, seeds = _rule(value), value["seeds"]
    settings = Settings(
        tuple(tasks[name] for name in names),
        tuple(tasks[name] for name in sources),
        models,
        data,
        seeds.numbers,
        protocol,
        rule,
        looks=looks(rule.alpha, len(seeds.numbers)) if seeds.added else (Look(len(seeds.numbers), rule.alpha),),
    )
    for task in settings.tasks:
        arms_of(settings, task)
    workers = Workers(value["workers"] or os.cpu_count() or 1, device)
    max_time = math.inf if value["max_time"] is None else 60 * value["max_time"]
    return settings, Means(workers, store_folder(options, root), max_time, value["pictures"])


def store_folder(options: Mapping[str, object], root: Path) -> Path:
    """The given folder for results, or the default one in the project's folder."""
    given = options.get("store")
    folder: Path = OPTIONS["store"].read(given)
    return root / folder if given is None else folder


def recorded_settings(options: Mapping[str, object], recorded: Recorded) -> Settings:
    """The settings for judging recorded evidence: its own model, data and seeds, with the rule and the tasks given.

    Raises UsageError for an option that the evidence answers itself, DataError for a task that it does not hold.
    """
    given = {name: value for name, value in options.items() if value is not None}
    for name in SETTLED:
        if name in given:
            raise UsageError(
                f"{name} {as_text(given[name])} with the evidence {recorded.place}; expected no {name}, because the "
                f"evidence has its own; leave one of them out"
            )
    about = recorded.about
    open_to_choice = {name: value for name, value in about.items() if name not in (*SETTLED, "evidence")}
    value = read_options({"task": ALL, **open_to_choice, **given})
    model, data = str(about["model"]), str(about["data"])
    tasks = tuple(TaskData(name, "", data) for name in _recorded_tasks(value["task"], recorded))
    settings = Settings(
        tasks,
        () if about["evidence"] == "published" else tasks,
        (Pretrained("", model),),
        data,
        parsers.seeds(f"{about['seeds']},").numbers if "seeds" in about else (0,),
        _protocol(value, model == "lab"),
        _rule(value),
        str(about["evidence"]),
    )
    for task in settings.tasks:
        arms_of(settings, task)
    return settings


def _recorded_tasks(names: Iterable[str], recorded: Recorded) -> tuple[str, ...]:
    found = _chosen(names, recorded.tasks, f"the evidence {recorded.place}")
    for name in found:
        named_in_file(name)
    if not found:
        raise DataError(
            f"no task in the evidence {recorded.place}; expected the scores of the arm full, the unit of every effect; "
            "add them"
        )
    return found


def _chosen(names: Iterable[str], held: Sequence[str], place: str) -> tuple[str, ...]:
    """The names, each once, with all tasks of `place` for `all`. Raises DataError for a task that it does not hold."""
    found: dict[str, None] = {}
    for name in names:
        if name != ALL and name not in held:
            known = ", ".join(held) or "no task's full model"
            raise DataError(f"no task {name!r} in {place}; it holds {known}; choose among these")
        found.update(dict.fromkeys(held if name == ALL else (name,)))
    return tuple(found)


def _rule(value: Mapping[str, Any]) -> Rule:
    rule = Rule(value["alpha"], value["margin"], value["method"], value["correction"], value["shrink_variance"])
    if rule.shrink_variance and rule.method not in STUDENT:
        raise UsageError(
            f"--claims-shrink-variance with the method {rule.method}; expected {' or '.join(STUDENT)}, whose errors "
            f"follow Student's t; leave one of the two out"
        )
    return rule


def _protocol(value: Mapping[str, Any], of_lab: bool) -> Protocol:
    protocol: Protocol = value["protocol"] or read_protocol("lab" if of_lab else "paper")
    return replace(
        protocol,
        sparsity=protocol.sparsity if value["sparsity"] is None else value["sparsity"],
        schedule=value["schedule"] or protocol.schedule,
        prunable=value["prunable"] or protocol.prunable,
        criterion=value["criterion"],
    )


def _device(asked: str, of_lab: bool) -> str:
    """The device for `auto`, found without importing torch. The lab's models are too small to gain from a GPU."""
    if asked != "auto":
        return asked
    if of_lab:
        return "cpu"
    return "mps" if _lacks("mps") is None else "cuda" if _lacks("cuda") is None else "cpu"


def check_device(device: str) -> None:
    """Raise UsageError if nothing can be computed on the device: torch, or the device, is not there.

    Finds that out without importing torch.
    """
    if importlib.util.find_spec("torch") is None:
        raise UsageError("torch is not installed; expected it to measure anything; install torch, or judge evidence")
    if lacking := _lacks(device):
        raise UsageError(f"no device {device} here; expected {lacking}; choose the device cpu")


def _lacks(device: str) -> str | None:
    """What this machine lacks for the device; None if it lacks nothing."""
    if device == "mps" and (platform.system(), platform.machine()) != ("Darwin", "arm64"):
        return "a Mac with Apple silicon"
    if device == "cuda" and "+cpu" in importlib.metadata.version("torch"):
        return "torch with CUDA, and this torch computes on CPUs only"
    if device == "cuda" and not any(map(ctypes.util.find_library, ("cuda", "nvcuda", "amdhip64"))):
        return "a GPU and its driver"
    if device == "cuda" and os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1"):
        return "a GPU, and CUDA_VISIBLE_DEVICES hides all of them"
    return None
