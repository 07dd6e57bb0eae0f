"""The mean and the spread of any weighted sum of arms' means: what estimates are computed from.

Knows scores, and neither distributions nor regions. numpy is imported where predictions are used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lth.verdict.estimate import Spread
from lth.verdict.samples import Sample, Scores, Summary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Quadratic = tuple[float, float, float]
"""c, b, a of c - 2 b x + a x²."""


@dataclass(frozen=True)
class Moments:
    """The arms of an effect. Arms with single scores of the same replicates are paired, all others independent.

    With `by_example`, the dev examples are a sample like the replicates, crossed with them: score [replicate, example]
    = mean + replicate + example + rest.
    """

    arms: tuple[Scores, ...]
    by_example: bool = False

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The numbers of the arms that are paired with each other, group by group."""
        found: dict[object, list[int]] = {}
        for at, arm in enumerate(self.arms):
            same = at if isinstance(arm, Summary) else (frozenset(arm.seeds), arm.of)
            found.setdefault(same, []).append(at)
        return tuple(map(tuple, found.values()))

    @property
    def paired(self) -> bool:
        """Whether all arms are paired; a single arm is not."""
        return len(self.groups) == 1 < len(self.arms)

    @property
    def over(self) -> str:
        """What the error covers: `seeds`, `models`, `seeds × examples` or `models × examples`."""
        of = next((arm.of for arm in self.arms if isinstance(arm, Sample)), "seeds")
        return f"{of} × examples" if self.by_example else of

    def value(self, factors: Sequence[float]) -> float:
        """The sum of factor times mean over arms."""
        return math.fsum(factor * arm.mean for factor, arm in zip(factors, self.arms, strict=True))

    def summed(self, factors: Sequence[float], group: Sequence[int]) -> dict[int, float]:
        """The weighted sum of the scores of paired arms for each replicate, in the order of the replicates."""
        arms = [(factors[at], arm) for at in group if isinstance(arm := self.arms[at], Sample)]
        by_seed = [(factor, dict(zip(arm.seeds, arm.scores, strict=True))) for factor, arm in arms]
        return {seed: math.fsum(factor * of[seed] for factor, of in by_seed) for seed in sorted(arms[0][1].seeds)}

    def spread(self, factors: Sequence[float]) -> Spread | None:
        """The spread of the weighted sum; None if an arm has one score.

        Over replicates alone, these are the variances of the groups' sums. Crossed with m examples, the variance of the
        mean is estimated from mean squares, as (MS_replicates + MS_examples - MS_rest) / (n m), and a negative share of
        the examples counts as 0 (Searle, Casella & McCulloch 1992, Variance Components, section 4.4). For unpaired
        groups, the shares of their replicates are added; the examples are the same for all.
        """
        found = self.spreads(factors, [0.0] * len(factors))
        return found and found(0.0)

    def spreads(self, factors: Sequence[float], step: Sequence[float]) -> Callable[[float], Spread] | None:
        """The spread of the sum with the factors `factors` - x × `step`, as a function of x; None as for `spread`.

        All its parts are quadratic in x, so they are computed once.
        """
        sizes = tuple(self.arms[group[0]].n for group in self.groups)
        if min(sizes) < 2:
            return None
        of_groups = [self._quadratic(factors, step, group) for group in self.groups]
        if not self.by_example:
            return lambda x: Spread(tuple(_at(x, variance) for variance in of_groups), sizes)
        between, within, m = self._mean_squares
        whole = _form(between, factors, step)
        rests = [
            _form(rest, [factors[at] for at in group], [step[at] for at in group])
            for group, rest in zip(self.groups, within, strict=True)
        ]

        def crossed(x: float) -> Spread:
            share = _at(x, whole) / m
            squares = share**2 / (m - 1)
            for n, rest in zip(sizes, rests, strict=True):
                part = _at(x, rest) / (n * m)
                share -= part
                squares += part**2 / ((n - 1) * (m - 1))
            of_examples = (share, squares) if share > 0 else (0.0, 0.0)
            return Spread(tuple(_at(x, variance) for variance in of_groups), sizes, *of_examples)

        return crossed

    def _quadratic(self, factors: Sequence[float], step: Sequence[float], group: Sequence[int]) -> Quadratic:
        """The variance over replicates of a group's sum."""
        arm = self.arms[group[0]]
        if isinstance(arm, Summary):
            factor, by, variance = factors[group[0]], step[group[0]], arm.std**2
            return factor**2 * variance, factor * by * variance, by**2 * variance
        of, along = (_centred(self.summed(weights, group).values()) for weights in (factors, step))
        df = len(of) - 1
        products = ((of, of), (of, along), (along, along))
        squares = [math.fsum(a * b for a, b in zip(left, right, strict=True)) / df for left, right in products]
        return squares[0], squares[1], squares[2]

    @cached_property
    def _mean_squares(self) -> tuple[Floats, list[Floats], int]:
        """Covariances [arms, arms] of the examples' means, of each group's rest, and the number of examples."""
        import numpy as np

        matrices = []
        for arm in self.arms:
            assert isinstance(arm, Sample)
            order = sorted(range(arm.n), key=arm.seeds.__getitem__)
            matrices.append(np.asarray(arm.by_example, dtype=np.float64)[order])
        m = matrices[0].shape[1]
        means = np.stack([matrix.mean(axis=0) for matrix in matrices])
        within = []
        for group in self.groups:
            rest = []
            for at in group:
                matrix = matrices[at]
                rest.append((matrix - matrix.mean(axis=0) - matrix.mean(axis=1, keepdims=True) + matrix.mean()).ravel())
            stacked = np.stack(rest)
            within.append(stacked @ stacked.T / ((matrices[group[0]].shape[0] - 1) * (m - 1)))
        centred = means - means.mean(axis=1, keepdims=True)
        return centred @ centred.T / (m - 1), within, m


def has_examples(arms: Sequence[Scores]) -> bool:
    """Whether the contributions of the same number of dev examples, at least two, are known of all arms."""
    counts = {len(arm.by_example[0]) if isinstance(arm, Sample) and arm.by_example is not None else 0 for arm in arms}
    return len(counts) == 1 and counts.pop() > 1


def _centred(numbers: Collection[float]) -> list[float]:
    middle = math.fsum(numbers) / len(numbers)
    return [number - middle for number in numbers]


def _form(matrix: Floats, factors: Sequence[float], step: Sequence[float]) -> Quadratic:
    """w'Mw of the weights w = factors - x × step."""
    import numpy as np

    of, by = np.asarray(factors), np.asarray(step)
    return float(of @ matrix @ of), float(of @ matrix @ by), float(by @ matrix @ by)


def _at(x: float, quadratic: Quadratic) -> float:
    constant, mixed, square = quadratic
    return max(0.0, constant - 2 * x * mixed + x * x * square)
