"""The arms of structured pruning: good, random, bad and super subnetworks, and measurements on them.

Treatments follow Prasanna et al. 2020 (arXiv 2005.00561), sections 3 to 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from lth.claims.arm import Arm, offered_arms, offers_arm
from lth.claims.arm_id import ArmId, Weights
from lth.spec.expressions import Expression, FineTune, Pretrained, Reinitialised, TaskData
from lth.spec.protocol import Search
from lth.spec.seeds import group, shared
from lth.spec.subnetworks import (
    Agreement,
    Bad,
    Latency,
    Patterns,
    Pruned,
    Pruning,
    Random,
    Smallest,
    Subnetwork,
    Super,
    Survival,
    Survivors,
)
from lth.tasks import get_task

SubnetworkKind = Literal["good", "random", "bad", "super", "super-random", "super-bad"]
SUBNETWORK_KINDS: tuple[SubnetworkKind, ...] = ("good", "random", "bad", "super", "super-random", "super-bad")
KIND_MEANING: dict[str, str] = {
    "good": "What the search keeps",
    "random": "Drawn from everything, of the good one's size",
    "bad": "What the search removes, at the good one's size",
    "super": "What the searches of a group of seeds all keep",
    "super-random": "Drawn from everything, of the super-survivors' size",
    "super-bad": "What super-survivors leave out, at their size",
}
ONE_SEED = "masks of one seed cannot agree or differ; give --seeds=3 or more"
SHOWN_KINDS: tuple[SubnetworkKind, ...] = ("good", "random", "bad")
"""The kinds that pictures always show. Super-survivors cost companions of every seed; only claims over tasks are about
them."""
BY_CONSTRUCTION = "true by construction: its mask had to pass 90 % on this dev set"
"""The reason why a pruned good subnetwork is not compared with the full model on the data of its search."""
PRINTED = "the arm is only in the paper's figure or table, so it cannot be measured"
"""The reason why what a paper prints, and its recorded results contradict, is not measured."""
Units = Literal["heads", "mlps", "weights"]
UNITS: tuple[Units, ...] = ("heads", "mlps", "weights")
PATTERN_EXAMPLES = 200
"""The number of dev examples over which a head's attention pattern is averaged."""


@dataclass(frozen=True)
class Subnetworks:
    """The subnetworks that one kind of pruning finds in the full models, one per seed.

    `good` has the survivors; `random` and `bad` have exactly its size. `super` has the units that survive for a seed
    and for its companions, which are its own and the same however many seeds a run has; it has random and bad
    counterparts of its size.
    """

    pruning: Pruning
    full: tuple[FineTune, ...]
    search: Search

    @offers_arm(kind=SUBNETWORK_KINDS)
    def pruned(self, kind: SubnetworkKind) -> Arm:
        """The fine-tuned models under the masks, not trained again.

        `good` is missing if the masks were searched on dev: its scores there are those that the search asked for.
        """
        arm = self._pruned(kind)
        circular = kind == "good" and self.search.on == "dev" and not arm.missing
        return replace(arm, missing=BY_CONSTRUCTION) if circular else arm

    @offers_arm(kind=SUBNETWORK_KINDS)
    def retrained(self, kind: SubnetworkKind) -> Arm:
        """The masks on theta_0, fine-tuned."""
        fits = (replace(fit, mask=mask) for fit, mask in zip(self.full, self.masks(kind), strict=True))
        return self._of_kind(kind, "retrained", tuple(fits))

    @offers_arm()
    def reinitialised(self) -> Arm:
        """The random masks on re-initialised weights instead of theta_0, fine-tuned (Prasanna et al. 2020, table 2)."""
        arm, fits = self.retrained("random"), self.retrained("random").experiments
        starts = [fit.start for fit in self.full]
        new = tuple(
            replace(fit, start=Reinitialised(start, fit.seed))
            for fit, start in zip(fits, starts, strict=True)
            if isinstance(fit, FineTune) and isinstance(start, Pretrained)
        )
        return replace(arm, id=replace(arm.id, treatment="reinitialised random"), experiments=new)

    @offers_arm(kind=("bad",))
    def trained_twice_as_long(self, kind: SubnetworkKind) -> Arm:
        """The masks on theta_0, fine-tuned for twice the epochs (Prasanna et al. 2020, appendix D: six epochs)."""
        arm = self.retrained(kind)
        fits = [fit for fit in arm.experiments if isinstance(fit, FineTune)]
        more = tuple(replace(fit, recipe=replace(fit.recipe, epochs=2 * fit.recipe.epochs)) for fit in fits)
        return replace(arm, id=replace(arm.id, treatment=f"{kind} in twice the epochs"), experiments=more)

    def printed(self, kind: SubnetworkKind, place: str) -> Arm:
        """The retrained subnetworks as a figure or table of the paper prints them, if its results say otherwise."""
        arm = self._arm(ArmId(f"{kind} in {place}", weights="retrained"), ())
        return arm.lacking(PRINTED)

    @offers_arm(units=UNITS)
    def agreement(self, units: str) -> Arm:
        """Fleiss' kappa of the good masks over seeds, for "heads", "mlps" or "weights": one pseudo-value per seed."""
        arm = self._measure("kappa", units, (Agreement(self._survivors),), f"pseudo_{units}")
        return arm if len(self.full) > 1 else arm.lacking(ONE_SEED)

    def agreement_with(self, other: Subnetworks, units: str) -> Arm:
        """Fleiss' kappa of the good masks of this task and of another, for each seed."""
        both = tuple(map(Agreement, zip(self._survivors, other._survivors, strict=True)))
        arm = self._measure("kappa", units, both, f"kappa_{units}")
        return replace(arm, id=replace(arm.id, between_tasks=True, task=arm.task, source=other.full[0].task.name))

    @offers_arm(units=("heads", "mlps"))
    def unimportant(self, units: Units = "heads") -> Arm:
        """The share of heads, or of MLPs, whose importance is below half the largest."""
        if units == "heads":
            return self._measure("unimportant", units, self._survivors, "unimportant")
        return self._survival("unimportant", units, f"unimportant_{units}")

    @offers_arm(units=UNITS)
    def kept(self, units: Units) -> Arm:
        """The share of heads or MLPs, or of the encoder's weights, that the good subnetwork keeps."""
        return self._survival("kept", units, f"kept_{units}")

    @offers_arm()
    def kept_by_super(self) -> Arm:
        """The share of the encoder's weights that super-survivors keep."""
        found = tuple(map(self._super, self.full))
        arm = self._measure("super kept", "weights", (Survival(found),), "kept_weights")
        return arm.lacking(shared(arm.seeds, self.search.group))

    @offers_arm(part=("heads", "mlps"))
    def kept_alone(self, part: Literal["heads", "mlps"]) -> Arm:
        """The share of the encoder's weights that remains if heads alone, or MLPs alone, are pruned."""
        found = tuple(replace(search, alone=part) for search in self._survivors)
        return self._measure(f"kept with {part} alone", "weights", (Survival(found),), "kept_weights")

    @offers_arm(units=UNITS)
    def kept_later(self, units: Units) -> Arm:
        """The share kept in the last third of the layers minus that in the first."""
        return self._survival("last minus first third", units, f"later_{units}")

    @offers_arm(units=UNITS)
    def kept_in_the_middle(self, units: Units) -> Arm:
        """The share kept in the middle third of the layers minus that in the last."""
        return self._survival("middle minus last third", units, f"middle_{units}")

    @offers_arm(units=UNITS)
    def spread(self, units: Units) -> Arm:
        """The standard deviation over seeds of the share kept: of each head or MLP, averaged, or of all weights."""
        arm = self._survival("spread", units, f"spread_{units}")
        return arm if len(self.full) > 1 else arm.lacking(ONE_SEED)

    @offers_arm(among=("all", "super", "survivors"), start=("pretrained", "trained"), norm_weighted=(False, True))
    def heterogeneous(
        self,
        among: Literal["all", "super", "survivors"],
        start: Literal["pretrained", "trained"] = "trained",
        norm_weighted: bool = False,
    ) -> Arm:
        """The share of heads with heterogeneous attention: among all heads, the super-survivors or the survivors.

        In the pre-trained or the fine-tuned model; by attention alone or norm-weighted (lth.spec.subnetworks.Patterns).
        """
        masks: tuple[Survivors | Super, ...] = self._survivors
        if among != "survivors":
            masks = tuple(map(self._super, self.full))
        choices = {"pretrained": start == "pretrained" or None, "norm_weighted": norm_weighted or None}
        found = tuple(
            Patterns(fit, mask, PATTERN_EXAMPLES, **choices) for fit, mask in zip(self.full, masks, strict=True)
        )
        quantity = "heterogeneous_all" if among == "all" else "heterogeneous_survivors"
        arm = self._measure("norm-weighted heterogeneous" if norm_weighted else "heterogeneous", among, found, quantity)
        common = "" if among == "survivors" else shared(arm.seeds, self.search.group)
        return replace(arm, id=replace(arm.id, start=start), missing=arm.missing or common)

    @offers_arm()
    def speedup(self) -> Arm:
        """The full model's latency divided by that of the model without the pruned heads and MLPs."""
        return self._measure("speed-up", None, tuple(Latency(mask) for mask in self._survivors), "speedup")

    @offers_arm()
    def kept_parameters(self) -> Arm:
        """The share of the model's parameters, embeddings included, that the good subnetwork keeps."""
        return self._measure("kept parameters", None, self._survivors, "kept_parameters")

    def described(self) -> Iterator[tuple[Arm, str]]:
        """All arms that these subnetworks offer, each with a sentence or two that say what it is."""
        for arm, sentence in offered_arms(self):
            kind = KIND_MEANING.get(arm.id.treatment) if arm.id.measure == "score" else None
            yield arm, f"{kind}. {sentence}" if kind else sentence

    def bars(self) -> tuple[Arm, ...]:
        """For the picture: the kinds of subnetworks that it shows, pruned and retrained."""
        return tuple(way(kind) for kind in SHOWN_KINDS for way in (self._pruned, self.retrained))

    def masks(self, kind: SubnetworkKind) -> tuple[Subnetwork, ...]:
        """The subnetworks of one kind, one per seed."""
        seeds = [fit.seed for fit in self.full]
        found: tuple[Survivors | Super, ...] = self._survivors
        if kind.startswith("super"):
            found = tuple(map(self._super, self.full))
        match kind:
            case "good" | "super":
                return found
            case "random" | "super-random":
                return tuple(Random(mask, seed) for mask, seed in zip(found, seeds, strict=True))
            case "bad" if self.pruning == "magnitude":
                return tuple(map(Smallest, self._survivors))
            case "bad" | "super-bad":
                return tuple(Bad(mask, seed) for mask, seed in zip(found, seeds, strict=True))

    @property
    def _survivors(self) -> tuple[Survivors, ...]:
        return tuple(map(self._search, self.full))

    def _search(self, fit: FineTune) -> Survivors:
        count = self.search.examples if self.search.on == "held-out" else None
        return Survivors(fit, self.pruning, self.search.on, count, step=self.search.step)

    def _super(self, fit: FineTune) -> Super:
        return Super(tuple(self._search(replace(fit, seed=seed)) for seed in group(fit.seed, self.search.group)))

    def _pruned(self, kind: SubnetworkKind) -> Arm:
        fits = (Pruned(fit, mask) for fit, mask in zip(self.full, self.masks(kind), strict=True))
        return self._of_kind(kind, "pruned", tuple(fits))

    def _of_kind(self, kind: SubnetworkKind, weights: Weights, experiments: tuple[Expression, ...]) -> Arm:
        arm = self._arm(ArmId(kind, weights=weights), experiments)
        common = shared(arm.seeds, self.search.group) if kind.startswith("super") else ""
        return arm.lacking(common)

    def _measure(self, measure: str, units: str | None, experiments: tuple[Expression, ...], quantity: str) -> Arm:
        return self._arm(ArmId("good", measure=measure, units=units), experiments, quantity)

    def _survival(self, measure: str, units: Units, quantity: str) -> Arm:
        return self._measure(measure, units, (Survival(self._survivors),), quantity)

    def _arm(self, id: ArmId, experiments: tuple[Expression, ...], quantity: str = "score") -> Arm:
        task, seeds = self.full[0].task, tuple(fit.seed for fit in self.full)
        missing = "" if has_subnetworks(task) else "subnetworks are searched for GLUE's tasks, as in the paper"
        return Arm(replace(id, pruning=self.pruning), task.name, seeds, experiments, quantity, missing)


def has_subnetworks(task: TaskData) -> bool:
    """Whether subnetworks are searched for a task: it must have one label or one number per example."""
    return get_task(task.name).kind in ("classification", "regression")
