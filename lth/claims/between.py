"""Effects between tasks: statistics of the whole matrix of tickets, each source's on each other task.

A single cell of the matrix is an ordinary claim on its target. Chen et al. 2020 (arXiv 2007.12223), section 4.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from statistics import fmean

from lth.claims.arm import SEVERAL, Arm
from lth.claims.arm_id import ArmId
from lth.claims.arms import Arms
from lth.claims.claim import BETWEEN_TASKS
from lth.claims.effects import FULL_SCORE, PLAIN, Assertion, Unit
from lth.spec.cost import train_size
from lth.spec.expressions import Magnitude
from lth.spec.overlap import Overlap
from lth.tasks import get_task
from lth.verdict import Estimate, Region, level, spearman
from lth.verdict.estimate import Unbounded
from lth.verdict.samples import Sample, Scores

Shares = Mapping[tuple[str, str], float]
"""By (source, target): the mean score of the source's ticket as a share of the target's full score."""


@dataclass(frozen=True)
class Transfer:
    """A ticket of `source` trained on another task, and that task's full model."""

    source: str
    ticket: Arm
    full: Arm


@dataclass(frozen=True)
class Across:
    """An effect between tasks: `statistic` of the cells' shares, in `unit`."""

    label: str
    cells: tuple[Transfer, ...]
    statistic: Callable[[Shares], Estimate]
    unit: Unit
    missing: str = ""

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The tickets and full models of all cells, each once."""
        return tuple({arm.id: arm for cell in self.cells for arm in (cell.ticket, cell.full)}.values())

    @property
    def terms(self) -> tuple[tuple[float, Arm], ...]:
        """None: the effect is not a sum of means."""
        return ()

    @property
    def fulls(self) -> tuple[Arm, ...]:
        """The full models of all targets, each once."""
        return tuple({cell.full.id: cell.full for cell in self.cells}.values())

    def with_arms(self, change: Callable[[Arm], Arm]) -> Across:
        """The effect on the cells where no changed arm is missing; missing if no cell remains."""
        cells = [replace(cell, ticket=change(cell.ticket), full=change(cell.full)) for cell in self.cells]
        found = tuple(cell for cell in cells if not (cell.ticket.missing or cell.full.missing))
        reasons = (arm.missing for cell in cells for arm in (cell.ticket, cell.full) if arm.missing)
        return replace(self, cells=found, missing=self.missing or ("" if found else next(reasons, "")))

    def lacking(self, why: str) -> Across:
        """The same effect without cells."""
        return replace(self, cells=(), missing=why)

    def without(self, tasks: Collection[str]) -> Across:
        """The effect without the cells of these tasks, as sources or targets."""
        kept = tuple(cell for cell in self.cells if cell.source not in tasks and cell.full.task not in tasks)
        return replace(self, cells=kept)

    def estimate(self, scores: Mapping[ArmId, Scores], full: Scores | None, method: str) -> Estimate:
        """The effect from the arms' scores. Each target has its own unit, and the statistic has its own method."""
        shares = {
            (cell.source, cell.full.task): scores[cell.ticket.id].mean / scores[cell.full.id].mean
            for cell in self.cells
        }
        return self.statistic(shares)

    def lies_in(self, region: Region) -> Assertion:
        """The assertion that the effect lies in `region`."""
        return Assertion(self, region)


@dataclass(frozen=True)
class Matrix:
    """The tickets of all sources on all other tasks of a run.

    Masked language modelling is left out, because its examples cannot be counted like those of other tasks.
    """

    targets: tuple[Arms, ...]

    @property
    def margin(self) -> float:
        """The share of the full score that a matching arm may lose."""
        return self.targets[0].margin

    @property
    def cells(self) -> tuple[Transfer, ...]:
        """Each source on each other task; the arms' identities include their task."""
        return tuple(
            Transfer(source.name, _named(arms.transferred(source.name)), _named(arms.full()))
            for arms in self.targets
            for source in arms.sources
            if source.name != arms.task.name and "mlm" not in (source.name, arms.task.name)
        )

    def growth(self) -> Across:
        """Spearman's rho over sources: number of training examples against mean share of the tickets."""
        sizes = {
            source.name: float(train_size(source, arms.protocol.recipe_for(source)))
            for arms in self.targets
            for source in arms.sources
        }

        def statistic(shares: Shares) -> Estimate:
            means = mean_by_source(shares)
            return spearman([sizes[source] for source in means], list(means.values()))

        return Across("rho of training examples and transfer", self.cells, statistic, PLAIN, self._few())

    def kinship(self) -> Across:
        """The mean share of tickets from the target's own family minus that of tickets from other families."""
        return Across("same kind − other kind", self.cells, kinship, FULL_SCORE, self._few())

    def overlap(self) -> Arm:
        """For the pictures: the mean Jaccard overlap of the tickets' masks over pairs of tasks, for each seed."""
        sources = {source.name: (arms, source) for arms in self.targets for source in arms.sources}
        arms = self.targets[0]
        at, tickets = arms.protocol.transfer_sparsity, [replace(each, task=task) for each, task in sources.values()]
        control = Magnitude(arms.model, at, arms.protocol.prunable)
        found = tuple(Overlap(tuple(each.mask(seed, at) for each in tickets), control) for seed in arms.seeds)
        id = ArmId("imp", measure="overlap", units="masks")
        return Arm(id, BETWEEN_TASKS, arms.seeds, found, "mean", self._few())

    def _few(self) -> str:
        return "" if self.cells else SEVERAL


def mean_by_source(shares: Shares) -> dict[str, float]:
    """The mean share of each source's ticket over its targets."""
    return {
        source: fmean(share for (origin, _), share in shares.items() if origin == source)
        for source in dict.fromkeys(origin for origin, _ in shares)
    }


def kinship(shares: Shares) -> Estimate:
    """The mean share of pairs within a family of tasks (GLUE's grouping) minus that of pairs between families.

    The tasks are the sample of a delete-one jackknife. Task i has the pseudo-value n d - (n - 1) d₋ᵢ, where d₋ᵢ is
    without task i as source or target; the mean has Student's t with n - 1 degrees of freedom (Tukey 1958, Annals of
    Mathematical Statistics 29, 614). Unbounded if there are no pairs of one of the two kinds without some task.
    """
    tasks = sorted({task for pair in shares for task in pair})
    n, whole = len(tasks), _difference(shares)
    parts = [_difference({pair: share for pair, share in shares.items() if task not in pair}) for task in tasks]
    if whole is None or None in parts:
        return Unbounded(float("nan") if whole is None else whole, n, "jackknife", "too few tasks of one kind")
    pseudo = tuple(n * whole - (n - 1) * part for part in parts if part is not None)
    found = level(Sample(tuple(range(n)), pseudo))
    return replace(found, method="jackknife over tasks")  # type: ignore[type-var]  # every estimate is a dataclass


def _difference(shares: Shares) -> float | None:
    groups: dict[bool, list[float]] = {True: [], False: []}
    for (source, target), share in shares.items():
        groups[get_task(source).family == get_task(target).family].append(share)
    return fmean(groups[True]) - fmean(groups[False]) if all(groups.values()) else None


def _named(arm: Arm) -> Arm:
    return replace(arm, id=replace(arm.id, task=arm.task))
