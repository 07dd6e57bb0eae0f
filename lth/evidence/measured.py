"""Measured evidence: the stored results of arms as samples.

Knows the form of an experiment's result in the store, not how it was computed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from lth.claims.arm import Arm
from lth.claims.claim import Declaration
from lth.spec.expressions import Expression
from lth.verdict.samples import Sample, over_models


@dataclass(frozen=True)
class Measured:
    """The results of experiments. They must include those of all arms that are asked for; see `known`."""

    results: Mapping[Expression, Mapping[str, Any]]

    def sample(self, arm: Arm) -> Sample:
        """The arm's quantity, one number per seed; NaN if the run failed or the number is not defined.

        Over several pre-trained models: one number per model, the mean over its seeds.
        """
        each = [self._of_seeds(arm, experiments) for experiments in arm.by_model]
        return over_models(each) if arm.models > 1 else each[0]

    def _of_seeds(self, arm: Arm, experiments: tuple[Expression, ...]) -> Sample:
        """The arm's quantity in the experiments of one model."""
        numbers = [self.results[experiment].get(arm.quantity, math.nan) for experiment in experiments]
        if len(numbers) < len(arm.seeds):
            numbers = numbers[0] if isinstance(numbers[0], list) else numbers * len(arm.seeds)
        notes = (self.results[each].get(f"why_{arm.quantity}", "") for each in experiments)
        why, by_example = next(filter(None, notes), ""), self._by_example(arm, experiments)
        return Sample(arm.seeds, tuple(map(float, numbers)), by_example, why=why)

    def _by_example(self, arm: Arm, experiments: tuple[Expression, ...]) -> list[Sequence[float]] | None:
        """What each dev example contributes to each score, if it is known of all runs, on equally many examples."""
        if arm.quantity != "score" or len(experiments) != len(arm.seeds):
            return None
        found = [row for each in experiments if (row := self.results[each].get("by_example"))]
        same = len(found) == len(arm.seeds) and len(set(map(len, found))) == 1
        return found if same else None

    def known(self, declaration: Declaration, why: str) -> Declaration:
        """The declaration with arms marked as missing, with `why`, if a result is missing; shown arms are removed.

        An effect between tasks needs all its results.
        """
        effect = declaration.assertion.effect
        gone = {arm.id for arm in declaration.arms if not arm.missing and not self._has(arm)}
        if not gone:
            return declaration
        if effect.fulls and any(arm.id in gone for arm in effect.arms):
            gone |= {arm.id for arm in effect.arms}

        def marked(arm: Arm) -> Arm:
            return replace(arm, missing=why) if arm.id in gone else arm

        shown = tuple(arm for arm in declaration.assertion.shown if arm.id not in gone)
        assertion = replace(declaration.assertion, effect=effect.with_arms(marked), shown=shown)
        return replace(declaration, full=declaration.full and marked(declaration.full), assertion=assertion)

    def _has(self, arm: Arm) -> bool:
        return all(experiment in self.results for experiment in arm.experiments)

    def baseline(self, arm: Arm) -> float:
        """The score on dev if the answer is always train's majority class."""
        return float(self.results[arm.experiments[0]]["majority"])

    def cost(self, arms: tuple[Arm, ...]) -> dict[str, float]:
        """The wall time of the arms' experiments in seconds of one worker, and their energy in kWh and CO2e in kg.

        Each experiment counts once. Experiments that the arms' experiments depend on do not count. Energy is left out
        if it was not recorded.
        """
        values = [self.results[each] for each in dict.fromkeys(each for arm in arms for each in arm.experiments)]
        cost = {"seconds": float(sum(value.get("seconds", 0.0) for value in values))}
        energies = [value["energy"] for value in values if "energy" in value]
        if energies:
            cost |= {f"energy_{unit}": sum(energy[unit] for energy in energies) for unit in ("kwh", "kg_co2e")}
        return cost

    def densities(self, arm: Arm) -> dict[str, float]:
        """The share kept of each matrix, or of heads and of MLPs, averaged over all runs; empty for the full model."""
        seen = [found for each in arm.experiments if (found := self.results[each].get("densities"))]
        return {name: fmean(densities[name] for densities in seen) for name in (seen[0] if seen else ())}

    def kept_parameters(self, arm: Arm) -> float | None:
        """The share of the model's parameters that the masks keep, averaged over all runs; None if not recorded."""
        known = [
            value["kept_parameters"] for each in arm.experiments if "kept_parameters" in (value := self.results[each])
        ]
        return fmean(known) if known else None

    def details(self, experiment: Expression) -> Mapping[str, Any]:
        """Everything that was recorded of one experiment; empty if it was not run."""
        return self.results.get(experiment, {})
