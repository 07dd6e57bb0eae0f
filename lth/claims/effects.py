"""Effects: the one number that a claim is about, from the scores of arms, and the region where it should lie."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol, get_args

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.errors import UsageError
from lth.verdict import Estimate, Region, estimators
from lth.verdict.samples import Scores

Unit = Literal["% of full", "points", ""]
"""The unit of an effect, its interval and its region.

Shares of the full model's mean score (1 is all of it), points of the metric (score × 100), or plain numbers.
"""
FULL_SCORE: Unit = "% of full"
POINTS: Unit = "points"
PLAIN: Unit = ""


class Effect(Protocol):
    """The one number that a claim is about."""

    @property
    def label(self) -> str:
        """One line for people."""

    @property
    def unit(self) -> Unit:
        """The unit of the effect, its interval and its region."""

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The arms that it is computed from, each once."""

    @property
    def terms(self) -> tuple[tuple[float, Arm], ...]:
        """Factors and arms, if the effect is a weighted sum of their means; otherwise empty."""

    @property
    def fulls(self) -> tuple[Arm, ...]:
        """The full models of the tasks that it compares, if it compares tasks."""

    @property
    def tasks_are_sample(self) -> bool:
        """Whether tasks are the sample: a mean for each suffices, and the one mask of a task is one of several."""

    @property
    def missing(self) -> str:
        """The reason if it cannot be computed, else empty."""

    def with_arms(self, change: Callable[[Arm], Arm]) -> Effect:
        """The same effect of changed arms; missing if it needs a missing arm."""

    def lacking(self, why: str) -> Effect:
        """The same effect, missing because of `why`."""

    def without(self, tasks: Collection[str]) -> Effect:
        """The same effect without these tasks as sources or targets."""

    def estimate(self, scores: Mapping[ArmId, Scores], full: Scores | None, method: str) -> Estimate:
        """The effect from the arms' scores and the full model's, its unit; None if it compares tasks.

        Raises EvidenceError for scores that cannot be judged.
        """

    def lies_in(self, region: Region) -> Assertion:
        """The assertion that it lies in `region`."""


@dataclass(frozen=True)
class Assertion:
    """What a claim test returns: an effect, its region, and arms shown beside them in pictures.

    `note` is what a reader of the verdict must know of the evidence.
    """

    effect: Effect
    region: Region
    shown: tuple[Arm, ...] = ()
    note: str = ""

    def beside(self, shown: tuple[Arm, ...]) -> Assertion:
        """The same assertion with arms that are measured for the pictures only."""
        return replace(self, shown=shown)


@dataclass(frozen=True)
class Contrast:
    """The difference of means `arm` − `share` × `control`, or the mean of `arm` if there is no control.

    The difference of scores is a share of the full model's mean score, or in points; other quantities are used as they
    are. Raises UsageError for a unit that does not fit the arm.
    """

    arm: Arm
    control: Arm | None = None
    share: float = 1.0
    unit: Unit = FULL_SCORE
    tasks_are_sample = False

    def __post_init__(self) -> None:
        if self.unit not in get_args(Unit):
            raise UsageError(f"unit {self.unit!r}; expected {FULL_SCORE!r} or {POINTS!r}; choose the paper's")
        if self.arm.quantity != "score":
            object.__setattr__(self, "unit", PLAIN)

    @property
    def label(self) -> str:
        """The arms' names, as in `imp@0.7 − 0.9 × full`."""
        if self.control is None:
            return self.arm.name
        return f"{self.arm.name} − {'' if self.share == 1 else f'{self.share:g} × '}{self.control.name}"

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Arm and control."""
        return tuple(arm for _, arm in self.terms)

    @property
    def terms(self) -> tuple[tuple[float, Arm], ...]:
        """The arm with factor 1, the control with its share."""
        return ((1.0, self.arm),) if self.control is None else ((1.0, self.arm), (-self.share, self.control))

    @property
    def fulls(self) -> tuple[Arm, ...]:
        """None: it is about one task."""
        return ()

    @property
    def missing(self) -> str:
        """The reason of the first missing arm, if any."""
        return next((arm.missing for arm in self.arms if arm.missing), "")

    def with_arms(self, change: Callable[[Arm], Arm]) -> Contrast:
        """The same contrast of changed arms."""
        return replace(self, arm=change(self.arm), control=self.control and change(self.control))

    def lacking(self, why: str) -> Contrast:
        """The same contrast, with its arm missing."""
        return replace(self, arm=replace(self.arm, missing=why))

    def without(self, tasks: Collection[str]) -> Contrast:
        """The contrast itself, because it does not compare tasks."""
        return self

    def estimate(self, scores: Mapping[ArmId, Scores], full: Scores | None, method: str) -> Estimate:
        """The effect from the arms' scores and the full model's. Raises EvidenceError for scores it cannot judge."""
        times = 100.0 if self.unit == POINTS else 1.0
        terms = [(times * factor, scores[arm.id]) for factor, arm in self.terms]
        if self.unit == FULL_SCORE:
            assert full is not None
            return estimators.share(terms, full, method)
        return estimators.contrast(terms, method)

    def at(self, arm: float, control: float, full: float) -> float:
        """What the effect would be with these mean scores."""
        difference = arm - self.share * control
        return 100 * difference if self.unit == POINTS else difference / full

    def lies_in(self, region: Region) -> Assertion:
        """The assertion that the contrast lies in `region`."""
        return Assertion(self, region)


def difference(arm: Arm, control: Arm, share: float = 1.0, unit: Unit = FULL_SCORE) -> Contrast:
    """The effect of one arm compared with another, or with a `share` of it; in % of the full score, or in points."""
    return Contrast(arm, control, share, unit)


def mean(arm: Arm, unit: Unit = FULL_SCORE) -> Contrast:
    """The mean of the number that an arm is about; of a score, in % of the full score or in points."""
    return Contrast(arm, unit=unit)
