"""Evidence that was recorded: figures by paper, task and arm, from which claims are judged without measuring anything.

The papers' own figures are part of the package (published/figures.csv); `published` says which claims they can speak
to. Knows no file of anybody else and no tensor.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lth.claims.arm import Arm
from lth.claims.between import Across
from lth.claims.claim import BETWEEN_TASKS, Declaration, Effect
from lth.errors import EvidenceError, did_you_mean
from lth.spec.expressions import Expression
from lth.verdict import PAPER_RULES
from lth.verdict.samples import Scores, Summary

FIGURES = Path(__file__).parent / "published" / "figures.csv"
ANY = ""
"""The paper of figures that speak to every paper's claims."""
MAJORITY = "majority"
"""The arm that always gives the training set's commonest answer: a task's baseline."""
NO_FIGURES = "no figures of"
"""How the reason begins why a claim was not run on whose arms nothing is recorded."""


@dataclass(frozen=True)
class Figure:
    """What is recorded of one arm on one task; `scores` is None where a mean stands without a spread.

    `kept_parameters` and `densities` are as lth.evidence.decide.Evidence gives them.
    """

    mean: float
    scores: Scores | None
    kept_parameters: float | None = None
    densities: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _MeanAlone:
    """What a paper's own rule may know of an arm whose spread is not recorded."""

    mean: float
    std: float = math.nan
    n: int = 1


@dataclass(frozen=True, eq=False)
class Told(Expression):
    """The figures of an arm, in place of the experiments that would measure it."""

    paper: str
    task: str
    arm: str
    kind = "figures"


@dataclass(frozen=True)
class Recorded:
    """Recorded figures as evidence.

    `place` names them in messages; `about` holds what is known of how they came about, by the names of the plugin's
    options. `baselines` are the majority baselines by task, in the metric's unit. `lines` says where an arm's name was
    read, for figures whose names were typed; `reasons` why claims (id, row, task) without figures were not run.
    `carried` are parts of a report document that stay as they are.
    """

    place: str
    figures: Mapping[tuple[str, str, str], Figure]
    baselines: Mapping[str, float]
    about: Mapping[str, Any]
    lines: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    carried: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks of which the full model's figures are recorded: the others' effects would have no unit."""
        return tuple(dict.fromkeys(task for _, task, arm in self.figures if arm == "full"))

    def check_arms(self, known: Iterable[str]) -> None:
        """Raises EvidenceError for the first typed arm whose treatment is not that of one of the `known` arms."""
        treatments = {_treatment(arm): arm for arm in (*known, MAJORITY)}
        for arm, line in self.lines.items():
            if _treatment(arm) not in treatments:
                names = sorted(treatments.values())
                hint = did_you_mean(arm, names)
                raise EvidenceError(f"{line}, column arm: no arm {arm!r}{hint} Arms: {', '.join(names)}")

    def told(self, declaration: Declaration) -> Declaration:
        """The declaration with recorded figures for experiments; an arm without them is missing, or not shown.

        A mean without a spread gives no interval: such an arm is missing too, and what the paper's own rule says of the
        means stands in the reason.
        """
        assertion, effect = declaration.assertion, declaration.assertion.effect
        shown = tuple(each for one in assertion.shown if not (each := self._arm(declaration, one)).missing)
        told: Effect | Across
        if isinstance(effect, Effect):
            arm, control = self._arm(declaration, effect.arm), effect.control and self._arm(declaration, effect.control)
            if control and control.missing.startswith(NO_FIGURES):
                arm = replace(arm, missing=arm.missing if arm.missing.startswith(NO_FIGURES) else control.missing)
            told = replace(effect, arm=arm, control=control)
        else:
            told = self._across(declaration, effect)
        full = declaration.full and self._arm(declaration, declaration.full)
        return replace(declaration, full=full, assertion=replace(assertion, effect=told, shown=shown))

    def sample(self, arm: Arm) -> Scores:
        """The figures of an arm that is not missing."""
        scores = self._of(arm).scores
        assert scores is not None
        return scores

    def baseline(self, arm: Arm) -> float:
        """The majority baseline of the arm's task; NaN where none is known."""
        return self.baselines.get(arm.task, math.nan)

    def cost(self, arms: tuple[Arm, ...]) -> Mapping[str, float]:
        """Nothing: no experiment is run."""
        return {}

    def details(self, experiment: Expression) -> Mapping[str, Any]:
        """Nothing: figures have no details."""
        return {}

    def kept_parameters(self, arm: Arm) -> float | None:
        """The share of the model's parameters that the arm's masks keep; None where not recorded."""
        return self._of(arm).kept_parameters

    def densities(self, arm: Arm) -> Mapping[str, float]:
        """The share kept of each prunable matrix; empty where not recorded."""
        return self._of(arm).densities

    def _of(self, arm: Arm) -> Figure:
        (told,) = arm.experiments
        assert isinstance(told, Told)
        return self._figure(told)

    def _figure(self, told: Told) -> Figure:
        return self.figures[told.paper, told.task, told.arm]

    def _across(self, declaration: Declaration, effect: Across) -> Across:
        """The effect on those cells of which figures are recorded."""
        if effect.missing:
            reason = self.reasons.get((declaration.claim.id, declaration.row, BETWEEN_TASKS))
            missing = reason or f"{NO_FIGURES} several tasks' tickets are recorded in {self.place}"
            return replace(effect, missing=missing)
        cells = [
            replace(cell, ticket=self._arm(declaration, cell.ticket), full=self._arm(declaration, cell.full))
            for cell in effect.cells
        ]
        found = tuple(cell for cell in cells if not (cell.ticket.missing or cell.full.missing))
        lack = next((arm.missing for cell in cells for arm in (cell.ticket, cell.full) if arm.missing), "")
        return replace(effect, cells=found, missing="" if found else lack)

    def _find(self, paper: str, arm: Arm) -> Told | None:
        """Where an arm's figures are; an arm of a claim between tasks may be named with its task."""
        names, tasks = (arm.name, arm.name.removeprefix(f"{arm.task}: ")), (arm.task, BETWEEN_TASKS)
        places = ((known, task, name) for known in (paper, ANY) for name in names for task in tasks)
        return next((Told(*place) for place in places if place in self.figures), None)

    def _arm(self, declaration: Declaration, arm: Arm) -> Arm:
        claim = declaration.claim
        told = self._find(claim.paper, arm)
        if told is None:
            reason = self.reasons.get((claim.id, declaration.row, arm.task))
            return replace(arm, experiments=(), missing=reason or self._no_figures(claim.paper, arm))
        figure, missing = self._figure(told), ""
        if figure.scores is None:
            said = self._paper_rule(declaration)
            missing = f"{said}{arm.name} has a mean ({figure.mean:.3f}) but no std, so no interval"
        return replace(arm, experiments=(told,), missing=missing)

    def _no_figures(self, paper: str, arm: Arm) -> str:
        place = paper if self.about.get("data") == "published" else self.place
        other = next((name for _, task, name in self.figures if task == arm.task and _same_treatment(name, arm)), None)
        hint = f"; it has {other}: --claims-sparsity={other.partition('@')[2]}" if other else ""
        return f"{NO_FIGURES} {arm.name} on {arm.task} are recorded in {place}{hint}"

    def _paper_rule(self, declaration: Declaration) -> str:
        """What the paper's own rule says where means are all that it has."""
        claim, effect = declaration.claim, declaration.assertion.effect
        if not claim.rule or not isinstance(effect, Effect) or effect.control is None:
            return ""
        found = [self._figure(told) for arm in effect.arms if (told := self._find(claim.paper, arm))]
        scores: list[Any] = [figure.scores or _MeanAlone(figure.mean) for figure in found]
        said = PAPER_RULES[claim.rule](*scores) if len(scores) == 2 else None
        return "" if said is None else f"{'SUPPORTED' if said else 'REFUTED'} by the paper's own rule alone; "


def published() -> Recorded:
    """The papers' own figures, each with its source in the table (columns: paper, task, arm, metric, mean, std, n,
    source; std is the sample's, with n - 1; empty cells are not known).

    They speak to these claims, on bert-base-uncased and the nine GLUE tasks:

    - chen-1 and chen-2a, by the paper's own rule alone: Chen et al.'s table 2 is recorded without the deviations of
      tickets and random masks, so there is no interval and the claims are NOT RUN;
    - prasanna-1, -2, -3a, -3b, -4 and -8, from the mean and deviation of five seeds in the authors' result files;
    - prasanna-5b and -7, from Fleiss' kappa of the authors' masks: the mean and deviation of the jackknife's
      pseudo-values over seeds, and of the kappa between the nine tasks for each seed.

    Where the full model does not beat the majority class (WNLI in both papers) nothing is judged. The sparsities at
    which Chen et al. find winning tickets are in the table too; no claim is about them.
    """
    figures: dict[tuple[str, str, str], Figure] = {}
    baselines: dict[str, float] = {}
    with FIGURES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            mean = float(row["mean"])
            if row["arm"] == MAJORITY:
                baselines[row["task"]] = mean
            else:
                scores = Summary(mean, float(row["std"]), int(row["n"])) if row["std"] else None
                figures[row["paper"], row["task"], row["arm"]] = Figure(mean, scores)
    about = {"model": "bert-base-uncased", "data": "published", "evidence": "published", "protocol": "paper"}
    return Recorded("published", figures, baselines, about)


def _treatment(arm: str) -> str:
    return arm.partition("@")[0]


def _same_treatment(name: str, arm: Arm) -> bool:
    return "@" in arm.name and _treatment(name) == _treatment(arm.name)
