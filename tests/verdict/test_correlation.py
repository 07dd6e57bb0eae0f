import math
import random

import pytest
from scipy.stats import spearmanr

from lth.errors import EvidenceError
from lth.verdict import Verdict, above, judge, spearman

UNITS = (3, 1, 4, 1.5, 9, 2.6, 5, 3.5)
OTHERS = (2, 7, 1, 8, 28, 1.8, 28.4, 5.9)


def test_the_estimate_is_spearmans_rho_with_ties_at_their_mean_rank() -> None:
    x, y = [1, 2, 2, 3, 4], [10, 20, 30, 30, 50]
    # Ranks 1 2.5 2.5 4 5 and 1 2 3.5 3.5 5, less their mean 3: products sum to 8.75, squares to 9.5 on either side.
    assert spearman(x, y).value == pytest.approx(8.75 / 9.5)


def test_the_interval_is_bonett_and_wrights() -> None:
    rho, n = float(spearmanr(UNITS, OTHERS).statistic), len(UNITS)
    # z = atanh(rho) with standard error sqrt((1 + rho²/2) / (n - 3)); 1.6449 is the normal's 95 % point.
    reach = 1.6448536 * math.sqrt((1 + rho**2 / 2) / (n - 3))
    interval = spearman(UNITS, OTHERS).interval(0.05)
    assert (interval.low, interval.high) == pytest.approx(
        (math.tanh(math.atanh(rho) - reach), math.tanh(math.atanh(rho) + reach))
    )


def test_the_interval_and_the_p_values_are_one_test() -> None:
    found = spearman(UNITS, OTHERS)
    interval = found.interval(0.05)
    assert found.p_greater(interval.low) == pytest.approx(0.05)
    assert found.p_less(interval.high) == pytest.approx(0.05)


def test_a_perfect_order_of_four_is_no_proof_and_of_six_is_one() -> None:
    assert judge(spearman(range(4), range(4)), above(0), 0.05).verdict is Verdict.INCONCLUSIVE
    assert judge(spearman(range(6), range(6)), above(0), 0.05).verdict is Verdict.SUPPORTED
    assert spearman(range(6), range(6)).interval(0.05).high == 1


@pytest.mark.parametrize("n", [4, 5, 8, 11])
def test_unrelated_numbers_are_called_related_in_at_most_alpha_of_the_cases(n: int) -> None:
    rng, runs, alpha = random.Random(n), 2000, 0.05
    supported = sum(
        judge(spearman(range(n), [rng.random() for _ in range(n)]), above(0), alpha).verdict is Verdict.SUPPORTED
        for _ in range(runs)
    )
    assert supported / runs <= alpha + 2.6 * math.sqrt(alpha * (1 - alpha) / runs)  # one-sided 99.5 % Monte Carlo error


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ((1, 2, 3), (1, 2, 3), "3 pairs; expected at least 4 to estimate an error"),
        ((1, 2, 3, 4), (5, 5, 5, 5), "all numbers on one side are equal"),
        ((1, 2, 3, 4), (1, 2, 3, math.nan), "a number is not finite"),
    ],
)
def test_what_tells_no_error_is_unbounded_and_says_why(x: list[float], y: list[float], reason: str) -> None:
    interval = spearman(x, y).interval(0.05)
    assert (interval.low, interval.high, interval.reason) == (-math.inf, math.inf, reason)


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(
        EvidenceError, match=r"^2 numbers paired with 1; expected pairs; give two lists of equal length$"
    ):
        spearman([1, 2], [1])
