"""From option values to what a run is about: tasks, model, data, seeds and protocol, checked before anything runs.

Knows neither pytest nor argparse, and no torch: fingerprints are of files.
"""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from lth.errors import UsageError
from lth.experiment.arms import Arms
from lth.experiment.executor import Workers
from lth.experiment.expressions import Pretrained, TaskData
from lth.experiment.models import read_model
from lth.experiment.protocol import PROTOCOLS, Protocol, read_protocol
from lth.experiment.schedule import rounds
from lth.tasks import fingerprint, get_task, parse_tasks

Method = Literal["t", "bootstrap", "permutation"]


@dataclass(frozen=True)
class Rule:
    """How verdicts are reached: each end of an interval errs with at most `alpha`; `method` is the estimator's."""

    alpha: float = 0.05
    margin: float = 0.02
    method: Method = "t"
    correction: Literal["holm", "none"] = "holm"


@dataclass(frozen=True)
class Settings:
    """Everything a run was asked for, checked."""

    tasks: tuple[TaskData, ...]
    model: Pretrained
    data: str
    seeds: tuple[int, ...]
    protocol: Protocol
    rule: Rule
    workers: Workers
    store: Path

    def arms(self, task: TaskData) -> Arms:
        """The arms from which claims on `task` choose. Raises UsageError for an impossible schedule or sparsity."""
        sparsity = self.protocol.sparsity_for(get_task(task.name))
        rounds(self.protocol.schedule, sparsity)
        protocol = self.protocol
        return Arms(
            task,
            self.model,
            protocol.recipe,
            self.seeds,
            protocol.schedule,
            sparsity,
            protocol.prunable,
            self.rule.margin,
            protocol.search,
            self.tasks,
        )


def read_settings(options: Mapping[str, Any], root: Path) -> Settings:
    """Check and resolve option values, by the plugin's option names, None where not given; `root` is the project's.

    Raises UsageError, TaskNotFound, DataError or ModelError: one line each.
    """
    given = {name: value for name, value in options.items() if value is not None}
    model_text = given.get("model", "lab")
    data = given.get("data", "lab" if model_text == "lab" else "hub")
    names = _trainable(given.get("task", "sst2"), data)
    model = read_model(model_text)
    device = _device(given.get("device", "auto"), model_text)
    protocol = _protocol(given, model_text)
    if device == "cuda":
        protocol = replace(protocol, recipe=replace(protocol.recipe, precision="bf16"))
    tasks = tuple(TaskData(name, fingerprint(get_task(name), data), data) for name in names)
    settings = Settings(
        tasks,
        model,
        data,
        read_seeds(given.get("seeds", "5")),
        protocol,
        _rule(given),
        Workers(_workers(given.get("workers")), device),
        Path(given.get("store", root / ".lth" / "store")),
    )
    for task in settings.tasks:
        settings.arms(task)
    return settings


def _trainable(text: str, data: str) -> tuple[str, ...]:
    """The tasks asked for; `all` leaves out those the engine cannot fine-tune on. Raises UsageError for one by name."""
    names = parse_tasks(text, data)
    cannot = [name for name in names if get_task(name).kind not in ("classification", "regression")]
    if cannot and "all" not in text.split(","):
        raise UsageError(
            f"--task={text}; expected tasks with one label or score an example, which {cannot[0]} is not; leave it out"
        )
    return tuple(name for name in names if name not in cannot)


def read_seeds(text: str) -> tuple[int, ...]:
    """`N` means the seeds 0 … N-1; `a,b,c` names them.

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


__all__ = ["PROTOCOLS", "Rule", "Settings", "read_seeds", "read_settings"]
