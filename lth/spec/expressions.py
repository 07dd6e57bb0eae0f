"""The algebra of experiments: frozen expressions that say what to compute; their hash is their identity.

An expression identifies model and data by fingerprints, not by paths, and never has a tensor. Words and symbols follow
Frankle & Carbin 2019 (arXiv 1803.03635) and Chen et al. 2020 (arXiv 2007.12223).
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import astuple, dataclass, field, fields
from functools import cached_property
from typing import Any, ClassVar, Literal

from lth import lab
from lth.errors import UsageError
from lth.spec.criterion import GRADIENT_EXAMPLES, Criterion
from lth.tasks import get_task

ENGINE = 2
"""Version of the code that turns expressions into numbers; a new version makes all stored results unknown."""


@dataclass(frozen=True, eq=False)
class Expression:
    """The base of all expressions: `key` is the SHA-256 (64 hex digits) of class name, fields and engine version.

    Equal keys mean equal expressions. The key does not include fields marked `identity: False`, which are locations, or
    fields marked `identity: "if given"` that are None. `str` gives one line for people; `kind` is a plural noun. If an
    input failed, so does an expression, unless it `reads_failures`.
    """

    kind: ClassVar[str] = "parts"
    reads_failures: ClassVar[bool] = False

    @property
    def inputs(self) -> tuple[Expression, ...]:
        """The other stored expressions that must exist before this one can be computed."""
        return ()

    @property
    def fit(self) -> FineTune | None:
        """The fine-tuning that this is or is about; None if the cost is almost zero, as for a mask."""
        return None

    @property
    def passes(self) -> float:
        """The cost in forward passes of one example of `fit`; a backward pass counts as two, see `estimate`."""
        return 0.0

    @cached_property
    def key(self) -> str:
        values = ((f.name, getattr(self, f.name), f.metadata.get("identity", True)) for f in fields(self))
        content = {name: _plain(value) for name, value, identity in values if _counts(value, identity)}
        text = json.dumps([type(self).__name__, ENGINE, content], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def _counts(value: object, identity: object) -> bool:
    return value is not None if identity == "if given" else identity is True


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Criterion):
        return astuple(value)
    return value.key if isinstance(value, Expression) else value


def _location() -> Any:
    return field(metadata={"identity": False})


@dataclass(frozen=True, eq=False)
class TaskData(Expression):
    """A task's examples: the task's name and the fingerprint of its data; `data` is lab, hub or a folder."""

    name: str
    fingerprint: str
    data: str = _location()


RECIPE_BOUNDS: dict[str, tuple[int, int] | tuple[float, float]] = {
    "epochs": (1, 1000),  # no fine-tuning of either paper has more than 9
    "batch": (1, 65_536),  # a batch is in memory at once
    "max_length": (4, 8192),  # two special tokens and two words; no encoder reads more at once
    "train_examples": (1, 1_000_000_000),
    "dev_examples": (2, 1_000_000_000),  # one example has no other answer that a classifier could give
    "lr": (1e-12, 1e38),
    "warmup": (0.0, 0.99),  # without a step after it, the learning rate would never decay
    "eps": (1e-30, 1.0),  # AdamW divides by it where gradients are zero, see lth.engine.optimizer
    "weight_decay": (0.0, 1e6),
    "clip": (1e-12, math.inf),  # inf clips nothing
}
"""The least and the most of every number of a recipe: outside, nothing can be trained, or not in anyone's time."""


@dataclass(frozen=True, eq=False)
class Recipe(Expression):
    """How a model is fine-tuned: AdamW with linear decay after `warmup` (share of all steps), gradients clipped.

    `train_examples` and `dev_examples` limit the examples used (None: all; a subset is the same for all seeds);
    `max_length` is in tokens. Defaults are those of Chen et al. 2020, section 2 and appendix, for GLUE.
    Raises UsageError for a value outside RECIPE_BOUNDS.
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
        for name, (least, most) in RECIPE_BOUNDS.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                bounds = f"from {least:g} to {most:g}" if isinstance(least, float) else f"from {least:,} to {most:,}"
                raise UsageError(f"recipe {name}={value}; expected {bounds}; give another {name}")

    def sizes(self, task: TaskData) -> tuple[int, int]:
        """The numbers of training and dev examples that a fine-tuning uses, from the task's or the lab's facts."""
        made = lab.tasks.TASKS.get(task.name) if task.data == "lab" else None
        train, dev = (made.train, made.dev) if made else get_task(task.name).sizes
        return min(train, self.train_examples or train), min(dev, self.dev_examples or dev)


@dataclass(frozen=True, eq=False)
class Pretrained(Expression):
    """Start theta_0: the pre-trained weights; `model` is one of the lab's, a hub id or a folder."""

    fingerprint: str
    model: str = _location()

    @property
    def pretrained(self) -> Pretrained:
        """The pre-trained model that this start descends from."""
        return self

    def __str__(self) -> str:
        return "pretrained"


@dataclass(frozen=True, eq=False)
class Reinitialised(Expression):
    """Start theta_0': the architecture of `of` with new random weights, drawn with `seed`."""

    of: Pretrained
    seed: int

    @property
    def pretrained(self) -> Pretrained:
        """The pre-trained model that this start descends from."""
        return self.of

    def __str__(self) -> str:
        return "reinitialised"


@dataclass(frozen=True, eq=False)
class Shuffled(Expression):
    """Start theta_0'': the prunable matrices of `of`, permuted between layers with `seed`."""

    of: Pretrained
    seed: int

    @property
    def pretrained(self) -> Pretrained:
        """The pre-trained model that this start descends from."""
        return self.of

    def __str__(self) -> str:
        return "shuffled"


@dataclass(frozen=True, eq=False)
class Rewound(Expression):
    """Start theta_i: the weights of a fine-tuning after the share `at` of its steps, with the head; at=1 is trained.

    Raises UsageError unless 0 < at <= 1.
    """

    of: FineTune
    at: float

    def __post_init__(self) -> None:
        if not 0 < self.at <= 1:
            raise UsageError(f"rewound to {self.at}; expected a share of training in (0, 1]")
        if self.at <= self.of.begins:
            raise UsageError(
                f"rewound to {self.at} of a fine-tuning that begins at {self.of.begins}; expected a later share"
            )

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return self.of.inputs

    @property
    def pretrained(self) -> Pretrained:
        """The pre-trained model that this start descends from."""
        return self.of.start.pretrained

    def __str__(self) -> str:
        return f"weights after {self.at:.0%} of ({self.of})"


@dataclass(frozen=True, eq=False)
class Resumed(Rewound):
    """Start theta_i with its place in training: a fine-tuning from it goes on at step i and ends at step t.

    Chen et al. 2020, algorithm 1. Raises UsageError for at = 1, where nothing is left to train.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.at == 1:
            raise UsageError("resumed at 1, the end of training; expected a share below 1; give one, or a Rewound")


class Mask(Expression):
    """Which weights or gates are kept; `sparsity` is the share removed, NaN if a search decides it."""

    sparsity: float

    @property
    def name(self) -> str:
        """The kind of mask, without its origin."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Magnitude(Mask):
    """Weight mask that removes the share `sparsity` of weights, those with the smallest magnitudes in `of`.

    If `of` is a FineTune, these are its trained weights, and the mask is nested in its mask (one round of iterative
    magnitude pruning). If it is a Pretrained, this is one-shot magnitude of theta_0. `prunable` is the encoder's
    matrices or the paper's set, with the pooler. With a `criterion`, the weights with the lowest scores are removed.
    Raises UsageError unless 0 < sparsity < 1 and the sparsity is above that of `of`'s mask.
    """

    of: FineTune | Pretrained
    sparsity: float
    prunable: Literal["encoder", "paper"] = "encoder"
    criterion: Criterion | None = field(default=None, metadata={"identity": "if given"})
    kind = "masks"

    def __post_init__(self) -> None:
        if not 0 < self.sparsity < 1:
            raise UsageError(f"sparsity {self.sparsity:g}; expected a share between 0 and 1, such as 0.7 for 70 %")
        if isinstance(self.of, FineTune) and self.of.sparsity >= self.sparsity:
            raise UsageError(f"sparsity {self.sparsity:g} after {self.of.sparsity:g}; expected rounds that ascend")

    @property
    def inputs(self) -> tuple[Expression, ...]:
        if isinstance(self.of, Pretrained):
            return ()
        return (Rewound(self.of, 1.0), *((self.of.mask,) if self.of.mask else ()))

    @property
    def fit(self) -> FineTune | None:
        return self.of if self.criterion and isinstance(self.of, FineTune) else None

    @property
    def passes(self) -> float:
        return 3.0 * min(GRADIENT_EXAMPLES, self.fit.sizes[0]) if self.fit else 0.0

    @property
    def name(self) -> str:
        """The kind of mask, without its origin."""
        return f"{self.criterion or 'magnitude'} {self.sparsity:.0%}"

    def __str__(self) -> str:
        origin = f"({self.of})" if isinstance(self.of, FineTune) else "the pre-trained weights"
        by = f" by {self.criterion}" if self.criterion else ""
        return f"mask {self.sparsity:.0%}{by} of {origin}"


@dataclass(frozen=True, eq=False)
class Uniform(Mask):
    """Weight mask that keeps exactly as many weights as `like`, drawn uniformly with `seed`."""

    like: Magnitude
    seed: int
    sparsity: float = field(init=False, metadata={"identity": False})
    kind = "masks"

    def __post_init__(self) -> None:
        object.__setattr__(self, "sparsity", self.like.sparsity)

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (self.like,)

    @property
    def name(self) -> str:
        """The kind of mask, without its origin."""
        return f"uniform {self.sparsity:.0%}"

    def __str__(self) -> str:
        return f"random mask {self.sparsity:.0%}, seed {self.seed}"


Start = Pretrained | Reinitialised | Shuffled | Rewound


@dataclass(frozen=True, eq=False)
class FineTune(Expression):
    """Train `start` under `mask` (None: the full model) on `task`; gives scores, predictions and, if needed, weights.

    `seed` fixes the head's initialisation, the data order and the dropout stream: arms with equal seeds are paired.
    From a Resumed start only the rest of the recipe is trained; raises UsageError if it is that of another run.
    """

    task: TaskData
    seed: int
    recipe: Recipe
    start: Start
    mask: Mask | None = None
    kind = "fine-tunings"

    def __post_init__(self) -> None:
        if isinstance(self.start, Resumed):
            of, here = self.start.of, (self.task, self.seed, self.recipe)
            if (of.task, of.seed, of.recipe) != here:
                raise UsageError(
                    f"{self.task.name} seed {self.seed} resumed from a step of {of.task.name} seed {of.seed}; expected "
                    f"the same task, seed and recipe; take Rewound weights"
                )

    @property
    def begins(self) -> float:
        """The share of the recipe that is done where training begins."""
        return self.start.at if isinstance(self.start, Resumed) else 0.0

    @property
    def inputs(self) -> tuple[Expression, ...]:
        needed = (self.start if isinstance(self.start, Rewound) else None, self.mask)
        return tuple(part for part in needed if part is not None)

    @property
    def fit(self) -> FineTune:
        return self

    @property
    def passes(self) -> float:
        train, dev = self.sizes
        return 3.0 * self.recipe.epochs * train * (1 - self.begins) + dev

    @property
    def sizes(self) -> tuple[int, int]:
        """The numbers of training and dev examples it uses."""
        return self.recipe.sizes(self.task)

    @property
    def sparsity(self) -> float:
        return self.mask.sparsity if self.mask else 0.0

    def __str__(self) -> str:
        begin = str(self.start)
        if isinstance(self.start, Rewound):
            how = "resumed at" if isinstance(self.start, Resumed) else "rewound to"
            begin = f"{how} {self.start.at:.0%}" if self.start.at < 1 else "trained"
        return f"{self.task.name} seed {self.seed}: {begin}, {self.mask.name if self.mask else 'full'}"
