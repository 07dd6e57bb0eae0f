"""The factory from which a claim takes the arms it compares.

Treatments follow Chen et al. 2020 (arXiv 2007.12223), sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lth.experiment.arm import Arm
from lth.experiment.expressions import (
    FineTune,
    Magnitude,
    Pretrained,
    Recipe,
    Reinitialised,
    Rewound,
    Shuffled,
    Start,
    TaskData,
    Uniform,
)
from lth.experiment.protocol import Prunable
from lth.experiment.schedule import rounds
from lth.experiment.subnetwork_arms import Search, Subnetworks
from lth.experiment.subnetworks import Pruning


def imp(
    full: FineTune, sparsities: tuple[float, ...], start: Start | None = None, prunable: Prunable = "encoder"
) -> tuple[FineTune, ...]:
    """Iterative magnitude pruning: the ticket after each round, trained from `start` (None: the full model's own).

    Each round prunes the previous round's trained weights and trains what is left from `start` again, so every round
    is also the score of its ticket (Chen et al. 2020, algorithm 1).
    """
    tickets: list[FineTune] = []
    trained = full
    for sparsity in sparsities:
        mask = Magnitude(trained, sparsity, prunable)
        trained = FineTune(full.task, full.seed, full.recipe, start or full.start, mask)
        tickets.append(trained)
    return tuple(tickets)


def standard_pruning(full: FineTune, sparsities: tuple[float, ...], prunable: Prunable) -> FineTune:
    """Prune and keep training the trained weights, never going back to theta_0 (Chen et al. 2020, section 3.2)."""
    trained = full
    for sparsity in sparsities:
        start, mask = Rewound(trained, 1.0), Magnitude(trained, sparsity, prunable)
        trained = FineTune(full.task, full.seed, full.recipe, start, mask)
    return trained


@dataclass(frozen=True)
class Arms:
    """The arms of one task under one protocol; `sparsity` is where its tickets are judged, `margin` the matching one.

    Every arm with a weight mask here takes the mask that iterative magnitude pruning found for the same seed, or one of
    its size. `siblings` are all tasks of the run.
    """

    task: TaskData
    model: Pretrained
    recipe: Recipe
    seeds: tuple[int, ...]
    schedule: str
    sparsity: float
    prunable: Prunable
    margin: float
    search: Search = field(default_factory=Search)
    siblings: tuple[TaskData, ...] = ()

    @property
    def structured(self) -> Subnetworks:
        """What pruning heads and MLPs leaves of the full model (s-pruning)."""
        return self.subnetworks("structured")

    @property
    def magnitude(self) -> Subnetworks:
        """What pruning the full model's smallest weights leaves of it (m-pruning)."""
        return self.subnetworks("magnitude")

    def full(self) -> Arm:
        """The full model: theta_0 fine-tuned without a mask."""
        return self._arm("full", 0.0, self._full)

    def imp(self, sparsity: float | None = None) -> Arm:
        """Tickets of iterative magnitude pruning, trained from theta_0."""
        at = self.sparsity if sparsity is None else sparsity
        return self._arm("imp", at, lambda seed: self._imp(seed, at))

    def random(self, sparsity: float | None = None) -> Arm:
        """Random masks of exactly the tickets' size, trained from theta_0."""
        at = self.sparsity if sparsity is None else sparsity
        return self._arm("random", at, lambda seed: self._fit(seed, self.model, Uniform(self._mask(seed, at), seed)))

    def oneshot(self, sparsity: float | None = None) -> Arm:
        """One-shot magnitude: theta_0 under the mask of its own largest weights, found without any training."""
        at = self.sparsity if sparsity is None else sparsity
        mask = Magnitude(self.model, at, self.prunable)
        return self._arm("oneshot", at, lambda seed: self._fit(seed, self.model, mask))

    def reinitialised(self, sparsity: float | None = None) -> Arm:
        """The tickets' masks on freshly initialised weights."""
        at = self.sparsity if sparsity is None else sparsity
        fresh = self.model
        return self._arm(
            "reinitialised", at, lambda seed: self._fit(seed, Reinitialised(fresh, seed), self._mask(seed, at))
        )

    def shuffled(self, sparsity: float | None = None) -> Arm:
        """The tickets' masks on pre-trained weights shuffled between layers."""
        at = self.sparsity if sparsity is None else sparsity
        return self._arm("shuffled", at, lambda seed: self._fit(seed, Shuffled(self.model, seed), self._mask(seed, at)))

    def rewound(self, share: float) -> Arm:
        """Iterative magnitude pruning that rewinds every round to the full model's weights at `share` of training."""

        def ticket(seed: int) -> FineTune:
            full = self._full(seed)
            return imp(full, rounds(self.schedule, self.sparsity), Rewound(full, share), self.prunable)[-1]

        return self._arm(f"rewound {share:.0%}", self.sparsity, ticket)

    def standard(self) -> Arm:
        """Standard pruning: masks found and weights kept as training goes on."""
        steps = rounds(self.schedule, self.sparsity)
        return self._arm(
            "standard", self.sparsity, lambda seed: standard_pruning(self._full(seed), steps, self.prunable)
        )

    def curve(self) -> tuple[Arm, ...]:
        """Every round's tickets and random masks, and the other controls where tickets are judged: for the picture."""
        steps = rounds(self.schedule, self.sparsity)
        return (*(kind(at) for at in steps for kind in (self.imp, self.random)), self.reinitialised(), self.shuffled())

    def _arm(self, treatment: str, sparsity: float, fit: Callable[[int], FineTune]) -> Arm:
        name = treatment if treatment == "full" else f"{treatment}@{sparsity:g}"
        return Arm(name, treatment, self.task.name, sparsity, self.seeds, tuple(fit(seed) for seed in self.seeds))

    def subnetworks(self, pruning: Pruning) -> Subnetworks:
        """What one way of pruning leaves of the full model."""
        full = tuple(self._full(seed) for seed in self.seeds)
        others = tuple(
            tuple(replace(fit, task=task) for fit in full) for task in self.siblings if task.name != self.task.name
        )
        return Subnetworks(pruning, full, self.search, self.prunable, others)

    def _full(self, seed: int) -> FineTune:
        return self._fit(seed, self.model, None)

    def _fit(self, seed: int, start: Start, mask: Magnitude | Uniform | None) -> FineTune:
        return FineTune(self.task, seed, self.recipe, start, mask)

    def _imp(self, seed: int, to: float) -> FineTune:
        return imp(self._full(seed), rounds(self.schedule, to), prunable=self.prunable)[-1]

    def _mask(self, seed: int, at: float) -> Magnitude:
        mask = self._imp(seed, at).mask
        assert isinstance(mask, Magnitude)
        return mask
