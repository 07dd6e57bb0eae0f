"""Computes the highest matching sparsity from scores that are stored."""

from __future__ import annotations

import math
from typing import Any

from lth.compute.context import Context, InputMissing, Product
from lth.spec.expressions import FineTune
from lth.spec.matching import HighestMatch

NO_MATCH = "the full model of a seed learnt nothing, so nothing can match it"


def highest_match(experiment: HighestMatch, context: Context) -> Product:
    """The value has "highest", the share of weights removed in the last round, going up, that matches the full model.

    A round matches if its score is above the majority baseline and at least (1 - margin) of the full model's at the
    same seed; a run without a score does not match. "highest" is 0 if no round does, and NaN if the full model itself
    is not above the baseline. "matching" has the answer for each round.
    """
    full = _value(experiment.full, context)
    whole, baseline = float(full["score"]), float(full["majority"])
    if not whole > baseline:
        return {"highest": math.nan, "why_highest": NO_MATCH, "matching": []}, {}
    scores = [float(_value(each, context)["score"]) for each in experiment.rounds]
    matching = [score > baseline and score >= whole - experiment.margin * abs(whole) for score in scores]
    reached = [each.sparsity for each, match in zip(experiment.rounds, matching, strict=True) if match]
    return {"highest": max(reached, default=0.0), "matching": matching}, {}


def _value(fit: FineTune, context: Context) -> dict[str, Any]:
    value = context.store.read(fit.key)
    if value is None:
        raise InputMissing
    return value
