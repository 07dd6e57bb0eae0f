"""The coefficient of likeness in an additive fit: is a value larger if its source and its target are of one kind?

Takes numbers for things and kinds, and knows neither tasks nor claims. See lth.verdict.additive for the fit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from lth.verdict.additive import Layout
from lth.verdict.estimate import Estimate, NoSpread, Spread, Unbounded
from lth.verdict.interval import Interval, check_alpha

if TYPE_CHECKING:  # the functions import numpy themselves, because every run of pytest imports this module
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Grid: TypeAlias = NDArray[np.bool_]

METHOD = "additive fit, pairs clustered"
PAIRS = "pairs of tasks"
_ROUNDING = 1e-12
KINDS_NOT_SEPARATE = (
    "the kinds of tasks cannot be told apart from the tasks themselves; expected more tasks of each kind"
)


@dataclass(frozen=True)
class Likeness:
    """The fit value = source + target + coefficient · (are both of one kind?), where thing k is of kind `kinds[k]`.

    The coefficient is wᵀy, and r = My are the residuals. Its variance is the sum of two parts.

    - Pairs of things: the sum over pairs {i, j} of (w_gᵀ A_g r_g)², where g has i → j and j → i. Both may share noise,
      and pairs may differ in noise. A_g = (M_gg)^(-1/2) corrects for the fit. The sum is unbiased for equal independent
      noise and has Satterthwaite's degrees of freedom under it (CR2 of Bell & McCaffrey 2002, Survey Methodology 28,
      169-181; Pustejovsky & Tipton 2018, Journal of Business & Economic Statistics 36, 672-683).
    - A thing that suits a kind: values with one thing in common, the other being of one kind, may share noise. Their
      covariance comes from equating products of residuals to their expectation (Henderson 1953, Biometrics 9,
      226-252), with the variance and the covariance of i → j and j → i as further unknowns. It counts if it is
      positive.

    The degrees of freedom of the sum are Satterthwaite's, and at most those of the pairs. Kinds are not a sample: the
    coefficient is about these kinds. It errs more often as a statement about kinds in general, because a kind may suit
    another kind: in up to 12 % on a side if three tenths of the noise's variance is of that sort (simulated).
    """

    layout: Layout
    kinds: tuple[int, ...]

    @cached_property
    def problem(self) -> str:
        """The reason if the coefficient or its error cannot be estimated, else empty."""
        import numpy as np

        alike = self._alike
        if not len(alike) or alike.all():
            return "no pair of tasks of different kinds"
        if not alike.any():
            return "no pair of tasks of one kind"
        if np.abs(self._beside).max() < 1e-9:
            return KINDS_NOT_SEPARATE
        if not self._pairs:
            return "without one of the pairs of tasks it cannot be estimated; expected more tasks of each kind"
        return ""

    def fit(self, values: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Coefficient, variance and degrees of freedom, each [...], from values [..., pairs]. Needs no `problem`."""
        import numpy as np

        y = np.asarray(values, dtype=np.float64)
        scores, reach = y @ self._scores.T, self._weights @ self._common @ self._weights
        pairs, noise = (scores**2).sum(axis=-1), ((y @ self._residual) ** 2).sum(axis=-1) / np.trace(self._residual)
        product, spread = self._products
        shared = np.maximum(((y @ product) * y).sum(axis=-1) * max(reach, 0.0), 0.0)
        variance = pairs + shared
        uncertain = 2 * pairs**2 / self._pairs_df + np.where(shared > 0, spread * (reach * noise) ** 2, 0.0)
        with np.errstate(invalid="ignore"):
            df = np.where(variance > 0, np.minimum(2 * variance**2 / uncertain, self._pairs_df), self._pairs_df)
        return y @ self._weights, variance, df

    @cached_property
    def _alike(self) -> Grid:
        import numpy as np

        sources, targets = (np.asarray(self.kinds, dtype=np.int64)[list(side)] for side in self._sides)
        return np.equal(sources, targets)

    @property
    def _sides(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return self.layout.sources, self.layout.targets

    @cached_property
    def _beside(self) -> Floats:
        """What the effects of sources and targets leave of `_alike`: [pairs]."""
        import numpy as np

        effects = self.layout.effects
        return self._alike - effects @ (np.linalg.pinv(effects) @ self._alike)

    @cached_property
    def _weights(self) -> Floats:
        """The coefficient is the sum of weights times values (Frisch & Waugh 1933, Econometrica 1, 387-401)."""
        return self._beside / (self._beside @ self._beside)

    @cached_property
    def _residual(self) -> Floats:
        """From values to residuals: [pairs, pairs]."""
        import numpy as np

        effects = self.layout.effects
        whole = np.eye(len(effects)) - effects @ np.linalg.pinv(effects)
        return whole - np.outer(self._weights, self._beside)

    @cached_property
    def _pairs(self) -> list[list[int]]:
        """The places of i → j and j → i, for each pair; empty if the coefficient needs one pair of them."""
        import numpy as np

        found: dict[frozenset[int], list[int]] = {}
        for place, ends in enumerate(zip(*self._sides, strict=True)):
            found.setdefault(frozenset(ends), []).append(place)
        for places in found.values():
            lengths, turned = np.linalg.eigh(self._residual[np.ix_(places, places)])
            if np.abs(turned[:, lengths < 1e-9].T @ self._weights[places]).max(initial=0.0) > 1e-9:
                return []
        return list(found.values())

    @cached_property
    def _scores(self) -> Floats:
        """From values to each pair's w_gᵀ A_g r_g: [pairs of things, pairs]."""
        import numpy as np

        rows = []
        for places in self._pairs:
            lengths, turned = np.linalg.eigh(self._residual[np.ix_(places, places)])
            roots = np.where(lengths < 1e-9, 0.0, 1 / np.sqrt(np.maximum(lengths, 1e-9)))
            adjusted = (turned * roots) @ turned.T @ self._weights[places]
            rows.append(adjusted @ self._residual[places])
        return np.array(rows)

    @cached_property
    def _pairs_df(self) -> float:
        products = self._scores @ self._scores.T
        return float(products.trace() ** 2 / (products**2).sum())

    @cached_property
    def _common(self) -> Floats:
        """1 for two values of different pairs that share one thing, if the things they do not share are of one kind."""
        import numpy as np

        (s, t), kinds = map(np.asarray, self._sides), np.asarray(self.kinds)
        ends = ((s, t), (t, s))
        shared = sum(np.equal.outer(a, c) & np.equal.outer(kinds[b], kinds[d]) for a, b in ends for c, d in ends) > 0
        return np.where(self._same_pair, 0.0, shared)

    @cached_property
    def _same_pair(self) -> Grid:
        import numpy as np

        s, t = map(np.asarray, self._sides)
        straight, turned = np.equal.outer(s, s) & np.equal.outer(t, t), np.equal.outer(s, t) & np.equal.outer(t, s)
        same: Grid = straight | turned
        return same

    @cached_property
    def _products(self) -> tuple[Floats, float]:
        """The covariance of `_common` as a quadratic form of values, and its variance for noise of variance 1."""
        import numpy as np

        same, m = np.eye(len(self._residual)), self._residual
        forms = [m @ part @ m for part in (same, self._same_pair - same, self._common)]
        expected = np.array([[np.vdot(one, other) for other in forms] for one in forms])
        form = np.tensordot(np.linalg.pinv(expected)[2], forms, axes=1)
        return form, float(2 * np.vdot(form, form))


@dataclass(frozen=True)
class Coefficient:
    """A coefficient whose error follows Student's t with `df` degrees of freedom, which need not be whole."""

    value: float
    n: int
    error: float
    df: float
    method: str = METHOD
    smallest_p: float = 0.0
    over: str = PAIRS

    @property
    def spread(self) -> Spread:
        """A spread with this error and the degrees of freedom rounded down, for the minimal detectable effect."""
        size = max(1, math.floor(self.df)) + 1
        return Spread((size * self.error**2,), (size,))

    def interval(self, alpha: float) -> Interval:
        """The closed (1 - 2 alpha) interval. Raises UsageError for an alpha outside (0, .5)."""
        from scipy.special import stdtrit

        check_alpha(alpha)
        half = -float(stdtrit(self.df, alpha)) * self.error
        return Interval(self.value, self.value - half, self.value + half, self.method, alpha)

    def p_greater(self, x: float) -> float:
        """One-sided p-value of H0: coefficient <= x."""
        from scipy.special import stdtr

        return float(stdtr(self.df, (x - self.value) / self.error))

    def p_less(self, x: float) -> float:
        """One-sided p-value of H0: coefficient >= x."""
        from scipy.special import stdtr

        return float(stdtr(self.df, (self.value - x) / self.error))


def likeness(layout: Layout, kinds: Sequence[int], values: Sequence[float]) -> Estimate:
    """How much larger a value is if source and target are of one kind; thing k is of kind `kinds[k]`.

    See Likeness for the fit and its error. NoSpread if the fit is exact. Unbounded, without a value, if the coefficient
    or its error cannot be estimated, or a value is not finite.
    """
    fitted = Likeness(layout, tuple(kinds))
    n = len({frozenset(ends) for ends in zip(layout.sources, layout.targets, strict=True)})
    problem = fitted.problem if all(map(math.isfinite, values)) else "a number is not finite"
    if problem:
        return Unbounded(math.nan, n, METHOD, problem, over=PAIRS)
    value, variance, df = map(float, fitted.fit(values))
    if math.sqrt(variance) <= _ROUNDING * max(map(abs, values)):
        return NoSpread(value, n, METHOD, Spread((0.0,), (n,)), over=PAIRS)
    return Coefficient(value, n, math.sqrt(variance), df)
