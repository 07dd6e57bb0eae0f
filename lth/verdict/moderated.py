"""Moderated t: the variances of all rows of a run give a prior, towards which the variance of each row is shrunk.

Smyth (2004), Statistical Applications in Genetics and Molecular Biology 3, article 3. Three seeds say little about a
row's variance, and the other rows help. The rows are taken as exchangeable: a row that really is noisier than the
others gets an interval that is too short.

scipy is imported by the functions that need it, because it takes half a second.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from lth.verdict.estimate import Estimate, Spread, Student
from lth.verdict.ratio import Ratio

FEWEST_ROWS = 8
"""The fewest rows that give a prior."""
MODERATED = "moderated"
"""How the method of a moderated estimate begins."""


@dataclass(frozen=True)
class Prior:
    """A scaled inverse chi-square distribution of squared standard errors.

    `variance` is in the effect's unit, squared; `df` are its degrees of freedom. `total` is the sum of the degrees of
    freedom of all rows: no row can borrow more.
    """

    variance: float
    df: float
    total: float


def prior_of(spreads: Iterable[Spread | None]) -> Prior | None:
    """The prior that fits the rows' squared standard errors; None if fewer than 8 rows have one.

    The mean and the variance of their logarithms are matched (Smyth 2004, section 6.2). If they vary less than chance
    makes them, all rows share one variance, and `df` is infinite.
    """
    rows = [(spread.error**2, spread.df) for spread in spreads if spread and spread.error > 0]
    if len(rows) < FEWEST_ROWS:
        return None
    from scipy.special import digamma, polygamma  # in functions, because every run of pytest imports this module

    total = math.fsum(df for _, df in rows)
    logs = [math.log(square) - float(digamma(df / 2)) + math.log(df / 2) for square, df in rows]
    mean = math.fsum(logs) / len(logs)
    by_chance = math.fsum(float(polygamma(1, df / 2)) for _, df in rows) / len(rows)
    more = math.fsum((each - mean) ** 2 for each in logs) / (len(logs) - 1) - by_chance
    if more <= 0:
        return Prior(math.exp(mean), math.inf, total)
    df = 2 * _inverse_trigamma(more)
    return Prior(math.exp(mean + float(digamma(df / 2)) - math.log(df / 2)), df, total)


def moderated(estimate: Estimate, prior: Prior | None) -> Estimate:
    """The estimate with its squared standard error and degrees of freedom shrunk towards the prior.

    s² with d degrees of freedom becomes (d₀ s₀² + d s²) / (d₀ + d) with d₀ + d (Smyth 2004, section 3). Estimates
    without a t distribution, and all estimates if there is no prior, stay as they are.
    """
    spread = estimate.spread
    if prior is None or spread is None or not isinstance(estimate, (Student, Ratio)) or spread.error == 0:
        return estimate
    df, square = spread.df, spread.error**2
    borrowed = min(prior.df, prior.total - df)
    scale = (borrowed * prior.variance + df * square) / (borrowed + df) / square

    def shrunk(each: Estimate) -> Estimate:
        if not isinstance(each, Student):
            return each
        spread = replace(each.spread, scale=scale, prior_df=borrowed)
        return replace(each, method=f"{MODERATED} {each.method}", spread=spread)

    if isinstance(estimate, Student):
        return shrunk(estimate)
    return replace(estimate, minus=lambda x: shrunk(estimate.minus(x)), at_value=shrunk(estimate.at_value))


def _inverse_trigamma(value: float) -> float:
    """The y > 0 with trigamma(y) = value; trigamma(y) lies between 1/y and 1/y + 1/y²."""
    from scipy.optimize import brentq
    from scipy.special import polygamma

    low, high = 1 / value, (1 + math.sqrt(1 + 4 * value)) / (2 * value)
    return float(brentq(lambda y: float(polygamma(1, y)) - value, low, high))
