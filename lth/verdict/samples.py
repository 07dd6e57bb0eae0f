"""The scores of an arm, as the decision rule uses them: one score per replicate, or a published mean and deviation.

This module knows no task, no file and no tensor.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, stdev
from typing import Literal

from lth.errors import EvidenceError

Replicate = Literal["seeds", "models"]
"""What a claim is repeated over: the seeds of one pre-trained model, or several pre-trained models."""


@dataclass(frozen=True)
class Sample:
    """The scores of one arm, one per replicate, in the order of `seeds`.

    `of` says what the replicates are. If they are models, `seeds` are their numbers and each score is a mean over
    seeds. `by_example` [replicates, examples] has what each dev example contributes to each score, so that a row's mean
    is the score (for a metric that is no mean: a jackknife pseudo-value, see lth.tasks.contributions); None if it is
    not known. Raises EvidenceError if the lengths differ or a seed occurs twice. A NaN score is kept, because a
    collapsed run is counted and shown. `mean` and `std` are then NaN. `why` says why a score is NaN, if it is known.
    """

    seeds: tuple[int, ...]
    scores: tuple[float, ...]
    by_example: Sequence[Sequence[float]] | None = field(default=None, repr=False, compare=False)
    of: Replicate = "seeds"
    why: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if len(self.seeds) != len(self.scores):
            raise EvidenceError(f"{len(self.seeds)} seeds with {len(self.scores)} scores; give one score per seed")
        if len(set(self.seeds)) != len(self.seeds):
            raise EvidenceError(f"a seed occurs twice in {self.seeds}; give each seed once")
        if self.by_example is not None and len(self.by_example) != len(self.scores):
            raise EvidenceError(
                f"{len(self.by_example)} runs by example with {len(self.scores)} scores; give both of each"
            )

    @property
    def n(self) -> int:
        return len(self.scores)

    def without(self, seeds: Collection[int]) -> Sample:
        """The sample without these replicates."""
        kept = [at for at, seed in enumerate(self.seeds) if seed not in seeds]
        by_example = self.by_example
        return replace(
            self,
            seeds=tuple(self.seeds[at] for at in kept),
            scores=tuple(self.scores[at] for at in kept),
            by_example=None if by_example is None else [by_example[at] for at in kept],
        )

    @property
    def mean(self) -> float:
        return fmean(self.scores) if self.scores else math.nan

    @property
    def std(self) -> float:
        """Sample standard deviation (n - 1 in the denominator); NaN for fewer than two scores."""
        if self.n < 2 or any(math.isnan(score) for score in self.scores):
            return math.nan
        return stdev(self.scores)


def over_models(each: Sequence[Sample]) -> Sample:
    """The sample of pre-trained models, from the seeds of each: a model's score is the mean over its seeds.

    A run without a score makes the mean of its model NaN. What an example contributes to a model is the mean over
    seeds, too; it is known if it is known of all runs.
    """
    known = [one.by_example for one in each if one.by_example is not None]
    examples = [[fmean(runs) for runs in zip(*runs_of_model, strict=True)] for runs_of_model in known]
    means = tuple(one.mean for one in each)
    by_example, why = examples if len(examples) == len(each) else None, next((one.why for one in each if one.why), "")
    return Sample(tuple(range(len(each))), means, by_example, "models", why)


@dataclass(frozen=True)
class Summary:
    """Mean, sample standard deviation (n - 1) and number of seeds of an arm whose single scores are unknown.

    Raises EvidenceError for a negative or non-finite std, a non-finite mean or n < 1.
    """

    mean: float
    std: float
    n: int

    def __post_init__(self) -> None:
        if not math.isfinite(self.mean):
            raise EvidenceError(f"mean {self.mean}; expected a finite number")
        if not (math.isfinite(self.std) and self.std >= 0):
            raise EvidenceError(f"std {self.std}; expected a finite number that is not negative")
        if self.n < 1:
            raise EvidenceError(f"n = {self.n}; expected at least one seed")


Scores = Sample | Summary
