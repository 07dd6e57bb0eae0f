"""The algebra of structured pruning: the subnetworks that a search finds, their counterparts, and measurements on them.

Says what to compute and never has a tensor. Words and procedures follow Prasanna et al. 2020 (arXiv 2005.00561),
sections 3 and 4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from lth.errors import UsageError
from lth.spec.expressions import Expression, FineTune, Mask, Rewound

Pruning = Literal["structured", "magnitude"]
"""What a search removes: heads and MLPs (s-pruning), or single weights by magnitude (m-pruning)."""

LETTER: dict[Pruning, str] = {"structured": "s", "magnitude": "m"}
LATENCY_PASSES = 600.0
"""The time to measure latency, in forward passes of a typical example: the passes are longer, and of two models."""


class FoundMask(Mask):
    """A mask whose size a search decides: its sparsity is NaN, because it is not known in advance."""

    sparsity = math.nan


@dataclass(frozen=True, eq=False)
class Survivors(FoundMask):
    """The good subnetwork: the smallest found by pruning a fine-tuned model that keeps `share_kept` of its score.

    The search uses scores and importances on `examples` examples: held out from training, or the first of dev (None:
    all of dev), as in the paper. It is a gate mask for structured pruning, otherwise a weight mask over the encoder's
    matrices: the authors never m-prune the pooler. `step` is the share of the remaining weights that a step of
    m-pruning removes. `norm` says which heads are in the L2 norm of a layer's importances: all, as in the authors'
    code, or the open ones. `alone` closes gates of one kind only.
    Raises UsageError unless 0 < share_kept < 1.
    """

    of: FineTune
    pruning: Pruning
    on: Literal["held-out", "dev"]
    examples: int | None
    share_kept: float = 0.9
    step: float = 0.1
    norm: Literal["all", "open"] = "all"
    alone: Literal["heads", "mlps"] | None = field(default=None, metadata={"identity": "if given"})
    kind = "searches"

    def __post_init__(self) -> None:
        if not 0 < self.share_kept < 1:
            raise UsageError(f"share_kept={self.share_kept}; expected a share of the full score between 0 and 1")

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (Rewound(self.of, 1.0),)

    @property
    def fit(self) -> FineTune:
        return self.of

    @property
    def passes(self) -> float:
        """Each mask that is tried is scored; for gates, a backward pass also gives importances."""
        masks, passes = (15, 3) if self.pruning == "structured" else (0.8 / self.step, 1)  # typical numbers of masks
        return masks * (self.examples or self.of.sizes[1]) * passes

    @property
    def name(self) -> str:
        """The kind of mask, without its origin."""
        return f"{LETTER[self.pruning]}-good"

    def __str__(self) -> str:
        return f"{LETTER[self.pruning]}-pruning of {f'the {self.alone} of ' if self.alone else ''}({self.of})"


@dataclass(frozen=True, eq=False)
class Super(FoundMask):
    """The super-survivors: the units that all of `of`, the searches of a group of seeds, keep.

    The paper intersects the masks of all its seeds and trains the one result with each of them (Prasanna et al. 2020,
    section 4.2). Here every seed has a group of its own (lth.spec.seeds), so that masks are replicated too. Raises
    UsageError for an empty group.
    """

    of: tuple[Survivors, ...]
    kind = "masks"

    def __post_init__(self) -> None:
        if not self.of:
            raise UsageError("super-survivors of 0 masks; expected one per seed; give at least one")

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return self.of

    @property
    def name(self) -> str:
        """The kind of mask, without its origin."""
        return f"{self.of[0].name[0]}-super"

    def __str__(self) -> str:
        return f"super-survivors of {len(self.of)} seeds of {self.of[0]}"


@dataclass(frozen=True, eq=False)
class Random(FoundMask):
    """A random subnetwork of exactly the size of `like`, drawn from all units with `seed`."""

    like: Survivors | Super
    seed: int
    kind = "masks"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (self.like,)

    @property
    def name(self) -> str:
        """The kind of mask, without its origin."""
        return self.like.name.replace("good", "random").replace("super", "super-random")

    def __str__(self) -> str:
        return f"random counterpart of {self.like}, seed {self.seed}"


@dataclass(frozen=True, eq=False)
class Bad(FoundMask):
    """The units that `of` removed, with random survivors added, or with random units removed, to exactly its size."""

    of: Survivors | Super
    seed: int
    kind = "masks"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (self.of,)

    @property
    def name(self) -> str:
        """The kind of mask, without its origin."""
        return self.of.name.replace("good", "bad").replace("super", "super-bad")

    def __str__(self) -> str:
        return f"bad counterpart of {self.of}, seed {self.seed}"


@dataclass(frozen=True, eq=False)
class Smallest(FoundMask):
    """The smallest magnitudes of the fine-tuned weights, exactly as many as m-pruning kept: its bad counterpart.

    So in the authors' recorded results; Prasanna et al. 2020, section 4.2, adds random survivors where too few weights
    are removed.
    """

    of: Survivors
    kind = "masks"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (self.of, Rewound(self.of.of, 1.0))

    @property
    def name(self) -> str:
        """The kind of mask, without its origin."""
        return self.of.name.replace("good", "bad")

    def __str__(self) -> str:
        return f"smallest weights, as many as {self.of} keeps"


Subnetwork = Survivors | Super | Random | Bad | Smallest


@dataclass(frozen=True, eq=False)
class Pruned(Expression):
    """The score of a fine-tuned model under a mask, without more training."""

    of: FineTune
    mask: Subnetwork
    kind = "evaluations"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (Rewound(self.of, 1.0), self.mask)

    @property
    def fit(self) -> FineTune:
        return self.of

    @property
    def passes(self) -> float:
        return self.of.sizes[1]

    def __str__(self) -> str:
        return f"{self.mask.name} of ({self.of}), not retrained"


@dataclass(frozen=True, eq=False)
class Patterns(Expression):
    """The share of heads with each attention pattern: of all heads of a fine-tuned model, and of its survivors.

    `pretrained`: of the model before it is fine-tuned. `norm_weighted`: of attention times the norm of what is attended
    to (Kobayashi et al. 2020, arXiv 2004.10102), instead of attention alone. Both are None otherwise.
    """

    of: FineTune
    survivors: Survivors | Super
    examples: int
    pretrained: Literal[True] | None = field(default=None, metadata={"identity": "if given"})
    norm_weighted: Literal[True] | None = field(default=None, metadata={"identity": "if given"})
    kind = "measurements"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (self.survivors,) if self.pretrained else (Rewound(self.of, 1.0), self.survivors)

    @property
    def fit(self) -> FineTune:
        return self.of

    @property
    def passes(self) -> float:
        return self.examples

    def __str__(self) -> str:
        kind = "norm-weighted attention patterns" if self.norm_weighted else "attention patterns"
        return f"{kind} of ({self.of}){', before training' if self.pretrained else ''}"


@dataclass(frozen=True, eq=False)
class Survival(Expression):
    """What the subnetworks of several seeds keep of heads, MLPs and weights: of all of them, and by layer.

    Of searches for heads and MLPs, also how many of these are unimportant.
    """

    of: tuple[Survivors, ...] | tuple[Super, ...]
    kind = "measurements"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return self.of

    def __str__(self) -> str:
        return f"survival of {len(self.of)} {self.of[0].name} masks"


@dataclass(frozen=True, eq=False)
class Latency(Expression):
    """How much faster and smaller the model is when the pruned heads and MLPs are cut out of it."""

    of: Survivors
    kind = "measurements"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (self.of,)

    @property
    def fit(self) -> FineTune:
        return self.of.of

    @property
    def passes(self) -> float:
        return LATENCY_PASSES

    def __str__(self) -> str:
        return f"latency after {self.of}"


@dataclass(frozen=True, eq=False)
class Agreement(Expression):
    """The agreement of masks: over the seeds of one task, or between two tasks at one seed."""

    of: tuple[Survivors, ...]
    kind = "measurements"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return self.of

    def __str__(self) -> str:
        tasks = ", ".join(dict.fromkeys(mask.of.task.name for mask in self.of))
        return f"agreement of {len(self.of)} {self.of[0].name} masks: {tasks}"
