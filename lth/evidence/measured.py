"""Evidence that was measured: the stored results of arms as samples.

Knows what a fine-tuning's result looks like in the store, not how it came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from lth.evidence.samples import Sample
from lth.experiment.arms import Arm
from lth.experiment.expressions import FineTune


@dataclass(frozen=True)
class Measured:
    """The results of fine-tunings, by experiment; every arm asked for must be among them."""

    results: Mapping[FineTune, Mapping[str, Any]]

    def sample(self, arm: Arm) -> Sample:
        """The arm's primary score on dev, one a seed."""
        return Sample(tuple(fit.seed for fit in arm.fits), tuple(self.results[fit]["score"] for fit in arm.fits))

    def baseline(self, arm: Arm) -> float:
        """The score on dev of always answering train's majority class."""
        return float(self.results[arm.fits[0]]["majority"])

    def seconds(self, arms: tuple[Arm, ...]) -> float:
        """Wall time of the arms' own fine-tunings, each counted once."""
        fits = dict.fromkeys(fit for arm in arms for fit in arm.fits)
        return float(sum(self.results[fit].get("seconds", 0.0) for fit in fits))

    def failures(self, arm: Arm) -> dict[int, str]:
        """Why training broke down, by seed, for the seeds where it did."""
        return {fit.seed: reason for fit in arm.fits if (reason := self.results[fit].get("failure"))}

    def densities(self, arm: Arm) -> dict[str, float]:
        """The share of weights kept in each prunable matrix, averaged over seeds; empty for the full model."""
        seen = [found for fit in arm.fits if (found := self.results[fit].get("densities"))]
        return {name: fmean(densities[name] for densities in seen) for name in (seen[0] if seen else ())}
