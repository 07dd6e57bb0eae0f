"""The algebra of structured pruning: what a search leaves of a fine-tuned model, its counterparts, and what is measured
of them. Words and procedures follow Prasanna et al. 2020 (arXiv 2005.00561), sections 3 and 4.

Like the rest of the algebra it says what to compute and knows no tensor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from lth.errors import UsageError
from lth.spec.expressions import Expression, FineTune, Mask, Rewound

Pruning = Literal["structured", "magnitude"]
"""What a search removes: heads and MLPs (s-pruning), or single weights by their magnitude (m-pruning)."""

LETTER: dict[Pruning, str] = {"structured": "s", "magnitude": "m"}
LATENCY_PASSES = 600.0
"""Forward passes of a typical example that measuring latency takes: longer ones, in batches, of two models."""


class FoundMask(Mask):
    """A mask whose size a search decides, so that its sparsity is NaN: not known before it is found."""

    sparsity = math.nan


@dataclass(frozen=True, eq=False)
class Survivors(FoundMask):
    """The good subnetwork: what pruning leaves of a fine-tuned model that still scores `share_kept` of its score.

    The score and the importances that steer the search come from `examples` examples: held out from training, or the
    first of dev (None: all of dev), as in the paper. A gate mask for structured pruning, a weight mask over `prunable`
    otherwise. Raises UsageError unless 0 < share_kept < 1.
    """

    of: FineTune
    pruning: Pruning
    on: Literal["held-out", "dev"]
    examples: int | None
    prunable: Literal["encoder", "paper"] = "encoder"
    share_kept: float = 0.9
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
        """Each mask is scored; before gates are closed, a backward pass gives their importances."""
        masks, passes = (15, 3) if self.pruning == "structured" else (8, 1)  # typical numbers of masks tried
        return masks * (self.examples or self.of.sizes[1]) * passes

    @property
    def name(self) -> str:
        """What kind of mask this is, without where it came from."""
        return f"{LETTER[self.pruning]}-good"

    def __str__(self) -> str:
        return f"{LETTER[self.pruning]}-pruning of ({self.of})"


@dataclass(frozen=True, eq=False)
class Super(FoundMask):
    """The super-survivors: what survives in every one of `of`, one a seed. Raises UsageError for none."""

    of: tuple[Survivors, ...]
    kind = "masks"

    def __post_init__(self) -> None:
        if not self.of:
            raise UsageError("super-survivors of no mask; expected one a seed; give at least one")

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return self.of

    @property
    def name(self) -> str:
        """What kind of mask this is, without where it came from."""
        return f"{self.of[0].name[0]}-super"

    def __str__(self) -> str:
        return f"super-survivors of {len(self.of)} seeds of {self.of[0]}"


@dataclass(frozen=True, eq=False)
class Random(FoundMask):
    """A subnetwork of exactly the size of `like`, drawn from all units with `seed`."""

    like: Survivors | Super
    seed: int
    kind = "masks"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (self.like,)

    @property
    def name(self) -> str:
        """What kind of mask this is, without where it came from."""
        return self.like.name.replace("good", "random").replace("super", "super-random")

    def __str__(self) -> str:
        return f"random counterpart of {self.like}, seed {self.seed}"


@dataclass(frozen=True, eq=False)
class Bad(FoundMask):
    """What `of` removed, topped up with survivors, or thinned out, at random with `seed` to exactly its size."""

    of: Survivors | Super
    seed: int
    kind = "masks"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (self.of,)

    @property
    def name(self) -> str:
        """What kind of mask this is, without where it came from."""
        return self.of.name.replace("good", "bad").replace("super", "super-bad")

    def __str__(self) -> str:
        return f"bad counterpart of {self.of}, seed {self.seed}"


Subnetwork = Survivors | Super | Random | Bad


@dataclass(frozen=True, eq=False)
class Pruned(Expression):
    """The score of a fine-tuned model under a mask, without any further training."""

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
    """The share of heads with each attention pattern, over all heads of a fine-tuned model and over its survivors."""

    of: FineTune
    survivors: Survivors
    examples: int
    kind = "measurements"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return (Rewound(self.of, 1.0), self.survivors)

    @property
    def fit(self) -> FineTune:
        return self.of

    @property
    def passes(self) -> float:
        return self.examples

    def __str__(self) -> str:
        return f"attention patterns of ({self.of})"


@dataclass(frozen=True, eq=False)
class Latency(Expression):
    """How much faster, and how much smaller, the model is once the pruned heads and MLPs are cut out of it."""

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
    """How far masks agree: over the seeds of one task, or between tasks at one seed."""

    of: tuple[Survivors, ...]
    kind = "measurements"

    @property
    def inputs(self) -> tuple[Expression, ...]:
        return self.of

    def __str__(self) -> str:
        tasks = ", ".join(dict.fromkeys(mask.of.task.name for mask in self.of))
        return f"agreement of {len(self.of)} {self.of[0].name} masks: {tasks}"
