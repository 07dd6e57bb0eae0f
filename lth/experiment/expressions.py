"""The algebra of experiments: frozen expressions that say what to compute and whose hash is their identity.

An expression knows the fingerprints of the model and the data it stands on, never where they lie on disk, and never a
tensor. Words and shapes follow Frankle & Carbin 2019 (arXiv 1803.03635) and Chen et al. 2020 (arXiv 2007.12223).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal

from lth.errors import UsageError

ENGINE = 1
"""Version of everything that turns an expression into numbers; raising it makes every stored result unknown."""


@dataclass(frozen=True, eq=False)
class Expression:
    """What all expressions share: `key`, the SHA-256 (64 hex digits) of kind, fields and engine version.

    Equal keys mean equal expressions. Fields marked `identity: False` say where something lies and are left out.
    """

    @cached_property
    def key(self) -> str:
        content = {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.metadata.get("identity", True)}
        text = json.dumps([type(self).__name__, ENGINE, content], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def _plain(value: Any) -> Any:
    return value.key if isinstance(value, Expression) else value


def _location() -> Any:
    return field(metadata={"identity": False})


@dataclass(frozen=True, eq=False)
class TaskData(Expression):
    """A task's examples: the task's name and the fingerprint of its data; `data` is lab, hub or a folder."""

    name: str
    fingerprint: str
    data: str = _location()


@dataclass(frozen=True, eq=False)
class Recipe(Expression):
    """How a model is fine-tuned: AdamW with linear decay after `warmup` (share of all steps), gradients clipped.

    `train_examples` and `dev_examples` bound the examples used (None: all; a subset is the same for every seed);
    `max_length` is in tokens. Defaults are those of Chen et al. 2020, section 2 and appendix, for GLUE.
    Raises UsageError for a value that cannot be trained with.
    """

    epochs: int = 3
    batch: int = 32
    lr: float = 2e-5
    warmup: float = 0.0
    eps: float = 1e-8
    weight_decay: float = 0.0
    clip: float = 1.0
    max_length: int = 128
    train_examples: int | None = None
    dev_examples: int | None = None
    precision: Literal["fp32", "bf16"] = "fp32"

    def __post_init__(self) -> None:
        bounds = {"epochs": 1, "batch": 1, "max_length": 4, "train_examples": 1, "dev_examples": 2}
        for name, least in bounds.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise UsageError(f"recipe {name}={value}; expected at least {least}")
        if not (self.lr > 0 and self.clip > 0 and 0 <= self.warmup < 1 and self.eps > 0 and self.weight_decay >= 0):
            raise UsageError(f"recipe {self}; expected lr, clip, eps > 0, weight_decay >= 0 and 0 <= warmup < 1")


@dataclass(frozen=True, eq=False)
class Pretrained(Expression):
    """Start theta_0: the pre-trained weights; `model` is lab, a hub id or a folder."""

    fingerprint: str
    model: str = _location()


@dataclass(frozen=True, eq=False)
class Reinitialised(Expression):
    """Start theta_0': the architecture of `of` with fresh random weights, drawn from `seed`."""

    of: Pretrained
    seed: int


@dataclass(frozen=True, eq=False)
class Shuffled(Expression):
    """Start theta_0'': the prunable matrices of `of` permuted between layers, drawn from `seed`."""

    of: Pretrained
    seed: int


@dataclass(frozen=True, eq=False)
class Rewound(Expression):
    """Start theta_i: the weights of a fine-tuning, head included, after the share `at` of its steps; at=1 is trained.

    Raises UsageError unless 0 < at <= 1.
    """

    of: FineTune
    at: float

    def __post_init__(self) -> None:
        if not 0 < self.at <= 1:
            raise UsageError(f"rewound to {self.at}; expected a share of training in (0, 1]")


@dataclass(frozen=True, eq=False)
class Magnitude(Expression):
    """Weight mask that removes the `sparsity` smallest weights of `of` in magnitude, nested in `of`'s own mask.

    Of a FineTune: of its trained weights (one round of iterative magnitude pruning); of a Pretrained: one-shot
    magnitude of theta_0. `prunable` is the encoder's matrices or the paper's set, with the pooler.
    Raises UsageError unless 0 < sparsity < 1 and beyond the sparsity of `of`'s mask.
    """

    of: FineTune | Pretrained
    sparsity: float
    prunable: Literal["encoder", "paper"] = "encoder"

    def __post_init__(self) -> None:
        if not 0 < self.sparsity < 1:
            raise UsageError(f"sparsity {self.sparsity:g}; expected a share between 0 and 1, such as 0.7 for 70 %")
        if isinstance(self.of, FineTune) and self.of.sparsity >= self.sparsity:
            raise UsageError(f"sparsity {self.sparsity:g} after {self.of.sparsity:g}; expected rounds that ascend")


@dataclass(frozen=True, eq=False)
class Uniform(Expression):
    """Weight mask that keeps exactly as many weights as `like`, drawn uniformly from `seed`."""

    like: Magnitude
    seed: int

    @property
    def sparsity(self) -> float:
        return self.like.sparsity


Start = Pretrained | Reinitialised | Shuffled | Rewound
WeightMask = Magnitude | Uniform


@dataclass(frozen=True, eq=False)
class FineTune(Expression):
    """Train `start` under `mask` (None: the full model) on `task`: scores, predictions and, when asked for, weights.

    `seed` fixes the head's initialisation, the data order and the dropout stream: arms with equal seeds are paired.
    """

    task: TaskData
    seed: int
    recipe: Recipe
    start: Start
    mask: WeightMask | None = None

    @property
    def sparsity(self) -> float:
        return self.mask.sparsity if self.mask else 0.0


Experiment = FineTune | Magnitude | Uniform
"""What a worker computes and the store keeps; a Rewound is kept too, as a by-product of its FineTune."""

Stored = Experiment | Rewound


def inputs(expression: Stored) -> tuple[Stored, ...]:
    """The stored expressions that must exist before this one can be computed, itself not among them."""
    match expression:
        case Rewound(of=fit):
            return inputs(fit)
        case FineTune(start=start, mask=mask):
            needed = (start if isinstance(start, Rewound) else None, mask)
            return tuple(part for part in needed if part is not None)
        case Magnitude(of=FineTune() as fit):
            return (Rewound(fit, 1.0), *((fit.mask,) if fit.mask else ()))
        case Magnitude():
            return ()
        case Uniform(like=like):
            return (like,)


def pretrained(start: Start) -> Pretrained:
    """The pre-trained model that a start descends from."""
    match start:
        case Pretrained():
            return start
        case Reinitialised(of=of) | Shuffled(of=of):
            return of
        case Rewound(of=fit):
            return pretrained(fit.start)


def describe(expression: Stored) -> str:
    """One line for people, such as `sst2 seed 3: pretrained, magnitude 70 %`."""
    match expression:
        case FineTune(task=task, seed=seed, start=start, mask=mask):
            at = f"rewound to {start.at:.0%}" if isinstance(start, Rewound) and start.at < 1 else ""
            begin = at or ("trained" if isinstance(start, Rewound) else type(start).__name__.lower())
            kept = f"{type(mask).__name__.lower()} {mask.sparsity:.0%}" if mask else "full"
            return f"{task.name} seed {seed}: {begin}, {kept}"
        case Rewound(of=fit, at=at):
            return f"weights after {at:.0%} of ({describe(fit)})"
        case Magnitude(of=FineTune() as fit, sparsity=sparsity):
            return f"mask {sparsity:.0%} of ({describe(fit)})"
        case Magnitude(sparsity=sparsity):
            return f"mask {sparsity:.0%} of the pre-trained weights"
        case Uniform(like=like, seed=seed):
            return f"random mask {like.sparsity:.0%}, seed {seed}"
