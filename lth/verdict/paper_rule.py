"""The papers' own rules, which compare means without an error rate. They are shown beside our verdict.

Each takes the scores of two arms and gives None if it needs an unknown number (a NaN score, the std of one seed).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from lth.verdict.samples import Sample, Scores

BINARY = 1e-12
"""Differences of decimal numbers have errors below this, because floats are binary."""

PaperRule = Callable[[Scores, Scores], bool | None]


def within_one_std(ticket: Scores, full: Scores) -> bool | None:
    """mean(ticket) >= mean(full) - std, the larger of the two arms' sample standard deviations (n - 1).

    Chen et al. 2020 call a ticket within one standard deviation of the full model winning (section 3.1), and print one
    for each of the two (table 2). None if one std is unknown and the other is too small, because the larger is then
    unknown; and if digits that a table does not print could be why a ticket of a summary misses.
    """
    known = [std for std in (_std(ticket), _std(full)) if not math.isnan(std)]
    missing = full.mean - ticket.mean - max(known, default=math.nan)
    if math.isnan(missing):
        return None
    if missing <= BINARY:
        return True
    return False if len(known) == 2 and missing > _rounding(ticket, full) + BINARY else None


def at_least_full(ticket: Scores, full: Scores) -> bool | None:
    """mean(ticket) >= mean(full): Chen et al.'s stricter rule for a winning ticket."""
    return _at_least(ticket.mean, full.mean)


def higher_mean(a: Scores, b: Scores) -> bool | None:
    """mean(a) > mean(b): how both papers read "better than random, re-initialised, shuffled, bad"."""
    return None if math.isnan(a.mean + b.mean) else a.mean > b.mean


def lower_mean(a: Scores, b: Scores) -> bool | None:
    """mean(a) < mean(b): how Prasanna et al. 2020 compare sizes (section 4.2)."""
    return higher_mean(b, a)


def five_points_lower(a: Scores, b: Scores) -> bool | None:
    """mean(a) <= mean(b) - .05: "at least 5 points behind" (Prasanna et al. 2020, section 4.3)."""
    return _at_least(b.mean - 0.05, a.mean)


def notable_gain(a: Scores, b: Scores) -> bool | None:
    """mean(a) > mean(b) + std, the larger of the two arms': a gain of more than one standard deviation.

    Chen et al. call no gain from rewinding notable and give no figure. This is their rule for winning tickets reversed:
    b is no longer within one std of a.
    """
    within = within_one_std(b, a)
    return None if within is None else not within


PAPER_RULES: dict[str, PaperRule] = {
    "within one std": within_one_std,
    "at least full": at_least_full,
    "higher mean": higher_mean,
    "lower mean": lower_mean,
    "5 points lower": five_points_lower,
    "notable gain": notable_gain,
}


def _std(scores: Scores) -> float:
    return scores.std if scores.n > 1 else math.nan


def _at_least(mean: float, threshold: float) -> bool | None:
    return None if math.isnan(mean + threshold) else mean >= threshold


def _rounding(*arms: Scores) -> float:
    """How much rounding can change the difference of two summaries' means less a std: half a unit for each number.

    The unit is that of the last decimal place that any of their numbers has. Single scores are not rounded.
    """
    printed = [number for arm in arms if not isinstance(arm, Sample) for number in (arm.mean, arm.std)]
    places = max((-int(Decimal(repr(number)).as_tuple().exponent) for number in printed if number), default=None)
    return 0.0 if places is None else 1.5 * 10.0**-places
