"""How much of their good subnetworks tasks share: one effect for all tasks, built from pairs of them.

It is built from pairs, because a task is left out if its full model proves too weak, and this is known only when its
scores are. Prasanna et al. 2020 (arXiv 2005.00561), section 5.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from statistics import fmean

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.claim import BETWEEN_TASKS
from lth.claims.effects import PLAIN, Assertion, Unit
from lth.spec.subnetworks import Pruning
from lth.tasks import get_task
from lth.verdict import Estimate, Region, level
from lth.verdict.estimate import Unbounded
from lth.verdict.likeness import KINDS_NOT_SEPARATE
from lth.verdict.samples import Sample, Scores

RECORDED = "it is not measured, but computed from pairs of tasks"
"""The reason why the arm of all tasks together is missing, unless somebody recorded it."""


Kappas = Mapping[tuple[str, str], float]
"""By pair of tasks: Fleiss' kappa of their masks at one seed."""


def mean_of_masks(kappas: Kappas) -> float:
    """The mean over pairs of tasks."""
    return fmean(kappas.values())


def kinship_of_masks(kappas: Kappas) -> float:
    """How much larger kappa is for two tasks of one kind (GLUE's grouping) than for two of different kinds.

    It is c in kappa(a, b) = task a + task b + c · (are both of one kind?), by least squares: a task that overlaps much
    with all others does not make its kind look alike. NaN if c cannot be separated from the tasks' own effects.
    """
    import numpy as np  # in functions, because every run of pytest imports this module

    tasks = sorted({task for pair in kappas for task in pair})
    own = np.array([[float(task in pair) for task in tasks] for pair in kappas])
    alike = np.array([float(get_task(a).family == get_task(b).family) for a, b in kappas])
    beside = alike - own @ (np.linalg.pinv(own) @ alike)
    if beside @ beside < 1e-9:
        return math.nan
    return float(beside @ np.array(list(kappas.values())) / (beside @ beside))


@dataclass(frozen=True)
class Pair:
    """The agreement of two tasks' good masks for each seed, and both tasks' full models."""

    agreement: Arm
    fulls: tuple[Arm, Arm]

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The agreement and the full models."""
        return (self.agreement, *self.fulls)


@dataclass(frozen=True)
class SharedMasks:
    """The mean over seeds of a statistic of Fleiss' kappa of two tasks' masks: by default the mean over pairs of tasks.

    By chance alone kappa is 0 if both masks have the same size, and lower if not. `recorded` is the arm of all pairs
    together; its figures are used where the evidence has them.
    """

    pairs: tuple[Pair, ...]
    recorded: Arm
    missing: str = ""
    unit: Unit = PLAIN
    statistic: Callable[[Kappas], float] = mean_of_masks
    tasks_are_sample = False

    @property
    def label(self) -> str:
        """The name of the arm of all pairs."""
        return self.recorded.name

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The agreements and full models of all pairs, each once, and the arm of all pairs together."""
        return (*{arm.id: arm for pair in self.pairs for arm in pair.arms}.values(), self.recorded)

    @property
    def terms(self) -> tuple[tuple[float, Arm], ...]:
        """None: which pairs count is known only when the full models' scores are."""
        return ()

    @property
    def fulls(self) -> tuple[Arm, ...]:
        """The full models of all tasks, each once."""
        return tuple({full.id: full for pair in self.pairs for full in pair.fulls}.values())

    def with_arms(self, change: Callable[[Arm], Arm]) -> SharedMasks:
        """The effect of the arm of all pairs if it is not missing, otherwise of the pairs without a missing arm."""
        recorded = change(self.recorded)
        if not recorded.missing:
            return replace(self, pairs=(), recorded=recorded, missing="")
        pairs = (Pair(change(pair.agreement), (change(pair.fulls[0]), change(pair.fulls[1]))) for pair in self.pairs)
        found = tuple(pair for pair in pairs if not any(arm.missing for arm in pair.arms))
        return replace(self, pairs=found, missing=self.missing or ("" if found else recorded.missing))

    def lacking(self, why: str) -> SharedMasks:
        """The same effect without pairs."""
        return replace(self, pairs=(), missing=why)

    def without(self, tasks: Collection[str]) -> SharedMasks:
        """The effect without the pairs of these tasks."""
        kept = tuple(pair for pair in self.pairs if not any(full.task in tasks for full in pair.fulls))
        return replace(self, pairs=kept)

    def estimate(self, scores: Mapping[ArmId, Scores], full: Scores | None, method: str) -> Estimate:
        """The effect from the kappas, with Student's t over the seeds that all pairs have.

        A pair whose kappa is undefined at a seed, because both masks keep everything or nothing, does not count there.
        """
        if not self.recorded.missing:
            return level(scores[self.recorded.id])
        tasks = [(pair.fulls[0].task, pair.fulls[1].task) for pair in self.pairs]
        samples = [found for pair in self.pairs if isinstance(found := scores[pair.agreement.id], Sample)]
        if not self.pairs:
            return Unbounded(math.nan, 0, "t", "fewer than two tasks are left")
        if len(samples) < len(self.pairs):
            return Unbounded(math.nan, 0, "t", "the kappa of a pair of tasks is not known for each seed")
        by_seed = [dict(zip(sample.seeds, sample.scores, strict=True)) for sample in samples]
        common = [seed for seed in by_seed[0] if all(seed in kappas for kappas in by_seed)]
        if not common:
            return Unbounded(math.nan, 0, "t", "no seed has masks of all tasks")
        defined = {
            seed: {pair: k for pair, kappas in zip(tasks, by_seed, strict=True) if math.isfinite(k := kappas[seed])}
            for seed in common
        }
        if not any(defined.values()):
            why = "both masks of every pair of tasks keep everything, or nothing: kappa is undefined"
            return Unbounded(math.nan, len(common), "t", why)
        of_seeds = {seed: self.statistic(kappas) for seed, kappas in defined.items() if kappas}
        if any(map(math.isnan, of_seeds.values())):
            return Unbounded(math.nan, len(common), "t", KINDS_NOT_SEPARATE)
        return level(Sample(tuple(of_seeds), tuple(of_seeds.values()), of=samples[0].of))

    def lies_in(self, region: Region) -> Assertion:
        """The assertion that the effect lies in `region`."""
        return Assertion(self, region)


def recorded_arm(pruning: Pruning, units: str, seeds: tuple[int, ...], measure: str = "kappa") -> Arm:
    """The arm of all pairs of tasks together, for evidence that has nothing finer."""
    id = ArmId("good", pruning=pruning, measure=measure, units=units, between_tasks=True)
    return Arm(id, BETWEEN_TASKS, seeds, (), f"{measure}_{units}", RECORDED)
