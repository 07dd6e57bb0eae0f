"""Simulated tables of transfer between tasks, with the true effect on an edge of the region: how often the rule errs.

Each function returns rows; `python -m tests.verdict.simulated_between` prints them all as a Markdown table. The kinds
of tasks are GLUE's: single sentences, similarity, inference and, with nine tasks, reading.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from scipy.stats import rankdata

from lth.verdict.additive import Layout, source_effects
from lth.verdict.correlation import Correlation
from lth.verdict.likeness import Likeness

Floats = NDArray[np.float64]

ALPHA, MARGIN = 0.05, 0.02
EXPERIMENTS = 20_000
KINDS = {5: "ssppi", 8: "sspppiii", 9: "sspppiiir", 10: "sspppiiiir"}
"""The kinds of the tasks by their number. Nine are the lab's without WNLI, which its full model does not learn."""
SIZES = (8_551, 67_349, 3_668, 5_749, 363_846, 392_702, 104_743, 2_490, 87_599, 634)
"""Training examples of CoLA, SST-2, MRPC, STS-B, QQP, MNLI, QNLI, RTE, SQuAD and WNLI (Wang et al. 2019, table 1)."""


class Row(NamedTuple):
    """How often the rule gives a wrong verdict, in percent, and the Monte Carlo standard error of 5 % in percent."""

    scenario: str
    n: str
    edge: float
    supported: float
    refuted: float
    error: float


@dataclass(frozen=True)
class Table:
    """The layout of a table of tickets: `n` tasks, of which some may be no sources or no targets."""

    n: int
    sources: int = 99
    targets: int = 99
    every_missing: int = 0
    """Every how many values one is missing; 0 if none is."""

    def __str__(self) -> str:
        size = f"{min(self.sources, self.n)} × {min(self.targets, self.n)}"
        return size + (f", 1 of {self.every_missing} missing" if self.every_missing else "")

    @cached_property
    def layout(self) -> Layout:
        """The last tasks are no targets, the first no sources."""
        pairs = [(s, t) for s in range(self.n)[-self.sources :] for t in range(self.n)[: self.targets] if s != t]
        kept = [pair for at, pair in enumerate(pairs, 1) if not self.every_missing or at % self.every_missing]
        return Layout(tuple(s for s, _ in kept), tuple(t for _, t in kept))

    @cached_property
    def kinds(self) -> NDArray[np.int64]:
        """The kind of each task."""
        return np.array(["spir".index(kind) for kind in KINDS[self.n]])

    @property
    def source(self) -> NDArray[np.int64]:
        """The source of each value."""
        return np.array(self.layout.sources)

    @property
    def target(self) -> NDArray[np.int64]:
        """The target of each value."""
        return np.array(self.layout.targets)

    @cached_property
    def likeness(self) -> Likeness:
        """The additive fit with a coefficient of the same kind."""
        return Likeness(self.layout, tuple(map(int, self.kinds)))

    @property
    def log_sizes(self) -> Floats:
        """Standardised logarithms of the sources' training examples."""
        logs = np.log(SIZES[: self.n])
        return np.asarray((logs - logs.mean()) / logs.std())


Noise = Callable[[np.random.Generator, Table, int], Floats]
"""Noise of mean 0 and, over all tables, variance 1: [experiments, values]."""


def normal(rng: np.random.Generator, table: Table, experiments: int) -> Floats:
    return rng.normal(size=(experiments, len(table.source)))


def skewed(rng: np.random.Generator, table: Table, experiments: int) -> Floats:
    """Log-normal with sigma .8: skewness 3.7."""
    drawn = rng.lognormal(0, 0.8, (experiments, len(table.source)))
    return np.asarray((drawn - math.exp(0.32)) / math.sqrt((math.exp(0.64) - 1) * math.exp(0.64)))


def noisier_targets(rng: np.random.Generator, table: Table, experiments: int) -> Floats:
    """Each target's noise has its own spread: log-normal with sigma .4."""
    spreads = np.exp(rng.normal(0, 0.4, (experiments, table.n)) - 0.16)
    return normal(rng, table, experiments) * spreads[:, table.target]


def noisier_sources(rng: np.random.Generator, table: Table, experiments: int) -> Floats:
    """Each source's noise has its own spread: log-normal with sigma .4."""
    spreads = np.exp(rng.normal(0, 0.4, (experiments, table.n)) - 0.16)
    return normal(rng, table, experiments) * spreads[:, table.source]


def noisier_kin(rng: np.random.Generator, table: Table, experiments: int) -> Floats:
    """Values within a kind have 1.5 times the spread."""
    alike = table.kinds[table.source] == table.kinds[table.target]
    return normal(rng, table, experiments) * np.where(alike, 1.5, 1.0)


def shared_by_pair(rng: np.random.Generator, table: Table, experiments: int) -> Floats:
    """Half the variance is the same from a to b and from b to a."""
    both = rng.normal(size=(experiments, table.n, table.n))
    both = (both + both.transpose(0, 2, 1)) / math.sqrt(2)
    return np.sqrt(0.5) * (both[:, table.source, table.target] + normal(rng, table, experiments))


def hidden_likeness(rng: np.random.Generator, table: Table, experiments: int) -> Floats:
    """Tasks are points in a plane that has nothing to do with kinds; tickets serve their neighbours better."""
    points = rng.normal(size=(experiments, table.n, 2))
    near = (points[:, table.source] * points[:, table.target]).sum(axis=2) / math.sqrt(2)
    return np.sqrt(0.7) * near + np.sqrt(0.3) * normal(rng, table, experiments)


def choosy_targets(rng: np.random.Generator, table: Table, experiments: int) -> Floats:
    """Good tickets are good on some targets and bad on others: a product of a source's and a target's number."""
    one, other = rng.normal(size=(2, experiments, table.n))
    both = one[:, table.source] * other[:, table.target]
    return np.sqrt(0.7) * both + np.sqrt(0.3) * normal(rng, table, experiments)


def suits_a_kind(rng: np.random.Generator, table: Table, experiments: int) -> Floats:
    """Half the variance is shared by one source's values on one kind of targets."""
    suits = rng.normal(size=(experiments, table.n, 4))[:, table.source, table.kinds[table.target]]
    return np.sqrt(0.5) * (suits + normal(rng, table, experiments))


def suits_a_kind_both_ways(rng: np.random.Generator, table: Table, experiments: int, share: float = 1 / 3) -> Floats:
    """A third of the variance is shared by one task's values with one kind of tasks, as source and as target."""
    likes = rng.normal(size=(experiments, table.n, 4))
    both = likes[:, table.source, table.kinds[table.target]] + likes[:, table.target, table.kinds[table.source]]
    return np.sqrt(share / 2) * both + np.sqrt(1 - share) * normal(rng, table, experiments)


def kinds_suit_kinds(rng: np.random.Generator, table: Table, experiments: int) -> Floats:
    """Three tenths of the variance are shared by all values from one kind to another."""
    suits = rng.normal(size=(experiments, 4, 4))[:, table.kinds[table.source], table.kinds[table.target]]
    return np.sqrt(0.3) * suits + np.sqrt(0.7) * normal(rng, table, experiments)


NOISES: dict[str, Noise] = {
    "normal": normal,
    "skewed": skewed,
    "noise by target": noisier_targets,
    "noise by source": noisier_sources,
    "1.5 × noise within kinds": noisier_kin,
    "shared by a → b, b → a": shared_by_pair,
    "hidden likeness": hidden_likeness,
    "source × target number": choosy_targets,
    "source × kind of target": suits_a_kind,
    "task × kind, both ways": suits_a_kind_both_ways,
}
NOT_PROMISED: dict[str, Noise] = {
    "task × kind, both ways, half": partial(suits_a_kind_both_ways, share=0.5),
    "kind × kind": kinds_suit_kinds,
}
TABLES = (Table(5), Table(8), Table(9), Table(10), Table(10, 10, 8), Table(10, 7, 10), Table(9, every_missing=10))


def shares(
    table: Table,
    noise: Noise,
    experiments: int,
    *,
    spread: float = 0.03,
    sources: float = 0.02,
    targets: float = 0.1,
    kin: float = 0.0,
    stream: int = 0,
) -> Floats:
    """Shares of the full score with normal effects of sources and targets: [experiments, values]."""
    rng = np.random.default_rng([table.n, len(table.source), stream])
    values = 0.9 + spread * noise(rng, table, experiments)
    values += rng.normal(0, 1, (experiments, table.n))[:, table.source] * sources
    values += rng.normal(0, 1, (experiments, table.n))[:, table.target] * targets
    return np.asarray(values + kin * (table.kinds[table.source] == table.kinds[table.target]))


# ---- chen-8: same kind - other kind ----


def fitted_interval(table: Table, values: Floats) -> tuple[Floats, Floats]:
    """Both ends of the additive fit's interval, for each experiment."""
    value, variance, df = table.likeness.fit(values)
    half = -stdtrit(df, ALPHA) * np.sqrt(variance)
    return value - half, value + half


def plain_interval(table: Table, values: Floats) -> tuple[Floats, Floats]:
    """The interval that this package had before: plain means of both groups, jackknifed over tasks."""
    alike = table.kinds[table.source] == table.kinds[table.target]

    def difference(kept: NDArray[np.bool_]) -> Floats:
        return np.asarray(values[:, kept & alike].mean(axis=1) - values[:, kept & ~alike].mean(axis=1))

    n, whole = table.n, difference(np.ones_like(alike))
    without = [difference((table.source != task) & (table.target != task)) for task in range(n)]
    pseudo = n * whole - (n - 1) * np.array(without)
    half = -stdtrit(n - 1, ALPHA) * pseudo.std(axis=0, ddof=1) / math.sqrt(n)
    return pseudo.mean(axis=0) - half, pseudo.mean(axis=0) + half


def kinship_row(scenario: str, table: Table, noise: Noise, edge: float, experiments: int, **effects: float) -> Row:
    """The claim is that the coefficient lies within ± MARGIN, and it is `edge`."""
    low, high = fitted_interval(table, shares(table, noise, experiments, kin=edge, **effects))
    supported, refuted = (low > -MARGIN) & (high < MARGIN), (low >= MARGIN) | (high <= -MARGIN)
    return _row(scenario, str(table), edge, supported, refuted)


def kinship_errors(experiments: int = EXPERIMENTS, noises: dict[str, Noise] = NOISES) -> Iterator[Row]:
    """Errors of chen-8 by the form of the noise."""
    for table in TABLES:
        for name, noise in noises.items():
            for edge in (-MARGIN, MARGIN):
                yield kinship_row(f"chen-8: {name}", table, noise, edge, experiments)


def kinship_errors_by_size(experiments: int = EXPERIMENTS) -> Iterator[Row]:
    """Errors of chen-8 by the sizes of noise and effects. The fit takes the effects away exactly."""
    for n in (5, 8, 10):
        for spread in (0.01, 0.02, 0.05):
            for sources in (0.0, 0.05):
                for targets in (0.0, 0.05, 0.15, 0.3):
                    name = f"chen-8: noise {spread:g}, sources {sources:g}, targets {targets:g}"
                    sizes = {"spread": spread, "sources": sources, "targets": targets}
                    yield kinship_row(name, Table(n), normal, MARGIN, experiments, **sizes)


class Power(NamedTuple):
    """How often, in percent, a true effect is found by the additive fit and by plain means."""

    scenario: str
    n: int
    additive: float
    plain: float


def kinship_power(experiments: int = 4_000) -> Iterator[Power]:
    """Power of chen-8: SUPPORTED where kinds make no difference, REFUTED where they make one of .1."""
    for n in (5, 8, 9, 10):
        table = Table(n)
        for spread in (0.01, 0.02, 0.03):
            for targets in (0.0, 0.1):
                for kin in (0.0, 0.1):
                    values = shares(table, normal, experiments, spread=spread, targets=targets, kin=kin)
                    found = []
                    for interval in (fitted_interval, plain_interval):
                        low, high = interval(table, values)
                        right = low > MARGIN if kin else (low > -MARGIN) & (high < MARGIN)
                        found.append(100 * float(right.mean()))
                    what = "REFUTED at .1" if kin else "SUPPORTED at 0"
                    yield Power(f"chen-8: {what}, noise {spread:g}, targets {targets:g}", n, *found)


# ---- chen-7: training examples and transfer ----


def rank_intervals(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Both ends of the interval of Spearman's rho of x [n] and each row of y [experiments, n]."""
    of_x, of_y = rankdata(x), rankdata(y, axis=1)
    of_x, of_y = of_x - of_x.mean(), of_y - of_y.mean(axis=1, keepdims=True)
    rho = np.clip(of_y @ of_x / np.sqrt(of_x @ of_x * (of_y**2).sum(axis=1)), -1, 1).round(12)
    ends = {value: Correlation(value, len(x)).interval(ALPHA) for value in np.unique(rho).tolist()}
    return np.array([ends[value].low for value in rho.tolist()]), np.array([ends[value].high for value in rho.tolist()])


def fitted_effects(table: Table, values: Floats) -> Floats:
    """The sources' effects by the additive fit."""
    return source_effects(table.layout, values)


def plain_means(table: Table, values: Floats) -> Floats:
    """Each source's mean over its own targets, as this package had before."""
    return np.stack([values[:, table.source == source].mean(axis=1) for source in sorted(set(table.source))], axis=1)


def growth_row(scenario: str, table: Table, values: Floats, of: Callable[[Table, Floats], Floats]) -> Row:
    """The claim is that rho is above 0, and the sources' effects do not depend on their size."""
    low, high = rank_intervals(table.log_sizes[sorted(set(table.source))], of(table, values))
    return _row(scenario, str(table), 0.0, low > 0, high <= 0)


def hard(table: Table, spread: float) -> Floats:
    """Small targets are harder, so that the targets' shares have this spread: [values]."""
    return spread * table.log_sizes[table.target]


def growth_errors(
    experiments: int = EXPERIMENTS, of: Callable[[Table, Floats], Floats] = fitted_effects
) -> Iterator[Row]:
    """Errors of chen-7: sources alike or not, small targets harder or not, and forms of the noise."""
    for table in TABLES:
        for sources in (0.0, 0.03):
            for spread in (0.0, 0.05, 0.15, 0.3):
                values = shares(table, normal, experiments, spread=0.02, sources=sources, targets=0)
                name = f"chen-7: sources {sources:g}, small targets harder by {spread:g}"
                yield growth_row(name, table, values + hard(table, spread), of)
        for name, noise in (NOISES | NOT_PROMISED).items():
            values = shares(table, noise, experiments, spread=0.02, sources=0.02) + hard(table, 0.1)
            yield growth_row(f"chen-7: {name}", table, values, of)
        small = np.exp(-0.2 * table.log_sizes)[table.source]
        values = 0.9 + hard(table, 0.1) + 0.02 * small * skewed(np.random.default_rng(table.n), table, experiments)
        yield growth_row("chen-7: sources alike, small ones noisier, skewed", table, values, of)


def growth_power(experiments: int = 4_000) -> Iterator[Power]:
    """Power of chen-7, where source effects of spread .03 correlate with the logarithm of size by .6, .8 or 1."""
    for n in (5, 8, 9, 10):
        table = Table(n)
        for rho in (0.6, 0.8, 1.0):
            values = shares(table, normal, experiments, spread=0.02, sources=0.03 * math.sqrt(1 - rho**2), targets=0.1)
            values += 0.03 * rho * table.log_sizes[table.source]
            rows = [growth_row("", table, values, of).supported for of in (fitted_effects, plain_means)]
            yield Power(f"chen-7: SUPPORTED at correlation {rho:g}", n, *rows)


def _row(scenario: str, n: str, edge: float, supported: NDArray[np.bool_], refuted: NDArray[np.bool_]) -> Row:
    error = 100 * math.sqrt(ALPHA * (1 - ALPHA) / len(supported))
    return Row(scenario, n, edge, 100 * float(supported.mean()), 100 * float(refuted.mean()), error)


def main() -> None:
    """Print all rows."""
    print(
        "| scenario | sources × targets | edge | false SUPPORTED, % | false REFUTED, % | ± |\n|---|---|---|---|---|---|"
    )
    for each in (*kinship_errors(), *kinship_errors(noises=NOT_PROMISED), *kinship_errors_by_size(), *growth_errors()):
        row = [each.scenario, each.n, f"{each.edge:g}", *(f"{share:.1f}" for share in each[3:5]), f"{each.error:.2f}"]
        print("|", " | ".join(row), "|")
    print("\n| scenario | tasks | additive fit, % | plain means, % |\n|---|---|---|---|")
    for found in (*kinship_power(), *growth_power()):
        print("|", " | ".join((found.scenario, str(found.n), *(f"{share:.0f}" for share in found[2:]))), "|")


if __name__ == "__main__":
    main()
