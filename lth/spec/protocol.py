"""Protocols: named choices of recipe, pruning schedule and sparsity, and how a person's text changes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from lth import lab
from lth.errors import UsageError, did_you_mean
from lth.spec.criterion import Criterion
from lth.spec.expressions import RECIPE_BOUNDS, Recipe, TaskData
from lth.tasks import Task

Prunable = Literal["encoder", "paper"]
Rewinding = Literal["resume", "restart"]
REWINDINGS: tuple[Rewinding, ...] = ("resume", "restart")

REWINDING = "rewinding"
"""The setting of a protocol that is not a number of its recipe: `resume` or `restart`."""
TRANSFER_SPARSITY = 0.7
"""The sparsity of tickets trained on another task, unless the protocol has one (Chen et al. 2020, section 4)."""


@dataclass(frozen=True)
class Search:
    """The data on which masks are searched: `examples` held out from training, or dev, as in the paper.

    `group` is the number of seeds whose searches define the super-survivors of one seed: itself and companions. Five
    are the paper's (Prasanna et al. 2020, section 4.2); each companion costs a fine-tuning and a search. `step` is the
    share of the remaining weights that a step of m-pruning removes: .1 in the paper's text, .05 in its recorded runs.
    """

    on: Literal["held-out", "dev"] = "held-out"
    examples: int = 500
    group: int = 2
    step: float = 0.1


@dataclass(frozen=True)
class Protocol:
    """How all arms of a run are trained and pruned.

    `sparsity` is that of the judged tickets (None: the paper's for the task, Chen et al. 2020, table 2). `search` is
    the data on which subnetworks are searched; Prasanna et al. 2020 search on dev and report on it too. `by_task` has
    the fields of `recipe` that differ for a task, `changes` those that a person set for all tasks. `criterion` ranks
    the weights that iterative and one-shot pruning remove (None: by magnitude). Tickets that are rewound to step i of t
    `resume` training there and end at step t (Chen et al. 2020, algorithm 1), or `restart`: the official code trains
    the whole recipe again.
    """

    name: str
    recipe: Recipe
    schedule: str
    sparsity: float | None = None
    prunable: Prunable = "encoder"
    search: Search = field(default_factory=Search)
    by_task: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    criterion: Criterion | None = None
    rewinding: Rewinding = "resume"

    def sparsity_for(self, task: Task) -> float:
        """The sparsity at which claims about this task are judged."""
        return task.sparsity if self.sparsity is None else self.sparsity

    @property
    def text(self) -> str:
        """The text that a person types for it: its name and the changes."""
        every = dict(self.changes) if self.rewinding == "resume" else {**self.changes, REWINDING: self.rewinding}
        changes = ",".join(f"{name}={value}" for name, value in every.items())
        return f"{self.name}:{changes}" if changes else self.name

    @property
    def transfer_sparsity(self) -> float:
        """The sparsity of tickets that are trained on another task."""
        return TRANSFER_SPARSITY if self.sparsity is None else self.sparsity

    def recipe_for(self, task: TaskData) -> Recipe:
        """How a model is trained on this task; the lab's tasks have their own number of epochs."""
        own = self.by_task.get(task.name, {})
        if task.data == "lab" and self.name == "lab":
            own = {"epochs": lab.tasks.TASKS[task.name].epochs, **own}
        different = {**own, **self.changes}
        return replace(self.recipe, **different) if different else self.recipe


_OTHER_TASKS = {
    "squad": {"lr": 3e-5, "batch": 16, "max_length": 384, "epochs": 4},
    "mlm": {"lr": 5e-5, "batch": 16, "epochs": 9},
}
"""Differences from GLUE's recipe in the official code of Chen et al. 2020. It trains masked language modelling for
10,000 steps, which are about 9 epochs of WikiText-2 in blocks of 128 tokens."""

PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "paper", Recipe(), schedule="original:0.1", search=Search("dev", group=5, step=0.05), by_task=_OTHER_TASKS
        ),
        Protocol(
            "lab",
            Recipe(epochs=2, batch=16, lr=5e-4, warmup=0.1, max_length=64),
            schedule="0.4,0.7",
            sparsity=0.7,
            by_task={
                "sst2": {"lr": 1e-3},
                "qqp": {"lr": 1e-3, "batch": 32},
                "mnli": {"lr": 1e-3, "batch": 32},
                "qnli": {"lr": 1e-3, "batch": 32},
                "squad": {"batch": 8},
            },
        ),
        Protocol(
            "short",
            Recipe(epochs=1, batch=16, lr=1.5e-4, warmup=0.1, max_length=64, train_examples=10_000),
            schedule="0.3,0.5",
            sparsity=0.5,
            search=Search(examples=1000),
            by_task={"squad": {"max_length": 192}},
        ),
    )
}
"""`paper` follows Chen et al. 2020; `lab` suits the embedded model; `short` fits a real model on two cores."""


def read_protocol(text: str) -> Protocol:
    """Parse `NAME` or `NAME:field=value,…`, with fields of the recipe, and rewinding=resume or restart.

    >>> read_protocol("paper:epochs=1,train_examples=3000").changes
    {'epochs': 1, 'train_examples': 3000}

    Raises UsageError for an unknown protocol or field, and for a value that a recipe cannot have.
    """
    name, _, changes = text.partition(":")
    if name not in PROTOCOLS:
        hint = did_you_mean(name, PROTOCOLS)
        raise UsageError(f"no protocol {name!r}{hint} Protocols: {', '.join(PROTOCOLS)}")
    known = sorted({f.name for f in fields(Recipe)} - {"precision"} | {REWINDING})
    given: dict[str, Any] = {}
    for change in filter(None, changes.split(",")):
        setting, _, value = change.partition("=")
        if setting not in known:
            hint = did_you_mean(setting, known)
            raise UsageError(f"no setting {setting!r} in protocol {text!r}{hint} Settings: {', '.join(known)}")
        if setting in given:
            raise UsageError(
                f"protocol {text!r} has {setting} twice; expected each setting once; leave one of them out"
            )
        given[setting] = _rewinding(value) if setting == REWINDING else _number(setting, value)
    rewinding = given.pop(REWINDING, PROTOCOLS[name].rewinding)
    replace(PROTOCOLS[name].recipe, **given)  # a recipe checks its bounds
    return replace(PROTOCOLS[name], changes=given, rewinding=rewinding)


def _rewinding(text: str) -> Rewinding:
    for known in REWINDINGS:
        if text == known:
            return known
    raise UsageError(f"protocol setting '{REWINDING}={text}'; expected {' or '.join(REWINDINGS)}; give one")


def _number(setting: str, text: str) -> int | float:
    whole = isinstance(RECIPE_BOUNDS[setting][0], int)
    try:
        if not text.isascii() or "_" in text:
            raise ValueError
        return int(text) if whole else float(text)
    except ValueError:
        expected = f"{setting}=NUMBER{', a whole number' if whole else ''}"
        raise UsageError(f"protocol setting '{setting}={text}'; expected {expected}") from None
