"""Effects between tasks: of the matrix of tickets, each source's on each other task, and of the tasks' masks.

A single cell of the matrix is an ordinary claim on its target. Chen et al. 2020 (arXiv 2007.12223), section 4.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from statistics import fmean

from lth.claims.arm import SEVERAL, Arm
from lth.claims.arm_id import ArmId
from lth.claims.arms import Arms
from lth.claims.by_task import ByTask, Task
from lth.claims.claim import BETWEEN_TASKS
from lth.claims.effects import FULL_SCORE, PLAIN, POINTS, Assertion, Unit
from lth.claims.over_tasks import OnTask, OverTasks, mean_over_tasks
from lth.claims.shared_masks import Pair, SharedMasks, kinship_of_masks, recorded_arm
from lth.claims.subnetwork_arms import has_subnetworks
from lth.spec.cost import train_size
from lth.spec.expressions import Magnitude, TaskData
from lth.spec.overlap import Overlap
from lth.spec.subnetworks import Pruning
from lth.tasks import TASKS, get_task
from lth.verdict import Estimate, Region, share
from lth.verdict.additive import Layout, effect_correlation
from lth.verdict.correlation import Correlation, spearman
from lth.verdict.count import count_above
from lth.verdict.estimate import Unbounded
from lth.verdict.likeness import likeness
from lth.verdict.samples import Scores

Pairs = Mapping[tuple[str, str], tuple[Scores, Scores]]
"""By (source, target): the scores of the source's ticket and of the target's full model."""
MORE_THAN_TWO = 3
"""The number of targets that a source reaches if it reaches more than two, and the fewest that a run needs."""
TOO_FEW = "it takes three other tasks; give --task=a,b,c,d or --task=all"
ONESHOT = "oneshot"
"""A source without training: the mask of theta_0's own largest weights."""
OWN = "own"
"""Takes the place of a source for the target's own ticket."""
TWO_OTHERS = "it takes two other tasks; give --task=a,b,c or --task=all"
ELSEWHERE = "it is not a task of this run"
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
    """An effect between tasks: `statistic` of the cells' scores by a method, in `unit`."""

    label: str
    cells: tuple[Transfer, ...]
    statistic: Callable[[Pairs, str], Estimate]
    unit: Unit
    missing: str = ""
    tasks_are_sample = False

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
        found = {
            (cell.source, cell.full.task): (scores[cell.ticket.id], scores[cell.full.id])
            for cell in self.cells
            if not cell.ticket.missing
        }
        return self.statistic(found, method)

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
        """Spearman's rho over sources: number of training examples against the source's fitted effect."""
        sizes = {
            source.name: train_size(source, arms.protocol.recipe_for(source))
            for arms in self.targets
            for source in arms.sources
        }
        label = "rho of training examples and transfer"
        return Across(label, self.cells, lambda pairs, _: growth(_shares(pairs), sizes), PLAIN, self._few())

    def reach(self) -> ByTask:
        """Spearman's rho over tasks: number of training examples against the highest matching sparsity of tickets.

        Masked language modelling is left out here, too. Tasks that the run does not have count if they are recorded.
        """
        first, run = self.targets[0], {arms.task.name: arms for arms in self.targets}
        others = {name: replace(first, task=TaskData(name, "", first.task.data)) for name in TASKS if name not in run}
        sizes = {name: float(facts.sizes[0]) for name, facts in TASKS.items()}
        sizes |= {name: float(train_size(arms.task, arms.protocol.recipe_for(arms.task))) for name, arms in run.items()}
        tasks = [
            Task(*(_named(arm) for arm in (arms.highest_match("imp"), arms.full())))
            for name, arms in (run | others).items()
            if name != "mlm"
        ]
        tasks = [_without(task, ELSEWHERE) if task.full.task in others else task for task in tasks]
        label = "rho of training examples and highest matching sparsity"
        missing = "" if len(run) > 1 else SEVERAL
        return ByTask(label, () if missing else tuple(tasks), lambda reached: reach(reached, sizes), missing)

    def reached(self, source: str) -> Across:
        """The number of other tasks on which the ticket of `source` matches the full model, by partial conjunction.

        The source may be "oneshot", theta_0's own mask.
        """
        margin, cells = self.margin, []
        for arms in self.targets:
            if arms.task.name != source:
                cells.append(Transfer(source, _ticket(arms, source), _named(arms.full())))
        absent = next((cell.ticket.missing for cell in cells if cell.ticket.missing), "")
        missing = absent if len(cells) >= MORE_THAN_TWO else TOO_FEW

        def count(pairs: Pairs, method: str) -> Estimate:
            found = [share([(1.0, ticket), (-1.0, full)], full, method) for ticket, full in pairs.values()]
            return count_above(-margin, found, MORE_THAN_TWO)

        return Across(f"tasks reached by {source}", () if missing else tuple(cells), count, PLAIN, missing)

    def advantage(self, source: str, over: Collection[str]) -> Across:
        """How much more of the full score the ticket of `source` keeps than those of `over`.

        The targets are the sample. A source may be "oneshot", theta_0's own mask, or in `over` "own", the target's own
        ticket of that sparsity. If `over` names several sources, a target has the mean over those that the run has.
        """
        targets = [arms for arms in self.targets if arms.task.name != source]
        cells, missing = [], "" if len(targets) > 1 else TWO_OTHERS
        for arms in targets:
            ticket, full = _ticket(arms, source), _named(arms.full())
            others = {name: _ticket(arms, name) for name in over if name != arms.task.name}
            held = {name: arm for name, arm in others.items() if not arm.missing}
            absent = "" if held else next((arm.missing for arm in others.values()), TWO_OTHERS)
            missing = missing or ticket.missing or absent
            cells += [Transfer(name, arm, full) for name, arm in {source: ticket, **held}.items()]
        label = f"ticket of {source} − {' and '.join(over) if len(over) < 3 else 'those of other tasks'}"
        return Across(label, () if missing else tuple(cells), partial(advantage, source), FULL_SCORE, missing)

    def kinship(self) -> Across:
        """The mean share of tickets from the target's own family minus that of tickets from other families.

        Sources and targets are adjusted for.
        """
        label = "same kind − other kind"
        return Across(label, self.cells, lambda pairs, _: kinship(_shares(pairs)), FULL_SCORE, self._few())

    def agreement(self, pruning: Pruning, units: str) -> SharedMasks:
        """Fleiss' kappa of the good masks of two tasks, averaged over pairs of tasks, for "heads", "mlps" or "weights".

        Tasks for which no subnetworks are searched are left out.
        """
        pairs = tuple(
            Pair(
                one.subnetworks(pruning).agreement_with(other.subnetworks(pruning), units),
                (_named(one.full()), _named(other.full())),
            )
            for one, other in combinations(self._searched, 2)
        )
        seeds = self.targets[0].seeds
        return SharedMasks(pairs, recorded_arm(pruning, units, seeds), "" if pairs else SEVERAL)

    def kinship_of_masks(self, pruning: Pruning, units: str) -> SharedMasks:
        """How much larger that kappa is for two tasks of one kind than for two of different kinds.

        Each task's own effect is adjusted for, see lth.claims.shared_masks.kinship_of_masks.
        """
        recorded = recorded_arm(pruning, units, self.targets[0].seeds, "kinship")
        return replace(self.agreement(pruning, units), recorded=recorded, statistic=kinship_of_masks)

    def mean(
        self,
        arm: Callable[[Arms], Arm],
        control: Callable[[Arms], Arm] | None = None,
        unit: Unit = POINTS,
    ) -> OverTasks:
        """The mean over tasks of the difference between two arms, or of one arm; the tasks are the sample.

        It is in points, or plain where the arms are about another number than the score. Tasks for which no subnetworks
        are searched are left out.
        """
        cells = tuple(
            OnTask(_named(arm(arms)), control and _named(control(arms)), _named(arms.full())) for arms in self._searched
        )
        first = cells[0] if cells else None
        names = [replace(each.id, task=None) for each in (first.arm, first.control) if each] if first else []
        label = "mean over tasks of " + " − ".join(map(str, names))
        plain = first is not None and first.arm.quantity != "score"
        effect = OverTasks(label, cells, PLAIN if plain else unit)
        return effect if len(cells) > 1 else effect.lacking(SEVERAL)

    def loss_on(self, group: Collection[str], arm: Callable[[Arms], Arm]) -> OverTasks:
        """How many points an arm is further below the full model on the tasks of `group` than on the other tasks."""
        cells = tuple(OnTask(_named(arms.full()), _named(arm(arms)), _named(arms.full())) for arms in self._searched)
        inside = sum(cell.full.task in group for cell in cells)
        name = replace(cells[0].control.id, task=None) if cells and cells[0].control else ""
        effect = OverTasks(f"loss of {name}, {' and '.join(group)} − others", cells, POINTS, frozenset(group))
        return effect if 0 < inside < len(cells) else effect.lacking(SEVERAL)

    @property
    def _searched(self) -> tuple[Arms, ...]:
        return tuple(arms for arms in self.targets if has_subnetworks(arms.task))

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


def advantage(source: str, pairs: Pairs, method: str) -> Estimate:
    """The mean over targets of the source's share minus the mean share of the other sources there, with Student's t.

    What a target does to every ticket is in both and cancels. If all sources are targets too, each other source counts
    as much as any, although it has no share on itself.
    """
    shares = _shares(pairs)
    others: dict[str, list[float]] = {}
    for (name, target), share_there in shares.items():
        if name != source:
            others.setdefault(target, []).append(share_there)
    found = [shares[source, on] - fmean(each) for on, each in others.items() if (source, on) in shares]
    if not found:
        return Unbounded(math.nan, 0, "t", f"no task is left with tickets of {source} and of others", over="tasks")
    return mean_over_tasks(found)


def growth(shares: Shares, sizes: Mapping[str, float]) -> Estimate:
    """Spearman's rho of the sources' sizes and their effects in share = effect of the source + effect of the target.

    A source has no share on its own target. Its mean share would depend on how hard that target is for the others; its
    effect does not. The sources are the sample.
    """
    tasks, layout = _layout(shares)
    of_sources = [float(sizes[tasks[source]]) for source in sorted(set(layout.sources))]
    return effect_correlation(of_sources, layout, list(shares.values()))


def reach(reached: Mapping[str, float], sizes: Mapping[str, float]) -> Estimate:
    """Spearman's rho of the tasks' sizes and the sparsities that they reach. The tasks are the sample."""
    found = spearman([sizes[task] for task in reached], list(reached.values()))
    return replace(found, over="tasks") if isinstance(found, Correlation) else found


def kinship(shares: Shares) -> Estimate:
    """How much larger a share is within a family of tasks (GLUE's grouping) than between families.

    It is the coefficient of "same family" beside effects of the source and of the target, by least squares. Pairs of
    tasks are the sample; see lth.verdict.likeness.
    """
    tasks, layout = _layout(shares)
    families = [get_task(task).family for task in tasks]
    return likeness(layout, [families.index(family) for family in families], list(shares.values()))


def _layout(shares: Shares) -> tuple[list[str], Layout]:
    """The tasks in alphabetical order, and the layout of the shares by their places there."""
    tasks = sorted({task for pair in shares for task in pair})
    places = [tuple(map(tasks.index, side)) for side in zip(*shares, strict=True)] or [(), ()]
    return tasks, Layout(*places)


def _shares(pairs: Pairs) -> Shares:
    return {cell: ticket.mean / full.mean for cell, (ticket, full) in pairs.items()}


def _without(task: Task, why: str) -> Task:
    return Task(replace(task.arm, missing=why), replace(task.full, missing=why))


def _ticket(arms: Arms, source: str) -> Arm:
    """The ticket of `source` on the task of `arms`, also "oneshot" and "own"; its identity includes the task."""
    sparsity = arms.protocol.transfer_sparsity
    if source == ONESHOT:
        return _named(arms.oneshot(sparsity))
    return _named(arms.imp(sparsity) if source == OWN else arms.transferred(source))


def _named(arm: Arm) -> Arm:
    return replace(arm, id=replace(arm.id, task=arm.task))
