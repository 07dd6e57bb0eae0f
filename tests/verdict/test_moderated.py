"""Moderated t: the prior that fits the rows' variances, and estimates that are shrunk towards it."""

import math

import numpy as np
import pytest

from lth.verdict import Estimate, difference, share
from lth.verdict.estimate import NoSpread, Spread, Student, Unbounded
from lth.verdict.moderated import Prior, moderated, prior_of
from lth.verdict.power import mde, seeds_needed
from lth.verdict.region import above
from lth.verdict.samples import Sample
from tests.verdict.simulated_moderated import CLAIMS, TASKS, found


def paired(*variances: float, n: int = 3) -> list[Spread]:
    return [Spread((variance * n,), (n,)) for variance in variances]


def student(variance: float, n: int = 3) -> Student:
    return Student(0.1, n, "paired t", Spread((variance * n,), (n,)))


def test_the_prior_is_found_again_from_variances_that_were_drawn_from_it() -> None:
    rng = np.random.default_rng(0)
    true = 2.0 * 4 / rng.chisquare(4, 20_000)  # d₀ = 4, s₀² = 2
    prior = prior_of(paired(*(true * rng.chisquare(2, len(true)) / 2).tolist()))
    assert prior
    assert prior.df == pytest.approx(4, rel=0.1)
    assert prior.variance == pytest.approx(2, rel=0.05)
    assert prior.total == 40_000


def test_rows_that_differ_less_than_by_chance_share_one_variance() -> None:
    prior = prior_of(paired(*[1.0] * 10))
    assert prior
    assert math.isinf(prior.df)
    # digamma(1) = -.5772: the mean of the logarithms of s² with 2 degrees of freedom is ln σ² - .5772.
    assert prior.variance == pytest.approx(math.exp(0.5772), rel=1e-3)
    shrunk = moderated(student(0.01), prior)
    assert shrunk.spread
    assert shrunk.spread.df == prior.total == 20  # no row borrows more than all rows have
    # (18 × 1.781 + 2 × .01) / 20
    assert shrunk.spread.error**2 == pytest.approx(1.6039, rel=1e-3)


def test_fewer_than_eight_rows_with_a_spread_give_no_prior() -> None:
    assert prior_of(paired(*range(1, 8))) is None
    assert prior_of([*paired(*range(1, 8)), None, Spread((0.0,), (3,))]) is None
    assert prior_of(paired(*range(1, 9)))


def test_a_variance_is_shrunk_as_smyth_2004_writes_it() -> None:
    # d₀ = 4, s₀² = 2 and s² = 5 with d = 2: (4 × 2 + 2 × 5) / 6 = 3, with 6 degrees of freedom.
    shrunk = moderated(student(5.0), Prior(2.0, 4.0, 48.0))
    assert shrunk.spread
    assert shrunk.spread.error == pytest.approx(math.sqrt(3))
    assert shrunk.spread.df == pytest.approx(6)
    assert shrunk.method == "moderated paired t"
    # t(.95, 6) = 1.943
    assert shrunk.interval(0.05).low == pytest.approx(0.1 - 1.943 * math.sqrt(3), abs=1e-3)


def test_a_share_of_the_full_score_is_shrunk_at_every_share() -> None:
    ticket, full = (Sample((0, 1, 2), scores) for scores in ((0.80, 0.84, 0.79), (0.90, 0.91, 0.92)))
    plain = share(((1.0, ticket), (-1.0, full)), full)
    assert plain.spread
    same = moderated(plain, Prior(plain.spread.error**2, 6.0, 100.0))  # the same variance, known better
    assert same.value == plain.value
    assert same.spread
    assert same.spread.df == pytest.approx(8)
    wide, narrow = plain.interval(0.05), same.interval(0.05)
    assert wide.low < narrow.low < plain.value < narrow.high < wide.high
    assert same.p_greater(narrow.low) == pytest.approx(0.05)


@pytest.mark.parametrize(
    "estimate",
    [
        NoSpread(0.1, 3, "paired t", Spread((0.0,), (3,))),
        Unbounded(0.1, 1, "paired t", "one seed"),
        difference(Sample((0, 1, 2, 3, 4), (1.0, 2, 3, 4, 6)), Sample((0, 1, 2, 3, 4), (0.0, 1, 1, 0, 1)), "bootstrap"),
    ],
)
def test_what_has_no_t_distribution_is_left_alone(estimate: Estimate) -> None:
    assert moderated(estimate, Prior(2.0, 4.0, 48.0)) is estimate


def test_power_is_computed_with_the_shrunk_error() -> None:
    plain, prior = student(0.01), Prior(0.01, 20.0, 100.0)
    shrunk = moderated(plain, prior)
    before, after = mde(plain, 0.05), mde(shrunk, 0.05)
    assert before
    assert after
    assert after < before
    seeds = [seeds_needed(each, above(0.0), 0.05) for each in (plain, shrunk)]
    assert seeds[0]
    assert seeds[1]
    assert seeds[1] <= seeds[0]


@pytest.mark.slow
@pytest.mark.parametrize("repetitions", [40, pytest.param(500, marks=pytest.mark.night)])
@pytest.mark.parametrize("df", [math.inf, 4.0])
def test_it_errs_little_more_than_alpha_and_finds_much_more(df: float, repetitions: int) -> None:
    alone, together = (found("", df, 3, repetitions, moderated=on) for on in (False, True))
    error = math.sqrt(0.05 * 0.95 / (repetitions * len(TASKS)))  # the claims of a task share the full model's runs
    assert len(CLAIMS) * len(TASKS) == 24
    assert together.error <= 0.06 + 3 * error
    assert together.power > alone.power + 0.3
