"""The papers' own rules, which compare means without an error rate. They are shown beside our verdict.

Each takes the scores of two arms and gives None if it needs an unknown number (a NaN score, the std of one seed).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lth.verdict.samples import Scores

PaperRule = Callable[[Scores, Scores], bool | None]


def within_one_std(ticket: Scores, full: Scores) -> bool | None:
    """mean(ticket) >= mean(full) - std(full): a winning ticket (Chen et al. 2020, section 3: "within one standard
    deviation"). The std is the sample's (n - 1).
    """
    return _at_least(ticket.mean, full.mean - _std(full))


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
    """mean(a) > mean(b) + std(b): a gain of more than one standard deviation.

    Chen et al. call no gain from rewinding notable and give no figure. This is their rule for winning tickets reversed.
    """
    threshold = b.mean + _std(b)
    return None if math.isnan(a.mean + threshold) else a.mean > threshold


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
