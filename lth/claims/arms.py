"""The factory of the arms that claims compare.

Treatments follow Chen et al. 2020 (arXiv 2007.12223), sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from lth.claims.arm import SEVERAL, Arm, offered_arms, offers_arm
from lth.claims.arm_id import ArmId, StartName
from lth.claims.subnetwork_arms import Subnetworks
from lth.spec.cost import train_size
from lth.spec.criterion import Criterion
from lth.spec.expressions import (
    FineTune,
    Magnitude,
    Mask,
    Pretrained,
    Reinitialised,
    Resumed,
    Rewound,
    Shuffled,
    Start,
    TaskData,
    Uniform,
)
from lth.spec.matching import HighestMatch
from lth.spec.protocol import Protocol, Prunable
from lth.spec.schedule import all_rounds, rounds
from lth.spec.settings import Settings
from lth.spec.subnetworks import Pruning
from lth.tasks import TASKS, get_task

Matched = Literal["imp", "random", "reinitialised", "shuffled", "standard"]
MATCHED: tuple[Matched, ...] = ("imp", "random", "reinitialised", "shuffled", "standard")
"""The treatments whose highest matching sparsity can be measured."""
REWOUND = 0.5
"""The share of the source's training from which rewound weights of a transferred ticket are taken."""


def arms_of(settings: Settings, task: TaskData) -> Arms:
    """The arms for claims on `task`. Raises UsageError for an impossible schedule or sparsity."""
    margin, sources = settings.rule.margin, settings.sources
    return Arms(task, settings.model, settings.protocol, settings.seeds, margin, sources, settings.models)


def imp(
    full: FineTune,
    sparsities: tuple[float, ...],
    start: Start | None = None,
    prunable: Prunable = "encoder",
    criterion: Criterion | None = None,
) -> tuple[FineTune, ...]:
    """Iterative magnitude pruning: the ticket after each round, trained from `start` (None: the full model's start).

    Each round prunes the trained weights of the previous round and trains the kept weights from `start` again, so each
    round also gives the score of its ticket (Chen et al. 2020, algorithm 1).
    """
    tickets: list[FineTune] = []
    trained = full
    for sparsity in sparsities:
        mask = Magnitude(trained, sparsity, prunable, criterion)
        trained = FineTune(full.task, full.seed, full.recipe, start or full.start, mask)
        tickets.append(trained)
    return tuple(tickets)


def standard_pruning(
    full: FineTune, sparsities: tuple[float, ...], prunable: Prunable, criterion: Criterion | None = None
) -> FineTune:
    """Prune and continue to train the trained weights, without a return to theta_0 (Chen et al. 2020, section 3.2)."""
    trained = full
    for sparsity in sparsities:
        start, mask = Rewound(trained, 1.0), Magnitude(trained, sparsity, prunable, criterion)
        trained = FineTune(full.task, full.seed, full.recipe, start, mask)
    return trained


@dataclass(frozen=True)
class Arms:
    """The arms of one task under one protocol; `margin` is the share of the full score that a matching arm may lose.

    The weight mask of an arm is the one that iterative magnitude pruning finds for the same seed, or one of its size;
    only the one-shot arm has its own. `sources` are the tasks whose tickets are trained on this one. If a run has
    several `models`, a claim is declared for each of them: `model` is the one of these arms. Raises UsageError for a
    schedule that does not lead to the protocol's sparsity.
    """

    task: TaskData
    model: Pretrained
    protocol: Protocol
    seeds: tuple[int, ...]
    margin: float
    sources: tuple[TaskData, ...] = ()
    models: tuple[Pretrained, ...] = ()

    def __post_init__(self) -> None:
        rounds(self.protocol.schedule, self.sparsity)

    @property
    def sparsity(self) -> float:
        """The sparsity at which tickets are judged."""
        return self.protocol.sparsity_for(get_task(self.task.name))

    @property
    def other_sources(self) -> tuple[str, ...]:
        """The sources except this task and masked language modelling; ("",) if there are none: one NOT RUN row."""
        names = (other.name for other in self.sources if other.name not in (self.task.name, "mlm"))
        return tuple(names) or ("",)

    @property
    def largest_source(self) -> str:
        """The source in `other_sources` with the most training examples."""
        sizes = {other.name: train_size(other, self.protocol.recipe_for(other)) for other in self.sources}
        return max(self.other_sources, key=lambda name: sizes.get(name, 0))

    @property
    def structured(self) -> Subnetworks:
        """The subnetworks found by pruning heads and MLPs of the full model (s-pruning)."""
        return self.subnetworks("structured")

    @property
    def magnitude(self) -> Subnetworks:
        """The subnetworks found by pruning the smallest weights of the full model (m-pruning)."""
        return self.subnetworks("magnitude")

    @offers_arm()
    def full(self) -> Arm:
        """The full model: theta_0 fine-tuned without a mask."""
        return self._arm(ArmId("full"), self._full)

    @offers_arm()
    def imp(self, sparsity: float | None = None) -> Arm:
        """Tickets of iterative magnitude pruning, trained from theta_0."""
        at = self.sparsity if sparsity is None else sparsity
        return self._arm(ArmId("imp", at), lambda seed: self._imp(seed, at))

    @offers_arm()
    def random(self, sparsity: float | None = None) -> Arm:
        """Random masks of exactly the tickets' size, trained from theta_0."""
        at = self.sparsity if sparsity is None else sparsity
        return self._arm(
            ArmId("random", at), lambda seed: self._fit(seed, self.model, Uniform(self.mask(seed, at), seed))
        )

    @offers_arm()
    def oneshot(self, sparsity: float | None = None) -> Arm:
        """One-shot magnitude: theta_0 under the mask of its own largest weights, found without training."""
        at = self.sparsity if sparsity is None else sparsity
        mask = Magnitude(self.model, at, self.protocol.prunable, self.protocol.criterion)
        return self._arm(ArmId("oneshot", at), lambda seed: self._fit(seed, self.model, mask))

    @offers_arm()
    def reinitialised(self, sparsity: float | None = None) -> Arm:
        """The tickets' masks on re-initialised weights."""
        return self._masked("reinitialised", sparsity, lambda seed: Reinitialised(self.model, seed))

    @offers_arm()
    def shuffled(self, sparsity: float | None = None) -> Arm:
        """The tickets' masks on pre-trained weights shuffled between layers."""
        return self._masked("shuffled", sparsity, lambda seed: Shuffled(self.model, seed))

    @offers_arm(share=(0.05, 0.1, 0.2, 0.5))
    def rewound(self, share: float) -> Arm:
        """Iterative magnitude pruning; each round rewinds to the full model's weights at `share` of training.

        There training is resumed and ends when the full model's does, or the protocol lets it restart.
        """
        return self._arm(
            ArmId("rewound", self.sparsity, share), lambda seed: self._imp(seed, self.sparsity, self._step(seed, share))
        )

    @offers_arm()
    def standard(self, sparsity: float | None = None) -> Arm:
        """Standard pruning: weights are pruned and trained on, and never rewound."""
        at = self.sparsity if sparsity is None else sparsity
        return self._arm(ArmId("standard", at), lambda seed: self._standard(seed, at))

    @offers_arm(treatment=MATCHED)
    def highest_match(self, treatment: Matched) -> Arm:
        """The highest sparsity, of all rounds of the schedule, at which a treatment matches the full model.

        Within the margin at the same seed; 0 if it never does. It costs the treatment's fine-tunings of all rounds.
        """
        each = self.rounds_of(treatment)
        by_seed = zip(self.seeds, *(arm.experiments for arm in each), strict=True)
        found = (HighestMatch(self._full(seed), tuple(fits), self.margin) for seed, *fits in by_seed)
        return Arm(ArmId(treatment, measure="highest match"), self.task.name, self.seeds, tuple(found), "highest")

    def rounds_of(self, treatment: Matched, beyond: bool = True) -> tuple[Arm, ...]:
        """A treatment at each round of the schedule, up to the judged sparsity and `beyond`.

        Beyond it, a list of rounds ends where it ends, and equal steps end at 90 %.
        """
        makers = (self.imp, self.random, self.reinitialised, self.shuffled, self.standard)
        make = dict(zip(MATCHED, makers, strict=True))[treatment]
        steps = all_rounds if beyond else rounds
        return tuple(make(at) for at in steps(self.protocol.schedule, self.sparsity))

    @offers_arm(source=TASKS, start=("pretrained", "trained", "rewound", "standard"))
    def transferred(self, source: str, start: StartName = "pretrained") -> Arm:
        """The ticket of another task, trained on this one with a new head (Chen et al. 2020, section 4).

        Its mask is the one that iterative magnitude pruning finds on `source`. Its weights are theta_0, or those of the
        ticket trained on `source`. Or it is another subnetwork of `source`, mask and weights (figure 4): the one that
        pruning with rewinding finds, from the full model's weights at REWOUND of training, or the one that standard
        pruning ends with.
        """
        at = self.protocol.transfer_sparsity
        id = ArmId("imp", at, source=source or "other", start=start)
        there = next((other for other in self.sources if other.name == source), None)
        if there is None or source == self.task.name:
            why = f"it takes a ticket of {source}; give --claims-source={source}" if source else SEVERAL
            if source == self.task.name:
                why = f"a ticket of {source} is no other task's"
            return replace(self._arm(id, self._full), missing=why)
        other = replace(self, task=there)

        def fit(seed: int) -> FineTune:
            ticket = other._imp(seed, at)
            match start:
                case "pretrained":
                    return self._fit(seed, self.model, ticket.mask)
                case "trained":
                    return self._fit(seed, Rewound(ticket, 1.0), ticket.mask)
                case "standard":
                    pruned = other._standard(seed, at)
                    return self._fit(seed, Rewound(pruned, 1.0), pruned.mask)
                case "rewound":
                    rewound = other._imp(seed, at, other._step(seed, REWOUND))
                    return self._fit(seed, Rewound(other._full(seed), REWOUND), rewound.mask)

        return self._arm(id, fit)

    def curve(self) -> tuple[Arm, ...]:
        """For pictures and tables: each treatment at each round of the schedule, and its highest matching sparsity.

        A run measures those that take no fine-tunings beyond what its claims need; all of them with --claims-pictures.
        """
        return tuple(arm for each in MATCHED for arm in (*self.rounds_of(each), self.highest_match(each)))

    def all(self) -> Iterator[Arm]:
        """All arms that this factory offers, at the sparsity at which tickets are judged."""
        return (arm for arm, _ in self.described())

    def described(self) -> Iterator[tuple[Arm, str]]:
        """The same arms, each with a sentence that says what it is."""
        yield from offered_arms(self)
        for found in (self.structured, self.magnitude):
            yield from found.described()

    def _masked(self, treatment: str, sparsity: float | None, start: Callable[[int], Start]) -> Arm:
        """The tickets' masks on the weights of `start`."""
        at = self.sparsity if sparsity is None else sparsity
        return self._arm(ArmId(treatment, at), lambda seed: self._fit(seed, start(seed), self.mask(seed, at)))

    def _arm(self, id: ArmId, fit: Callable[[int], FineTune]) -> Arm:
        return Arm(id, self.task.name, self.seeds, tuple(fit(seed) for seed in self.seeds))

    def subnetworks(self, pruning: Pruning) -> Subnetworks:
        """The subnetworks that one kind of pruning finds in the full model."""
        full = tuple(self._full(seed) for seed in self.seeds)
        return Subnetworks(pruning, full, self.protocol.search)

    def _full(self, seed: int) -> FineTune:
        return self._fit(seed, self.model, None)

    def _fit(self, seed: int, start: Start, mask: Mask | None) -> FineTune:
        return FineTune(self.task, seed, self.protocol.recipe_for(self.task), start, mask)

    def _step(self, seed: int, share: float) -> Rewound:
        """The full model's weights after this share of training."""
        way = Resumed if self.protocol.rewinding == "resume" else Rewound
        return way(self._full(seed), share)

    def _imp(self, seed: int, to: float, start: Start | None = None) -> FineTune:
        steps = rounds(self.protocol.schedule, to)
        return imp(self._full(seed), steps, start, self.protocol.prunable, self.protocol.criterion)[-1]

    def _standard(self, seed: int, to: float) -> FineTune:
        steps, how = rounds(self.protocol.schedule, to), (self.protocol.prunable, self.protocol.criterion)
        return standard_pruning(self._full(seed), steps, *how)

    def mask(self, seed: int, at: float) -> Magnitude:
        """The mask that iterative magnitude pruning finds for the seed at the sparsity `at`."""
        mask = self._imp(seed, at).mask
        assert isinstance(mask, Magnitude)
        return mask
