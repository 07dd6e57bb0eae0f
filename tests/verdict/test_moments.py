"""Spreads of weighted sums of arms over seeds and dev examples: by hand, and by an analysis of variance."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lth.verdict import Spread, Verdict, above, contrast, difference, judge, level, seeds_needed, share
from lth.verdict.moments import Moments, has_examples
from lth.verdict.samples import Replicate, Sample, Summary

Floats = NDArray[np.float64]


def crossed(matrix: Sequence[Sequence[float]] | Floats, seeds: Sequence[int] = (), of: Replicate = "seeds") -> Sample:
    """An arm from what each example [replicates, examples] contributes."""
    rows = np.asarray(matrix, dtype=np.float64)
    return Sample(tuple(seeds or range(len(rows))), tuple(rows.mean(axis=1).tolist()), rows.tolist(), of)


# ---- by hand ----


def test_one_arm_of_two_seeds_and_three_examples_step_by_step() -> None:
    # Scores 1 1 0 / 1 0 0. Seed means 2/3 and 1/3, example means 1, 1/2 and 0, mean 1/2. Mean squares:
    #   seeds     3 × (1/36 + 1/36) / 1                     = 1/6
    #   examples  2 × (1/4 + 0 + 1/4) / 2                   = 1/2
    #   rest      -1/6 1/3 -1/6 and the opposite: 2 × 1/6 / 2 = 1/6
    # Variance of the mean (1/6 + 1/2 - 1/6) / 6 = 1/12: 1/36 from seeds, (1/2 - 1/6) / 6 = 1/18 from examples.
    # Degrees of freedom (1/2)² / ((1/6)²/1 + (1/2)²/2 + (1/6)²/2) = 3/2.
    spread = Moments((crossed([[1, 1, 0], [1, 0, 0]]),), by_example=True).spread([1.0])
    assert spread
    assert spread.variances == pytest.approx((1 / 18,))
    assert spread.examples == pytest.approx(1 / 18)
    assert spread.error**2 == pytest.approx(1 / 12)
    assert spread.df == pytest.approx(1.5)


def test_examples_that_only_seem_to_differ_count_as_nothing() -> None:
    # Every example has the same mean: MS_examples = 0 < MS_rest.
    arm = crossed([[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]])
    spread = Moments((arm,), by_example=True).spread([1.0])
    assert spread
    assert (spread.examples, spread.examples_squares) == (0, 0)


def test_an_example_that_is_hard_for_both_arms_does_not_count() -> None:
    # The arms differ by one example of five, for all seeds. The other examples differ much, but not between the arms.
    full = [[1, 1, 0, 0, 1]] * 3
    imp = [[1, 1, 0, 0, 0]] * 3
    paired = difference(crossed(imp), crossed(full)).spread
    # The differences 0 0 0 0 -1 have variance 1/5 over examples: 1/25 for their mean.
    assert paired
    assert paired.error**2 == pytest.approx(1 / 25)
    assert paired.df == pytest.approx(4)


def test_contributions_of_other_examples_or_of_one_are_not_crossed() -> None:
    two, three, one = crossed([[1, 0], [0, 0]]), crossed([[1, 0, 1], [0, 0, 1]]), crossed([[1], [0]])
    assert has_examples((two, two))
    assert not has_examples((two, three))
    assert not has_examples((one, one))
    assert not has_examples((two, Sample((0, 1), (0.5, 0.0))))
    assert not has_examples((two, Summary(0.5, 0.1, 2)))
    assert difference(two, Summary(0.5, 0.1, 2)).over == "seeds"


@pytest.mark.parametrize(
    ("of", "method", "over"),
    [
        ("seeds", "crossed", "seeds × examples"),
        ("models", "crossed", "models × examples"),
        ("seeds", "t", "seeds"),
        ("models", "t", "models"),
        ("models", "permutation", "models"),
    ],
)
def test_an_estimate_says_what_its_error_covers(of: Replicate, method: str, over: str) -> None:
    arms = (crossed([[1, 1, 0], [1, 0, 0], [1, 1, 1]], of=of), crossed([[1, 0, 0], [0, 0, 0], [0, 1, 1]], of=of))
    assert difference(*arms, method=method).over == over
    assert share(((1.0, arms[1]), (-1.0, arms[0])), arms[0], method).over == over


def test_seeds_and_models_of_equal_numbers_are_not_paired() -> None:
    rows = [[1, 1, 0], [1, 0, 0], [1, 1, 1]]
    assert difference(crossed(rows), crossed(rows)).method == "paired t"
    assert difference(crossed(rows), crossed(rows, of="models")).method == "Welch t"


# ---- by an analysis of variance ----


def noise(stream: np.random.Generator, arms: int, n: int, m: int) -> Floats:
    """[arms, seeds, examples]: seeds, examples and the rest have effects, shared in part between the arms."""
    seeds, examples = stream.normal(0, 0.3, (1, n, 1)), stream.normal(0, 1, (1, 1, m))
    return seeds + examples + 0.5 * stream.normal(size=(arms, 1, m)) + stream.normal(size=(arms, n, m))


def mean_squares(matrix: Floats) -> tuple[float, float, float]:
    """Mean squares of seeds, examples and the rest, from least-squares fits with and without each factor."""
    n, m = matrix.shape
    seed, example = np.indices((n, m)).reshape(2, -1)
    seeds, examples = np.eye(n)[seed], np.eye(m)[example]

    def left_by(*factors: Floats) -> float:
        design = np.concatenate((np.ones((n * m, 1)), *factors), axis=1)
        fitted = design @ np.linalg.lstsq(design, matrix.ravel(), rcond=None)[0]
        return float(((matrix.ravel() - fitted) ** 2).sum())

    rest = left_by(seeds, examples)
    of_seeds, of_examples = left_by(examples) - rest, left_by(seeds) - rest
    return of_seeds / (n - 1), of_examples / (m - 1), rest / ((n - 1) * (m - 1))


def test_the_error_of_paired_arms_is_that_of_a_two_way_analysis_of_variance() -> None:
    n, m = 4, 9
    one, other = noise(np.random.default_rng(1), 2, n, m)
    seeds, examples, rest = mean_squares(one - 0.9 * other)
    spread = contrast(((1.0, crossed(one)), (-0.9, crossed(other)))).spread
    assert spread
    assert spread.error**2 == pytest.approx((seeds + examples - rest) / (n * m))
    # Satterthwaite: each mean square has its own degrees of freedom.
    combined = seeds**2 / (n - 1) + examples**2 / (m - 1) + rest**2 / ((n - 1) * (m - 1))
    assert spread.df == pytest.approx((seeds + examples - rest) ** 2 / combined)


def test_unpaired_seeds_share_their_examples() -> None:
    # By brute force: the variance of the examples' differences, less what the rest of each arm adds to it.
    n, k, m = 3, 5, 9
    stream = np.random.default_rng(2)
    examples = stream.normal(size=m)
    one, other = (examples + stream.normal(size=(size, m)) for size in (n, k))
    rests = []
    for arm in (one, other):
        rest = arm - arm.mean(axis=0) - arm.mean(axis=1, keepdims=True) + arm.mean()
        rests.append((rest**2).sum() / ((len(arm) - 1) * (m - 1)))
    of_examples = np.var(one.mean(axis=0) - other.mean(axis=0), ddof=1) / m - rests[0] / (n * m) - rests[1] / (k * m)
    of_seeds = np.var(one.mean(axis=1), ddof=1) / n + np.var(other.mean(axis=1), ddof=1) / k
    spread = difference(crossed(one), crossed(other, seeds=range(10, 10 + k))).spread
    assert spread
    assert spread.sizes == (n, k)
    assert spread.error**2 == pytest.approx(of_seeds + max(0.0, of_examples))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(-2, 2), st.booleans())
def test_the_spread_as_a_function_of_the_share_is_the_spread_at_each_share(seed: int, x: float, paired: bool) -> None:
    one, other = noise(np.random.default_rng(seed), 2, 3, 4)
    arms = crossed(one), crossed(other, seeds=() if paired else (7, 8, 9))
    moments = Moments(arms, by_example=True)
    spreads = moments.spreads([1.0, -0.5], [0.0, 1.0])
    found, expected = spreads and spreads(x), moments.spread([1.0, -0.5 - x])
    assert found
    assert expected
    assert found.variances == pytest.approx(expected.variances, abs=1e-12)
    assert (found.examples, found.examples_squares) == pytest.approx((expected.examples, expected.examples_squares))


def test_the_order_of_seeds_changes_nothing() -> None:
    one, other = noise(np.random.default_rng(3), 2, 4, 6)
    turned = crossed(one[::-1], seeds=(3, 2, 1, 0))
    found, expected = difference(turned, crossed(other)).interval(0.05), difference(crossed(one), crossed(other))
    assert (found.low, found.high) == pytest.approx((expected.interval(0.05).low, expected.interval(0.05).high))


# ---- what seeds can and cannot do ----


def test_seeds_do_not_reduce_the_part_of_the_examples() -> None:
    spread = Spread((0.04,), (4,), examples=0.01, examples_squares=0.01**2 / 50)
    assert spread.error**2 == pytest.approx(0.02)
    assert spread.with_seeds(400).error ** 2 == pytest.approx(0.0101)
    assert spread.df == pytest.approx(0.02**2 / (0.01**2 / 3 + 0.01**2 / 50))
    assert spread.with_seeds(400).df < 52


def test_no_number_of_seeds_decides_what_the_dev_set_leaves_open() -> None:
    # 20 examples: the arms differ in five, four of which the ticket gets wrong, whatever the seed. By seeds alone the
    # effect of -.15 is certain. Of other examples, its error is about sqrt(.24 / 20) = .11.
    full = np.tile([1.0] * 19 + [0.0], (5, 1))
    imp = full.copy()
    imp[:, :4], imp[:, 19] = 0.0, 1.0
    imp[0, 5] = imp[3, 6] = 0.0
    by_example, by_seed = difference(crossed(imp), crossed(full)), difference(crossed(imp), crossed(full), method="t")
    assert judge(by_seed, above(-0.02), 0.05).verdict is Verdict.REFUTED
    assert judge(by_example, above(-0.02), 0.05).verdict is Verdict.INCONCLUSIVE
    assert seeds_needed(by_example, above(-0.02), 0.05) is None
    assert seeds_needed(by_example, above(-0.9), 0.05) is not None


def test_one_seed_has_no_error_however_many_examples_it_has() -> None:
    assert level(crossed([[1, 0, 1, 1]])).interval(0.05).reason.startswith("an arm has one seed")
