"""The document of a run as typed rows; all views read it. Knows nothing of files or layout.

A number is None if it is not known or not finite, such as the score of a run that ended in NaN, or an open end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from lth.claims.arm_id import ArmId
from lth.claims.effects import Unit
from lth.spec.subnetworks import Pruning
from lth.verdict import Verdict
from lth.verdict.samples import Replicate, Sample, Scores, Summary

SCHEMA = 3
"""Version of the document's form. Documents of versions 1 and 2 can also be read."""

Grid = tuple[tuple[float | None, ...], ...]
Setting = float | int | str | None
"""A setting of a recipe: learning rate, epochs, precision, …"""


@dataclass(frozen=True)
class IntervalRow:
    """An effect's estimate and the ends of its (1 - 2 alpha) interval, in the effect's unit; an open end is None."""

    method: str
    alpha: float
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class RegionRow:
    """The open interval where the effect lies according to the claim, in the effect's unit; an open end is None."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Term:
    """An arm whose mean, multiplied by `factor`, is part of an effect."""

    factor: float
    arm: ArmId


@dataclass(frozen=True)
class EffectRow:
    """The number that a claim is about. `unit` is that of interval and region; `interval` is None if not judged.

    The effect is the weighted sum of the means of `terms`: the arm and its control. Effects between tasks have none.
    """

    label: str
    unit: Unit
    region: RegionRow
    interval: IntervalRow | None = None
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True)
class ArmRow:
    """The measured or recorded scores of an arm: one per seed, or mean, sample std (n - 1) and number of seeds.

    If the scores are `of` models, there is one per pre-trained model, the mean over its seeds, and `seeds` number the
    models. `densities` are the shares kept of each matrix, averaged over seeds; `kept_parameters` is the share of all.
    """

    id: ArmId
    seeds: tuple[int, ...] = ()
    scores: tuple[float | None, ...] = ()
    mean: float | None = None
    std: float | None = None
    n: int | None = None
    densities: Mapping[str, float] = field(default_factory=dict)
    kept_parameters: float | None = None
    of: Replicate = "seeds"

    @property
    def samples(self) -> Scores:
        """The scores for the rule, in the metric's unit; a run without a score is NaN.

        Raises EvidenceError for invalid scores.
        """
        if self.n is not None:
            mean, std = (math.nan if number is None else number for number in (self.mean, self.std))
            return Summary(mean, std, self.n)
        return Sample(self.seeds, tuple(math.nan if score is None else score for score in self.scores), of=self.of)

    @property
    def lost(self) -> int:
        """The number of runs that ended without a score."""
        return sum(score is None for score in self.scores)


@dataclass(frozen=True)
class CollapsedRow:
    """The number of an arm's collapsed runs, of `n`: NaN, or a score at or below the majority baseline.

    `low` and `high` bound the share of all such runs that collapse (Clopper-Pearson, each end at alpha); None if n is
    not known, as in documents of version 2.
    """

    arm: ArmId
    runs: int
    n: int | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class PValues:
    """One-sided p-values: of "the effect is not inside the region", and of "the effect is not outside"."""

    support: float | None = None
    refute: float | None = None


@dataclass(frozen=True)
class PaperRuleRow:
    """The verdict of the paper's own rule on the same arms."""

    name: str
    verdict: Verdict


@dataclass(frozen=True)
class PublishedRow:
    """The verdict from the papers' own figures, before any correction; `reason` says why it is NOT RUN, if so."""

    verdict: Verdict
    data: str
    interval: IntervalRow | None = None
    reason: str = ""


@dataclass(frozen=True)
class CostRow:
    """Seconds of one worker, electricity, and the CO2e of producing it; None if not known."""

    seconds: float | None = None
    energy_kwh: float | None = None
    energy_kg_co2e: float | None = None


@dataclass(frozen=True)
class ClaimRow:
    """A claim on one task, or between tasks, with its verdict and everything that a reader needs to check it.

    Scores, `baseline` and `full_mean` are in the metric's unit, `mde` in the effect's. `over` says what the verdict
    generalises over: seeds, models, sources or tasks, and dev examples. `paper_verdict` is the paper's answer (None: it
    depends). `outcome` is that of the test: passed, failed, xfailed, inconclusive or not run.
    """

    id: str
    row: str
    statement: str
    paper: str
    task: str
    effect: EffectRow
    verdict: Verdict
    adjusted_verdict: Verdict
    outcome: str = ""
    over: str = ""
    model: str = ""
    data: str = ""
    source: str = ""
    metric: str = ""
    arms: tuple[ArmRow, ...] = ()
    baseline: float | None = None
    full_mean: float | None = None
    p: PValues | None = None
    paper_verdict: bool | None = None
    paper_rule: PaperRuleRow | None = None
    mde: float | None = None
    seeds_needed: int | None = None
    collapsed: tuple[CollapsedRow, ...] = ()
    reason: str = ""
    cost: CostRow = CostRow()
    published: PublishedRow | None = None

    @property
    def interval(self) -> IntervalRow | None:
        """The effect's interval; None if the claim was not judged."""
        return self.effect.interval

    @property
    def name(self) -> str:
        """The claim's id and row, as in `chen-3 5%`."""
        return f"{self.id} {self.row}".strip()

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """The same claim in another run has the same id, row, task, model and source."""
        return self.id, self.row, self.task, self.model, self.source

    def arm(self, id: ArmId) -> ArmRow | None:
        """The claim's arm with this id; None if it has none."""
        return next((arm for arm in self.arms if arm.id == id), None)


@dataclass(frozen=True)
class FamilyRow:
    """A claim's rows over tasks together: how many hold, corrected by Holm's procedure.

    `supported` and `refuted` count the rows whose corrected verdict is so, of `judged` rows on `tasks` tasks. Read as a
    partial conjunction: the claim holds on at least `supported` of them, with an error of at most alpha.
    """

    id: str
    row: str
    statement: str
    tasks: int
    judged: int
    supported: int
    refuted: int

    @property
    def name(self) -> str:
        """The claim's id and row, as in `chen-3 5%`."""
        return f"{self.id} {self.row}".strip()


@dataclass(frozen=True)
class AgreementRow:
    """The agreement of masks over seeds: Fleiss' kappa, Cochran's Q, and the mean Jaccard overlap, also by chance."""

    kappa: float | None = None
    cochran: float | None = None
    p: float | None = None
    jaccard: float | None = None
    by_chance: float | None = None


@dataclass(frozen=True)
class StructureRow:
    """The subnetworks that searches found in the full models of a task, one for each of `seeds`.

    Seeds whose search failed are left out. `kept_parameters` are shares of the full model's `parameters`; `agreement`
    is by units (heads, mlps, weights). Structured pruning has `heads` [seed][layer][head] and `mlps` [seed][layer],
    1 = kept, and the importances in the full model, from 0 to 1, in the same shapes.
    """

    task: str
    model: str
    pruning: Pruning
    seeds: tuple[int, ...] = ()
    parameters: int | None = None
    kept_parameters: tuple[float, ...] = ()
    agreement: Mapping[str, AgreementRow] = field(default_factory=dict)
    heads: tuple[tuple[tuple[int, ...], ...], ...] = ()
    mlps: tuple[tuple[int, ...], ...] = ()
    head_importances: tuple[Grid, ...] = ()
    mlp_importances: Grid = ()


@dataclass(frozen=True)
class OverlapRow:
    """Jaccard overlaps of tickets' masks, averaged over seeds and over pre-trained models.

    `jaccard` compares the masks of `names`; the last is theta_0's one-shot mask. `beyond` compares only the positions
    in which the tasks' masks differ from it. `by_chance` is the overlap of independent masks of these sizes.
    """

    names: tuple[str, ...]
    sparsity: float
    jaccard: Grid | None = None
    beyond: Grid | None = None
    by_chance: float | None = None


@dataclass(frozen=True)
class TransferRow:
    """The data of claims between tasks: each source's training examples, and the tickets' sparsity and overlap."""

    train_examples: Mapping[str, int]
    sparsity: float
    overlap: OverlapRow | None = None


@dataclass(frozen=True)
class LookRow:
    """A look after this many seeds; `alpha` is the error on each side of the interval at this look."""

    seeds: int
    alpha: float


@dataclass(frozen=True)
class SequentialRow:
    """Seeds that were added while verdicts were open: the looks, and how many `experiments` ran `of` how many."""

    looks: tuple[LookRow, ...]
    experiments: int
    of: int


@dataclass(frozen=True)
class OptionsRow:
    """The settings of the run. `recipe` has what all tasks share, `recipe_by_task` the rest.

    `sparsity` is None if each task has its own. `super_seeds` is the number of seeds whose searches define the
    super-survivors of one seed; None if it is not known, and in runs in which all seeds shared one mask of them.
    """

    tasks: tuple[str, ...] = ()
    model: str = ""
    data: str = ""
    evidence: str = "measured"
    protocol: str = ""
    schedule: str = ""
    prunable: str = ""
    sparsity: float | None = None
    criterion: str = "magnitude"
    seeds: tuple[int, ...] = ()
    searched_on: str = ""
    super_seeds: int | None = None
    recipe: Mapping[str, Setting] = field(default_factory=dict)
    recipe_by_task: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    alpha: float = 0.05
    margin: float | None = None
    method: str = "crossed"
    correction: str = "holm"
    shrink_variance: bool = False


@dataclass(frozen=True)
class Document:
    """Everything that a run reports. `created` is an ISO date and time in UTC; `commit` ends in + if files differ.

    `environment` has the versions of packages, and the machine's type; `notes` has texts that plugins add.
    """

    claims: tuple[ClaimRow, ...]
    families: tuple[FamilyRow, ...] = ()
    schema: int = SCHEMA
    created: str = ""
    commit: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    options: OptionsRow = OptionsRow()
    warnings: tuple[str, ...] = ()
    structures: tuple[StructureRow, ...] = ()
    transfer: TransferRow | None = None
    total_cost: CostRow = CostRow()
    sequential: SequentialRow | None = None
    notes: dict[str, str] = field(default_factory=dict)
