"""Judges an estimate against a region: the verdict, and the two p-values that a correction for several claims needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lth.verdict.estimate import Estimate
from lth.verdict.interval import Interval, Verdict, check_alpha, decide
from lth.verdict.region import Region


@dataclass(frozen=True)
class Judgement:
    """A verdict with its interval and p-values.

    p_support tests "the effect is not in the region", p_refute tests "the effect is in it". The verdict is SUPPORTED
    where p_support <= alpha and REFUTED where p_refute <= alpha.
    """

    interval: Interval
    verdict: Verdict
    p_support: float
    p_refute: float


def judge(estimate: Estimate, region: Region, alpha: float) -> Judgement:
    """Decide on the (1 - 2 alpha) interval.

    p_support is the largest p over the region's finite edges, because all must be cleared (intersection-union test,
    Berger 1982, Technometrics 24, 295-300). p_refute is the smallest, because one edge suffices. The region is open,
    so p_refute tests the first number inside each edge. Raises UsageError for an alpha outside (0, .5).
    """
    interval = estimate.interval(alpha)
    support, refute = [], []
    if math.isfinite(region.low):
        support.append(estimate.p_greater(region.low))
        refute.append(estimate.p_less(math.nextafter(region.low, math.inf)))
    if math.isfinite(region.high):
        support.append(estimate.p_less(region.high))
        refute.append(estimate.p_greater(math.nextafter(region.high, -math.inf)))
    return Judgement(interval, decide(interval, region), max(support), min(refute))


def holm(judgements: Sequence[Judgement], alpha: float) -> list[Verdict]:
    """The corrected verdicts of a family of claims, in its order: one wrong side anywhere has probability <= alpha.

    p_support and p_refute are each corrected over the whole family (Holm 1979, Scandinavian Journal of Statistics 6,
    65-70). A verdict stays if its corrected p is at most alpha and becomes INCONCLUSIVE otherwise; none gets stronger.
    Leave out claims that were not run. Raises UsageError for an alpha outside (0, .5).
    """
    check_alpha(alpha)
    verdicts = [judgement.verdict for judgement in judgements]
    supports = _rejected([judgement.p_support for judgement in judgements], alpha)
    refutes = _rejected([judgement.p_refute for judgement in judgements], alpha)
    kept = {Verdict.SUPPORTED: supports, Verdict.REFUTED: refutes}
    return [
        verdict if verdict in kept and kept[verdict][position] else Verdict.INCONCLUSIVE
        for position, verdict in enumerate(verdicts)
    ]


def _rejected(p_values: list[float], alpha: float) -> list[bool]:
    """What Holm's step-down procedure rejects.

    statsmodels gives the same answer, but its import takes longer than a whole run on recorded evidence.
    """
    rejected = [False] * len(p_values)
    for rank, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[at] * (len(p_values) - rank) > alpha:
            break
        rejected[at] = True
    return rejected
