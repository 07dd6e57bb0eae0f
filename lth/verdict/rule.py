"""What a user may choose about the one rule: error rate, margin, estimator, correction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Method = Literal["crossed", "t", "bootstrap", "permutation"]
Correction = Literal["holm", "none"]


@dataclass(frozen=True)
class Rule:
    """How verdicts are reached: each end of an interval errs with probability at most `alpha`.

    `method` names the estimator. `margin` is the largest loss, as a share of the full model's score, that still counts
    as matching.
    """

    alpha: float = 0.05
    margin: float = 0.02
    method: Method = "crossed"
    correction: Correction = "holm"
