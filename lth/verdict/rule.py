"""What a user may choose about the one rule: error rate, margin, estimator, correction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Method = Literal["crossed", "t", "bootstrap", "permutation"]
Correction = Literal["holm", "none"]
STUDENT: tuple[Method, ...] = ("crossed", "t")
"""The methods whose errors follow Student's t."""


@dataclass(frozen=True)
class Rule:
    """How verdicts are reached: each end of an interval errs with probability at most `alpha`.

    `method` names the estimator. `margin` is the largest loss, as a share of the full model's score, that still counts
    as matching. `shrink_variance` uses the variances of all rows for the error of each, see lth.verdict.moderated.
    """

    alpha: float = 0.05
    margin: float = 0.02
    method: Method = "crossed"
    correction: Correction = "holm"
    shrink_variance: bool = False
