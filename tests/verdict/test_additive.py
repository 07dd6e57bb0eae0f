"""Additive fits: what they compare, what they cannot estimate, and how often their verdicts err."""

import math

import numpy as np
import pytest

from lth.errors import EvidenceError
from lth.verdict import mde, spearman
from lth.verdict.additive import METHOD, NOT_CONNECTED, Layout, effect_correlation, source_effects
from lth.verdict.estimate import Estimate
from lth.verdict.likeness import Likeness, likeness
from tests.verdict import simulated_between as simulated
from tests.verdict.simulated_between import NOISES, Row, Table

EIGHT = Table(8)
KINDS = tuple(map(int, EIGHT.kinds))
SIZES = [float(size) for size in simulated.SIZES[:8]]


def tolerated(row: Row) -> bool:
    """At most 6 % a side, and three Monte Carlo errors."""
    return max(row.supported, row.refuted) <= 6 + 3 * row.error


def complete(n: int) -> Layout:
    pairs = [(s, t) for s in range(n) for t in range(n) if s != t]
    return Layout(tuple(s for s, _ in pairs), tuple(t for _, t in pairs))


def ends(estimate: Estimate) -> tuple[float, float]:
    interval = estimate.interval(0.05)
    return interval.low, interval.high


# ---- sources ----


def test_a_source_does_not_win_because_its_own_target_is_hard() -> None:
    # All sources are alike; target 0 is hard. Source 0 has no value there, so its plain mean is the best.
    layout = complete(4)
    values = [0.5 if target == 0 else 0.9 for target in layout.targets]
    means = [np.mean([v for v, s in zip(values, layout.sources, strict=True) if s == source]) for source in range(4)]
    assert means == pytest.approx([0.9, 2.3 / 3, 2.3 / 3, 2.3 / 3])
    assert source_effects(layout, values) == pytest.approx([0.8] * 4)  # the mean of .5, .9, .9 and .9
    found = effect_correlation([4.0, 3.0, 2.0, 1.0], layout, values)
    assert math.isnan(found.value)
    assert found.interval(0.05).reason == "all numbers on one side are equal"


def test_exactly_additive_values_give_back_the_sources_effects_however_many_values_are_missing() -> None:
    effects = np.array([0.1, 0.4, 0.2, 0.3, 0.0])
    targets = np.array([0.5, 0.0, 0.9, 0.7, 0.4])
    layout = Layout(*zip(*[(s, t) for s in range(5) for t in range(5) if s != t and (s + 2 * t) % 5], strict=True))
    values = effects[list(layout.sources)] + targets[list(layout.targets)]
    assert source_effects(layout, values) == pytest.approx(effects + targets.mean())
    found = effect_correlation([1.0, 5.0, 3.0, 4.0, 0.0], layout, values.tolist())
    assert (found.value, found.n, found.method, found.over) == (pytest.approx(1.0), 5, METHOD, "sources")
    assert ends(found) == ends(spearman([1.0, 5.0, 3.0, 4.0, 0.0], effects.tolist()))


def test_neither_fit_depends_on_the_targets_nor_the_coefficient_on_the_sources() -> None:
    rng = np.random.default_rng(0)
    layout, values = EIGHT.layout, simulated.shares(EIGHT, simulated.normal, 1)[0]
    harder = values + rng.normal(0, 0.3, 8)[EIGHT.target]
    assert ends(effect_correlation(SIZES, layout, harder.tolist())) == pytest.approx(
        ends(effect_correlation(SIZES, layout, values.tolist()))
    )
    better = harder + rng.normal(0, 0.3, 8)[EIGHT.source]
    assert ends(likeness(layout, KINDS, better.tolist())) == pytest.approx(
        ends(likeness(layout, KINDS, values.tolist()))
    )


def test_sources_that_no_chain_of_targets_connects_cannot_be_compared() -> None:
    apart = Layout((0, 0, 1, 1, 4, 4, 5, 5), (2, 3, 2, 3, 6, 7, 6, 7))
    with pytest.raises(EvidenceError, match="no chain of common targets connects them all; expected one table"):
        source_effects(apart, [0.9] * 8)
    found = effect_correlation([1.0, 2.0, 3.0, 4.0], apart, [0.9] * 8)
    assert (found.interval(0.05).reason, found.over) == (NOT_CONNECTED, "sources")


def test_too_few_sources_have_no_error() -> None:
    found = effect_correlation([1.0, 2.0, 3.0], complete(3), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert found.interval(0.05).reason == "3 sources; expected at least 4 to estimate an error"
    assert effect_correlation([], Layout((), ()), []).interval(0.05).reason.startswith("0 sources")


@pytest.mark.parametrize(("sources", "targets"), [((0,), (1, 2)), ((0, 0), (1, 1)), ((0, 1), (1, 1))])
def test_a_layout_has_different_pairs_of_two_things(sources: tuple[int, ...], targets: tuple[int, ...]) -> None:
    with pytest.raises(EvidenceError, match=r"expected different pairs of a source and another target, each once"):
        Layout(sources, targets)


# ---- likeness ----


def test_the_coefficient_and_its_error_are_those_of_least_squares_by_hand() -> None:
    values = simulated.shares(EIGHT, simulated.normal, 1, kin=0.1)[0]
    alike = EIGHT.kinds[EIGHT.source] == EIGHT.kinds[EIGHT.target]
    design = np.column_stack([EIGHT.layout.effects, alike])
    found = likeness(EIGHT.layout, KINDS, values.tolist())
    assert found.value == pytest.approx(np.linalg.lstsq(design, values)[0][-1])
    assert (found.n, found.over) == (28, "pairs of tasks")
    low, high = ends(found)
    assert found.p_greater(low) == pytest.approx(0.05)
    assert found.p_less(high) == pytest.approx(0.05)
    assert (mde(found, 0.05) or 0) > 0


def test_the_pairs_variance_is_unbiased_for_equal_independent_noise() -> None:
    """E[Σ (row · y)²] = Σ |row|² for noise of variance 1, and the coefficient's variance is |w|²."""
    for table in (Table(5), EIGHT, Table(10, 7, 10), Table(9, every_missing=10)):
        fit = table.likeness
        assert (fit._scores**2).sum() == pytest.approx(fit._weights @ fit._weights)


def test_an_exact_fit_has_no_spread() -> None:
    alike = EIGHT.kinds[EIGHT.source] == EIGHT.kinds[EIGHT.target]
    values = (0.9 + 0.05 * alike).tolist()
    assert ends(likeness(EIGHT.layout, KINDS, values)) == pytest.approx((0.05, 0.05))


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [
        ("aaaaa", "no pair of tasks of different kinds"),
        ("abcde", "no pair of tasks of one kind"),
        ("aaab", "the kinds of tasks cannot be told apart from the tasks themselves; expected more tasks of each kind"),
        ("aabcde", "without one of the pairs of tasks it cannot be estimated; expected more tasks of each kind"),
        ("aabbb", "without one of the pairs of tasks it cannot be estimated; expected more tasks of each kind"),
        ("aabbc", ""),
    ],
)
def test_what_cannot_be_estimated_has_no_value_and_a_reason(kinds: str, reason: str) -> None:
    layout = complete(len(kinds))
    values = np.random.default_rng(0).normal(0.9, 0.1, len(layout.sources)).tolist()
    found = likeness(layout, [kinds.index(kind) for kind in kinds], values)
    assert found.interval(0.05).reason == reason
    assert math.isnan(found.value) == bool(reason)


def test_a_value_that_is_not_finite_gives_no_estimate() -> None:
    values = [math.nan, *[0.9] * (len(EIGHT.layout.sources) - 1)]
    for found in (likeness(EIGHT.layout, KINDS, values), effect_correlation(SIZES, EIGHT.layout, values)):
        assert math.isnan(found.value)
        assert found.interval(0.05).reason == "a number is not finite"


# ---- calibration ----


@pytest.mark.parametrize("noise", NOISES)
def test_kinship_on_an_edge_is_rarely_decided(noise: str) -> None:
    for table in (Table(5), EIGHT):
        assert tolerated(simulated.kinship_row(noise, table, NOISES[noise], simulated.MARGIN, 2_000))


def test_transfer_that_does_not_depend_on_size_is_rarely_called_so_where_small_targets_are_harder() -> None:
    for sources in (0.0, 0.03):
        values = simulated.shares(EIGHT, simulated.normal, 2_000, sources=sources, targets=0)
        values += simulated.hard(EIGHT, 0.15)
        assert tolerated(simulated.growth_row("", EIGHT, values, simulated.fitted_effects))
        assert simulated.growth_row("", EIGHT, values, simulated.plain_means).refuted > 20


def test_the_additive_fit_finds_what_plain_means_do_not() -> None:
    values = simulated.shares(EIGHT, simulated.normal, 1_000, spread=0.01)
    found = []
    for interval in (simulated.fitted_interval, simulated.plain_interval):
        low, high = interval(EIGHT, values)
        found.append(float(np.mean((low > -0.02) & (high < 0.02))))
    assert found[0] > 0.95
    assert found[1] < 0.10


@pytest.mark.night
def test_every_scenario_of_the_published_table_errs_in_at_most_six_percent() -> None:
    rows = [*simulated.kinship_errors(), *simulated.kinship_errors_by_size(), *simulated.growth_errors()]
    assert [row for row in rows if not tolerated(row)] == []


@pytest.mark.night
def test_random_tables_err_in_at_most_six_percent() -> None:
    rng = np.random.default_rng(0)
    checked = 0
    for _ in range(300):
        n = int(rng.integers(5, 11))
        kinds = tuple(rng.integers(0, rng.integers(2, 5), n).tolist())
        sources, targets = (rng.choice(n, rng.integers(4, n + 1), replace=False).tolist() for _ in range(2))
        pairs = [(s, t) for s in sources for t in targets if s != t and rng.random() > 0.1]
        fit = Likeness(Layout(tuple(s for s, _ in pairs), tuple(t for _, t in pairs)), kinds)
        if fit.problem:
            continue
        value, variance, df = fit.fit(rng.normal(size=(4_000, len(pairs))))
        half = -simulated.stdtrit(df, simulated.ALPHA) * np.sqrt(variance)
        error = 100 * math.sqrt(0.05 * 0.95 / 4_000)
        assert tolerated(Row("", "", 0.0, 100 * np.mean(value > half), 100 * np.mean(value < -half), error)), pairs
        checked += 1
    assert checked > 100
