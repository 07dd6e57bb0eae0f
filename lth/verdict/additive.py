"""Additive fits of values of pairs: value[source, target] = effect of the source + effect of the target + noise.

A pair of a thing with itself has no value, and others may be missing. Plain averages over the rest then compare sources
on different targets; least squares over the pairs that exist compares them on the same. Takes numbers for sources and
targets and knows neither tasks nor claims.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from lth.errors import EvidenceError
from lth.verdict.correlation import FEWEST, spearman
from lth.verdict.estimate import Estimate, Unbounded

if TYPE_CHECKING:  # the functions import numpy themselves, because every run of pytest imports this module
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Floats: TypeAlias = NDArray[np.float64]

METHOD = "Spearman of source effects"
NOT_CONNECTED = "the sources cannot be compared, because no chain of common targets connects them all"


@dataclass(frozen=True)
class Layout:
    """Which pairs have values: pair c goes from `sources[c]` to `targets[c]`. One number is one thing in both.

    Raises EvidenceError for lists of different lengths, for a pair that occurs twice and for a thing with itself.
    """

    sources: tuple[int, ...]
    targets: tuple[int, ...]

    def __post_init__(self) -> None:
        given = list(zip(self.sources, self.targets, strict=False))
        if len(self.sources) != len(self.targets) or len(set(given)) < len(given) or any(s == t for s, t in given):
            raise EvidenceError(
                f"{len(self.sources)} sources with {len(self.targets)} targets; expected different pairs of a source "
                f"and another target, each once; give both of each pair"
            )

    @cached_property
    def effects(self) -> Floats:
        """Indicators of each source and then of each target, sorted by number: [pairs, sources + targets]."""
        import numpy as np

        columns = [np.equal(side, each) for side in (self.sources, self.targets) for each in sorted(set(side))]
        return np.column_stack(columns).astype(np.float64)

    @cached_property
    def connected(self) -> bool:
        """Whether the fit can compare every two sources."""
        import numpy as np

        return bool(np.linalg.matrix_rank(self.effects) == self.effects.shape[1] - 1)


def source_effects(layout: Layout, values: ArrayLike) -> Floats:
    """The fitted effect of each source, sorted by number: [..., sources] from values [..., pairs].

    To each effect the mean of all targets' effects is added: it is the mean that the source would have over all targets
    if the values were exactly additive. Raises EvidenceError if the sources cannot be compared.
    """
    fitted, sources = _fitted(layout, values), len(set(layout.sources))
    means: Floats = fitted[..., :sources] + fitted[..., sources:].mean(axis=-1, keepdims=True)
    return means


def without_target_effects(layout: Layout, values: ArrayLike) -> Floats:
    """The values [..., pairs] without their targets' fitted effects, and with the mean of all targets' effects instead.

    The mean over a source's pairs is its source effect. Raises EvidenceError if the sources cannot be compared.
    """
    import numpy as np

    of_targets = _fitted(layout, values)[..., len(set(layout.sources)) :]
    each = np.searchsorted(sorted(set(layout.targets)), layout.targets)
    left: Floats = np.asarray(values) - of_targets[..., each] + of_targets.mean(axis=-1, keepdims=True)
    return left


def _fitted(layout: Layout, values: ArrayLike) -> Floats:
    """The effects of sources and then of targets, sorted by number: [..., sources + targets], up to a constant."""
    import numpy as np

    if not layout.connected:
        raise EvidenceError(f"{NOT_CONNECTED}; expected one table; give more of its values")
    fitted: Floats = np.asarray(values, dtype=np.float64) @ np.linalg.pinv(layout.effects).T
    return fitted


def effect_correlation(x: Sequence[float], layout: Layout, values: Sequence[float]) -> Estimate:
    """Spearman's rho of `x` and the sources' fitted effects; `x` has one number per source, sorted by source.

    The sources are the sample. Noise of the values makes the effects noisier and draws rho towards 0. Unbounded as
    `spearman` is, and if the sources cannot be compared.
    """
    import numpy as np

    n, problem = len(x), ""
    if n < FEWEST:
        problem = f"{n} sources; expected at least {FEWEST} to estimate an error"
    elif not all(map(math.isfinite, values)):
        problem = "a number is not finite"
    elif not layout.connected:
        problem = NOT_CONNECTED
    if problem:
        return Unbounded(math.nan, n, METHOD, problem, over="sources")
    whole = np.rint(source_effects(layout, values) / (1e-12 * max(map(abs, values), default=1.0) or 1.0))
    found = spearman(x, whole.tolist())  # whole numbers, because effects that differ by rounding alone are equal
    return replace(found, method=METHOD, over="sources")  # type: ignore[type-var]  # every estimate is a dataclass
