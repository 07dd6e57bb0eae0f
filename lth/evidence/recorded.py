"""Recorded evidence: figures by paper, task and arm, from which claims are judged without a measurement.

The papers' own figures are part of the package (published/figures.csv); `published` lists the claims that they can
decide. Reads no other files, and no tensors.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId, Weights
from lth.claims.claim import BETWEEN_TASKS, Declaration
from lth.claims.over_tasks import OverTasks
from lth.claims.subnetwork_arms import BY_CONSTRUCTION
from lth.errors import EvidenceError, did_you_mean
from lth.spec.expressions import Expression
from lth.spec.subnetworks import LETTER
from lth.verdict import PAPER_RULES
from lth.verdict.samples import Sample, Scores, Summary

FIGURES = Path(__file__).parent / "published" / "figures.csv"
ANY = ""
"""Stands for the paper if figures apply to the claims of all papers."""
FULL = ArmId("full")
MAJORITY = ArmId("majority")
"""The arm that always gives the training set's most common answer: a task's baseline."""
NO_FIGURES = "no figures of"
"""Prefix of the reason for NOT RUN when the evidence has no figures for an arm."""
NO_STD = "no std, so no interval"
"""End of the reason for NOT RUN when the evidence has only a mean of an arm."""
ONE_MASK = "all seeds share one mask, which is one draw of a mask"
"""The reason why figures of the papers' super-survivors decide nothing."""
PRINTED_IN = {
    "figure 2a": "figure 2a draws {printed:.3f}, the mean of the good subnetworks, for random ones; the recorded mean "
    "of random ones is {recorded:.3f}",
    "table 2": "table 2 prints {printed:.3f} for the bad subnetworks; the recorded mean is {recorded:.3f}",
}
"""Where the paper prints other figures than it recorded, and the note on verdicts about them."""
GOOD_PRUNED = tuple(ArmId("good", pruning=pruning, weights="pruned") for pruning in LETTER)
SUPER = tuple(ArmId("super", pruning=pruning, weights=way) for pruning in LETTER for way in get_args(Weights))


@dataclass(frozen=True)
class Figure:
    """The recorded figures of one arm on one task; `scores` is None if there is a mean without a spread.

    `kept_parameters` and `densities` are those of lth.evidence.decide.Evidence. `note` is what a reader of a verdict on
    this figure must know.
    """

    mean: float
    scores: Scores | None
    kept_parameters: float | None = None
    densities: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


FigureKey = tuple[str, str, ArmId]
"""Paper, task and arm."""
Figures = dict[FigureKey, Figure]


@dataclass(frozen=True)
class _MeanAlone:
    """The scores of an arm without a recorded spread, for the paper's own rule."""

    mean: float
    std: float = math.nan
    n: int = 1


@dataclass(frozen=True, eq=False)
class Recording(Expression):
    """The figure of an arm; takes the place of the experiments that would measure it."""

    paper: str
    task: str
    arm: str
    figure: Figure = field(metadata={"identity": False})
    kind = "figures"


@dataclass(frozen=True)
class Recorded:
    """Recorded figures as evidence.

    `place` names them in messages; `about` says how they were made, by the names of the plugin's options. `figures` are
    by paper, task and arm. `baselines` are the majority baselines by task, in the metric's unit. `lines` has the place
    of each arm's name in a file that a person wrote. `reasons` says why claims (id, row, task) without figures were not
    run. `void` are the arms whose figures decide nothing on one task, with the reason; they are shown, and claims about
    them are not run, unless the tasks are the sample.
    """

    place: str
    figures: Mapping[FigureKey, Figure]
    baselines: Mapping[str, float]
    about: Mapping[str, str]
    lines: Mapping[ArmId, str] = field(default_factory=dict)
    reasons: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    void: Mapping[ArmId, str] = field(default_factory=dict)

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """The tasks with figures of the full model. On other tasks effects would have no unit."""
        return tuple(dict.fromkeys(task for _, task, arm in self.figures if arm == FULL))

    def check_arms(self, known: Iterable[ArmId]) -> str:
        """A sentence about the arms in `lines` that are not `known` at any sparsity; empty if there are none.

        They may be arms of claims that do not run now. Raises EvidenceError for one spelt almost like a known arm.
        """
        kinds = {arm.kind for arm in (*known, MAJORITY)}
        unknown = {arm: line for arm, line in self.lines.items() if arm.kind not in kinds and not arm.between_tasks}
        for arm, line in unknown.items():
            hint = did_you_mean(str(arm.kind), map(str, kinds))
            if hint != ".":
                names = ", ".join(sorted(str(kind) for kind in kinds if not kind.source))
                raise EvidenceError(
                    f"{line}: no arm {str(arm)!r}{hint} Arms: {names}, and tickets such as 'mnli ticket'"
                )
        first = next(iter(unknown.values()), "")
        return f"{first}: no claim of this run is about {', '.join(map(str, unknown))}" if unknown else ""

    def known(self, declaration: Declaration) -> Declaration:
        """The declaration with recorded figures instead of experiments; arms without figures are missing, or not shown.

        A mean without a spread gives no interval: such an arm is missing too, and the reason has the answer of the
        paper's own rule on the means. If the tasks are the sample, the mean suffices, and so does one mask a task.
        """
        assertion, effect = declaration.assertion, declaration.assertion.effect
        found = {arm.id: self._arm(declaration, arm) for arm in (*effect.arms, *assertion.shown)}
        lacking = ""
        for _, arm in reversed(effect.terms):  # an arm is not judged if the arm that it is compared with has no figures
            if lacking and not found[arm.id].missing.startswith(NO_FIGURES):
                found[arm.id] = replace(found[arm.id], missing=lacking)
            lacking = found[arm.id].missing if found[arm.id].missing.startswith(NO_FIGURES) else lacking
        notes = dict.fromkeys(note for arm in effect.arms if (note := self._note(found[arm.id])))
        effect = effect.with_arms(
            lambda arm: found[arm.id] if effect.tasks_are_sample else self._unless_void(found[arm.id])
        )
        over_tasks = isinstance(effect, OverTasks) and len(self.tasks) > 1
        unmeasured = declaration.full is None and effect.missing == assertion.effect.missing
        if effect.missing and unmeasured and not over_tasks:
            reason = self.reasons.get((declaration.claim.id, declaration.row, BETWEEN_TASKS))
            effect = effect.lacking(
                reason or f"{NO_FIGURES} several tasks' tickets or masks are recorded in {self.place}"
            )
        shown = tuple(found[arm.id] for arm in assertion.shown if not found[arm.id].missing)
        full = declaration.full and self._arm(declaration, declaration.full)
        assertion = replace(assertion, effect=effect, shown=shown, note="; ".join(notes))
        return replace(declaration, full=full, assertion=assertion)

    def sample(self, arm: Arm) -> Scores:
        """The figures of an arm that is not missing; a mean without a spread is a sample of one."""
        figure = self._of(arm)
        return figure.scores or Sample((0,), (figure.mean,))

    def baseline(self, arm: Arm) -> float:
        """The majority baseline of the arm's task; NaN if it is not known."""
        return self.baselines.get(arm.task, math.nan)

    def cost(self, arms: tuple[Arm, ...]) -> Mapping[str, float]:
        """Empty, because no experiment is run."""
        return {}

    def details(self, experiment: Expression) -> Mapping[str, Any]:
        """Empty, because figures have no details."""
        return {}

    def kept_parameters(self, arm: Arm) -> float | None:
        """The share of the model's parameters that the arm's masks keep; None if not recorded."""
        return self._of(arm).kept_parameters

    def densities(self, arm: Arm) -> Mapping[str, float]:
        """The share kept of each prunable matrix; empty if not recorded."""
        return self._of(arm).densities

    def _of(self, arm: Arm) -> Figure:
        (recording,) = arm.experiments
        assert isinstance(recording, Recording)
        return recording.figure

    def _find(self, paper: str, arm: Arm) -> Recording | None:
        """An arm's figures; those of a claim between tasks may also be recorded under the arm's task, or under any."""
        any_task = self.tasks if arm.task == BETWEEN_TASKS else ()
        ids, tasks = (arm.id, replace(arm.id, task=None)), (arm.task, BETWEEN_TASKS, *any_task)
        places = ((known, task, id) for known in (paper, ANY) for id in ids for task in tasks)
        found = next((place for place in places if place in self.figures), None)
        return found and Recording(found[0], found[1], str(found[2]), self.figures[found])

    def _arm(self, declaration: Declaration, arm: Arm) -> Arm:
        claim = declaration.claim
        recording = self._find(claim.paper, arm)
        if recording is None:
            reason = self.reasons.get((claim.id, declaration.row, arm.task))
            return replace(arm, experiments=(), missing=reason or self._no_figures(claim.paper, arm))
        figure, missing = recording.figure, ""
        if figure.scores is None and not declaration.assertion.effect.tasks_are_sample:
            said = self._paper_rule(declaration)
            missing = f"{said}{arm.name} has a mean ({figure.mean:.3f}) but {NO_STD}"
        return replace(arm, experiments=(recording,), missing=missing)

    def _note(self, arm: Arm) -> str:
        return self._of(arm).note if arm.experiments else ""

    def _unless_void(self, arm: Arm) -> Arm:
        reason = self.void.get(replace(arm.id, task=None), "")
        return replace(arm, missing=arm.missing or reason)

    def _no_figures(self, paper: str, arm: Arm) -> str:
        place = paper if self.about.get("data") == "published" else self.place
        sparse = arm.id.sparsity is not None
        others = (id for _, task, id in self.figures if sparse and task == arm.task and id.sparsity is not None)
        other = next((id for id in others if id.kind == arm.id.kind), None)
        hint = f"; it has {other}: --claims-sparsity={other.sparsity:g}" if other else ""
        return f"{NO_FIGURES} {arm.name} on {arm.task} are recorded in {place}{hint}"

    def _paper_rule(self, declaration: Declaration) -> str:
        """The answer of the paper's own rule if there are only means."""
        claim, terms = declaration.claim, declaration.assertion.effect.terms
        found = [known.figure for _, arm in terms if (known := self._find(claim.paper, arm))]
        if not claim.rule or len(found) != 2:
            return ""
        scores: list[Any] = [figure.scores or _MeanAlone(figure.mean) for figure in found]
        said = PAPER_RULES[claim.rule](*scores)
        answer = {True: "SUPPORTED", False: "REFUTED", None: "undecided"}[said]
        return f"{answer} by the paper's own rule alone; "


def published() -> Recorded:
    """The papers' own figures, with their sources in figures.csv.

    Its columns are paper, task, arm, metric, mean, std (the sample's, with n - 1), n and source; an empty cell is not
    known. The figures decide these claims, for bert-base-uncased and the nine GLUE tasks:

    - chen-1 and chen-2a, by the paper's own rule alone: Chen et al.'s table 2 is recorded without the deviations of
      tickets and random masks, so there is no interval and the claims are NOT RUN;
    - prasanna-1, -1s, -3a, -3b, -3c, -4, -4b and -11, from the mean and deviation of five seeds in the authors' result
      files; -3b and -4 also with what table 2 and figure 2a print instead, see `_printed`;
    - prasanna-5a, -5b, -7, -7b, -10 and -13, from the authors' masks, of m-pruning from the number of steps of each
      seed: the mean and deviation over seeds, or of the jackknife's pseudo-values, or for claims between tasks of the
      mean over pairs of tasks without WNLI;
    - prasanna-6, from the importances at the last step of s-pruning;
    - prasanna-8 and -9, with the tasks as the sample: all seeds of a task share one mask of super-survivors, and the
      shares of attention patterns are means without a deviation;
    - prasanna-12 by the paper's own rule alone, because it gives means over tasks without a deviation.

    prasanna-2 is NOT RUN, although its figures are shown: good subnetworks keep 90 % of the score on the dev set on
    which they were searched, by construction.

    - chen-10, from the highest sparsities at which Chen et al. find winning tickets (table 2), with the tasks as the
      sample: nine, because WNLI's full model is too weak and masked language modelling has no count of examples.

    A task is not judged if the full model does not beat the majority class (WNLI in both papers).
    """
    figures: Figures = {}
    baselines: dict[str, float] = {}
    with FIGURES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            mean, arm = float(row["mean"]), ArmId.parse(row["arm"])
            if arm == MAJORITY:
                baselines[row["task"]] = mean
            else:
                scores = Summary(mean, float(row["std"]), int(row["n"])) if row["std"] else None
                figures[row["paper"], row["task"], arm] = Figure(mean, scores)
    figures |= _printed(figures)
    about = {"model": "bert-base-uncased", "data": "published", "evidence": "published", "protocol": "paper"}
    void = dict.fromkeys(GOOD_PRUNED, BY_CONSTRUCTION) | dict.fromkeys(SUPER, ONE_MASK)
    return Recorded("published", figures, baselines, about, reasons=_together(figures), void=void)


def _printed(figures: Figures) -> Figures:
    """The recorded figures that Prasanna et al. 2020 print otherwise, each with a note that says so.

    Figure 2a draws the good subnetworks' scores for s-pruned random ones, retrained: the notebook that makes it,
    eval_performance_analysis.ipynb in sai-prasanna/bert-experiments, reads the good models' results. Table 2 gives .24
    for the m-pruned bad subnetworks on CoLA; the result files have .025.
    """
    found: Figures = {}
    for (paper, task, arm), figure in figures.items():
        place = next((place for place in PRINTED_IN if arm.treatment.endswith(f" in {place}")), "")
        if not place:
            continue
        recorded = (paper, task, replace(arm, treatment=arm.treatment.removesuffix(f" in {place}")))
        note = PRINTED_IN[place].format(printed=figure.mean, recorded=figures[recorded].mean)
        found[recorded] = replace(figures[recorded], note=note)
    return found


def _together(figures: Figures) -> dict[tuple[str, str, str], str]:
    """Why prasanna-12 is not run on published figures: the paper has means over tasks (section 4.1, appendix B)."""
    of = {str(arm): figure.mean for (_, task, arm), figure in figures.items() if task == BETWEEN_TASKS}
    heads = 1 / 3  # of a layer's weights in BERT-base: 4 of 12 times hidden size², as in figures.csv
    together = heads * of["s-heads kept with mlps"] + (1 - heads) * of["s-mlps kept with heads"]
    alone = {
        "heads": heads * of["s-heads kept alone"] + 1 - heads,
        "mlps": heads + (1 - heads) * of["s-mlps kept alone"],
    }
    return {
        ("prasanna-12", part, task): f"{'SUPPORTED' if together < share else 'REFUTED'} by the means alone; over all "
        f"tasks {together:.3f} of the encoder's weights are kept together and {share:.3f} with {part} alone pruned; no "
        f"std, so no interval"
        for part, share in alone.items()
        for task in dict.fromkeys(task for _, task, _ in figures)
    }
