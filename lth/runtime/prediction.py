"""Predicts the cost of a plan from stored results of the same kind, or from arithmetic if there are none."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from lth.runtime.plan import Plan
from lth.spec.cost import estimate
from lth.spec.expressions import Expression, Pretrained, TaskData

_Kind = tuple[TaskData, Pretrained]


def predict_seconds(plan: Plan, known: Mapping[Expression, Mapping[str, Any]]) -> float:
    """The time of the plan in seconds of one worker.

    `known` are stored results. The ratio of their time to their estimate corrects other estimates for the same task and
    model.
    """
    seen: dict[_Kind | None, list[float]] = {}
    for experiment, value in known.items():
        if value.get("seconds") and (expected := estimate(experiment)):
            seen.setdefault(_kind(experiment), []).append(value["seconds"] / expected)
    correction = {kind: median(ratios) for kind, ratios in seen.items()}
    return sum(
        expected * correction.get(_kind(job.experiment), 1.0)
        for job in plan.jobs
        if (expected := estimate(job.experiment))
    )


def _kind(experiment: Expression) -> _Kind | None:
    fit = experiment.fit
    return (fit.task, fit.start.pretrained) if fit else None
