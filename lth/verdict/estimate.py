"""Estimates of effects, as the decision rule uses them: an interval at any alpha, and the p-values that match it.

Errors are computed from spreads here. This module knows neither arms nor claims.

scipy is imported by the functions that need it, because it takes half a second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol

from lth.verdict.interval import Interval, check_alpha


class Estimate(Protocol):
    """An effect, estimated from the evidence.

    `interval` and the p-values are two views of one test. The interval's low end is above x where p_greater(x) <= alpha
    and its high end is below x where p_less(x) <= alpha (p = alpha itself has probability 0 under Student's t).
    """

    @property
    def value(self) -> float:
        """The estimate, in the unit of the effect; NaN if a run has no score."""

    @property
    def n(self) -> int:
        """The number of replicates of the smallest arm."""

    @property
    def over(self) -> str:
        """What the error covers, and the verdict generalises over: `seeds`, `seeds × examples`, `sources`, …"""

    @property
    def method(self) -> str:
        """The method, as reports name it: "paired t", "Welch t", …"""

    @property
    def smallest_p(self) -> float:
        """The smallest p-value the method can attain at this n; 0 if there is no floor."""

    @property
    def spread(self) -> Spread | None:
        """What the error is computed from; None if it is unknown."""

    def interval(self, alpha: float) -> Interval:
        """The closed (1 - 2 alpha) interval. Raises UsageError for an alpha outside (0, .5)."""

    def p_greater(self, x: float) -> float:
        """One-sided p-value of H0: effect <= x."""

    def p_less(self, x: float) -> float:
        """One-sided p-value of H0: effect >= x."""


@dataclass(frozen=True)
class Spread:
    """Sample variances of the independent parts of an effect (unit of the effect, squared), and the replicates of each.

    One part: the sums of paired replicates, or the scores of one arm. Several: unpaired arms. `examples` is the
    variance of the effect that comes from the choice of dev examples: more replicates do not reduce it. It is itself
    estimated from mean squares; `examples_squares` is the sum of their squares, each over its degrees of freedom.

    Where the variances of other rows are used too (see lth.verdict.moderated), `scale` multiplies the squared error and
    `prior_df` is added to the degrees of freedom.
    """

    variances: tuple[float, ...]
    sizes: tuple[int, ...]
    examples: float = 0.0
    examples_squares: float = 0.0
    scale: float = 1.0
    prior_df: float = 0.0

    @property
    def error(self) -> float:
        """Standard error: sqrt(scale × (Σ v / n + examples))."""
        of_replicates = sum(v / n for v, n in zip(self.variances, self.sizes, strict=True))
        return math.sqrt(self.scale * (of_replicates + self.examples))

    @property
    def df(self) -> float:
        """Degrees of freedom: (Σ v/n + examples)² / (Σ (v/n)²/(n - 1) + examples_squares) + prior_df.

        For one part alone that is n - 1.

        Welch (1947), Biometrika 34, 28-35, following Satterthwaite (1946), Biometrics Bulletin 2, 110-114. The
        variances are divided by their sum first, because tiny ones could underflow.
        """
        total = sum(self.variances) + self.examples
        parts = [(v / total / n, n) for v, n in zip(self.variances, self.sizes, strict=True)]
        examples, squares = self.examples / total, self.examples_squares / total / total
        whole = sum(part for part, _ in parts) + examples
        return whole**2 / (sum(part**2 / (n - 1) for part, n in parts) + squares) + self.prior_df

    @property
    def floor(self) -> float:
        """The smallest one-sided p of an exact test: 1/2ⁿ for n signs, 1/C(n + m, n) for n + m scores in two arms.

        >>> Spread((1.0,), (5,)).floor, Spread((1.0, 1.0), (3, 3)).floor
        (0.03125, 0.05)
        """
        if len(self.sizes) == 1:
            return 0.5 ** self.sizes[0]
        smallest, second = sorted(self.sizes)[:2]
        return 1 / math.comb(smallest + second, smallest)

    def with_seeds(self, n: int) -> Spread:
        """The same variances with n seeds in every part."""
        return replace(self, sizes=(n,) * len(self.sizes))

    def without_variance(self) -> Spread:
        """The same sizes with all variances exactly 0."""
        return Spread((0.0,) * len(self.sizes), self.sizes)


@dataclass(frozen=True)
class Student:
    """An effect whose error follows Student's t with the spread's degrees of freedom; the spread is not zero."""

    value: float
    n: int
    method: str
    spread: Spread
    smallest_p: float = 0.0
    over: str = "seeds"

    def interval(self, alpha: float) -> Interval:
        from scipy.special import stdtrit  # in functions, because every run of pytest imports this module

        check_alpha(alpha)
        if self.smallest_p > alpha:
            return unbounded(self, alpha)
        half = -float(stdtrit(self.spread.df, alpha)) * self.spread.error
        return Interval(self.value, self.value - half, self.value + half, self.method, alpha)

    def p_greater(self, x: float) -> float:
        return self._p(x - self.value)

    def p_less(self, x: float) -> float:
        return self._p(self.value - x)

    def _p(self, distance: float) -> float:
        from scipy.special import stdtr

        if self.spread.error == 0:  # a Ratio asks at any share, and at one of them all spread may cancel
            return self.smallest_p if distance < 0 else 1.0
        return max(self.smallest_p, float(stdtr(self.spread.df, distance / self.spread.error)))


@dataclass(frozen=True)
class NoSpread:
    """An effect that is the same in every replicate: there is no spread to estimate an error from.

    Student's t would give an interval of width 0 from two seeds. Only the exact argument remains: under H0 all signs
    (or all divisions of the scores between the arms) are equally likely, and this outcome has probability
    `spread.floor`. The interval is the single point if alpha allows that, and unbounded otherwise.
    """

    value: float
    n: int
    method: str
    spread: Spread
    over: str = "seeds"

    @property
    def smallest_p(self) -> float:
        return self.spread.floor

    def interval(self, alpha: float) -> Interval:
        check_alpha(alpha)
        if self.smallest_p > alpha:
            return unbounded(self, alpha)
        return Interval(self.value, self.value, self.value, f"{self.method}, no spread", alpha)

    def p_greater(self, x: float) -> float:
        return self.smallest_p if self.value > x else 1.0

    def p_less(self, x: float) -> float:
        return self.smallest_p if self.value < x else 1.0


@dataclass(frozen=True)
class Unbounded:
    """An effect whose error is unknown; `reason` says why, such as a run without a score (value NaN)."""

    value: float
    n: int
    method: str
    reason: str
    spread: None = None
    smallest_p: float = 1.0
    over: str = "seeds"

    def interval(self, alpha: float) -> Interval:
        return Interval(self.value, -math.inf, math.inf, f"{self.method}, underpowered", alpha, self.reason)

    def p_greater(self, x: float) -> float:
        return 1.0

    def p_less(self, x: float) -> float:
        return 1.0


def unbounded(estimate: Estimate, alpha: float) -> Interval:
    """The interval of a method whose smallest attainable p exceeds alpha: it excludes nothing."""
    of = "models" if estimate.over.startswith("models") else "seeds"
    reason = f"smallest attainable p {estimate.smallest_p:.3g} with {estimate.n} {of} exceeds alpha {alpha:g}"
    return Interval(estimate.value, -math.inf, math.inf, f"{estimate.method}, underpowered", alpha, reason)
