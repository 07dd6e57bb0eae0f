"""The rule's error rate, simulated: with the true effect exactly on an edge of the region, SUPPORTED and REFUTED are
both wrong, and neither may be said in more than alpha of 2,000 experiments, plus three standard errors of that share.
"""

import math
from collections import Counter

import numpy as np
import pytest

from lth.verdict import Region, Verdict, above, difference, judge, within
from lth.verdict.resampling import bootstrap_thresholds
from lth.verdict.samples import Sample, Summary

pytestmark = pytest.mark.slow

ALPHA = 0.05
EXPERIMENTS = 2_000
TOLERATED = ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / EXPERIMENTS)
FULL = 0.9
NON_INFERIORITY, EQUIVALENCE = above(-0.02), within(0.02)


def experiments(n: int, paired: bool, edge: float, spreads: tuple[float, float]) -> list[tuple[Sample, Sample]]:
    """Arms of n normal scores, correlated by seed if paired; a's true mean is `edge`, a share of FULL, above b's."""
    rng = np.random.default_rng([n, paired])
    a = rng.normal(FULL * (1 + edge), spreads[0], size=(EXPERIMENTS, n))
    b = rng.normal(FULL, spreads[1], size=(EXPERIMENTS, n))
    if paired:
        common = rng.normal(0, 0.02, size=(EXPERIMENTS, n))
        a, b = a + common, b + common
    first = 0 if paired else n
    seeds_a, seeds_b = tuple(range(n)), tuple(range(first, first + n))
    return [(Sample(seeds_a, tuple(x)), Sample(seeds_b, tuple(y))) for x, y in zip(a.tolist(), b.tolist(), strict=True)]


def shares(
    n: int, paired: bool, method: str, region: Region, edge: float, spreads: tuple[float, float] = (0.01, 0.01)
) -> dict[Verdict, float]:
    counts = Counter(
        judge(difference(a, b, scale=FULL, method=method), region, ALPHA).verdict
        for a, b in experiments(n, paired, edge, spreads)
    )
    return {verdict: counts[verdict] / EXPERIMENTS for verdict in Verdict}


@pytest.mark.parametrize("n", [3, 5, 8])
@pytest.mark.parametrize("paired", [True, False], ids=["paired", "unpaired"])
@pytest.mark.parametrize("method", ["t", "bootstrap", "permutation"])
def test_an_effect_on_the_edge_of_non_inferiority_is_rarely_decided(method: str, paired: bool, n: int) -> None:
    found = shares(n, paired, method, NON_INFERIORITY, edge=-0.02)
    assert found[Verdict.SUPPORTED] <= TOLERATED
    assert found[Verdict.REFUTED] <= TOLERATED
    underpowered = method != "t" and paired and n == 3
    assert (found[Verdict.INCONCLUSIVE] == 1) == underpowered


@pytest.mark.parametrize("n", [3, 5, 8])
@pytest.mark.parametrize("edge", [-0.02, 0.02])
@pytest.mark.parametrize("paired", [True, False], ids=["paired", "unpaired"])
def test_an_effect_on_an_edge_of_equivalence_is_rarely_supported(paired: bool, edge: float, n: int) -> None:
    assert shares(n, paired, "t", EQUIVALENCE, edge)[Verdict.SUPPORTED] <= TOLERATED


@pytest.mark.parametrize("n", [3, 5, 8])
def test_welch_stands_arms_of_unequal_spread(n: int) -> None:
    found = shares(n, False, "t", NON_INFERIORITY, edge=-0.02, spreads=(0.03, 0.01))
    assert found[Verdict.SUPPORTED] <= TOLERATED
    assert found[Verdict.REFUTED] <= TOLERATED


@pytest.mark.parametrize(("n", "m"), [(3, 8), (8, 3), (5, 8)])
def test_welch_from_summaries_stands_arms_of_unequal_size(n: int, m: int) -> None:
    rng = np.random.default_rng([n, m])
    supported = 0
    for _ in range(EXPERIMENTS):
        a, b = rng.normal(0.9, 0.01, n), rng.normal(0.9, 0.01, m)
        a_summary = Summary(float(a.mean()), float(a.std(ddof=1)), n)
        b_summary = Summary(float(b.mean()), float(b.std(ddof=1)), m)
        supported += judge(difference(a_summary, b_summary), above(0), ALPHA).verdict is Verdict.SUPPORTED
    assert supported / EXPERIMENTS <= TOLERATED


def test_the_bootstrap_of_three_pairs_needs_its_floor() -> None:
    errors = 0
    for a, b in experiments(3, True, 0.0, (0.01, 0.01)):
        pairs = {seed: x - y for seed, x, y in zip(a.seeds, a.scores, b.scores, strict=True)}
        errors += (1 + int((bootstrap_thresholds(pairs) <= 0).sum())) / 10_000 <= ALPHA
    assert errors / EXPERIMENTS > TOLERATED
