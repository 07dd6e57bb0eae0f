"""The error rate of a change, simulated: both runs have the same true effect, so that every change is wrong.

Neither side may be called in more than alpha of 2,000 pairs of runs, plus three standard errors of that share.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lth.claims.arm_id import ArmId
from lth.document.rows import ClaimRow
from lth.history.changes import compare
from lth.verdict import Region, level
from lth.verdict.samples import Sample
from tests.history.made_up import (
    CONTROL_ARM,
    FULL_ARM,
    IMP_ARM,
    MATCHING,
    arm_rows,
    claim,
    document,
    interval_row,
    region_row,
)
from tests.report.made_up import changed, interval

pytestmark = pytest.mark.slow

ALPHA = 0.05
PAIRS = 2_000
KAPPA = ArmId.parse("s-kappa of heads")
SKELETON = claim((0.9, 0.91), (0.9, 0.92))
TOLERATED = ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / PAIRS)


def shares(pairs: Sequence[tuple[ClaimRow, ClaimRow]]) -> tuple[float, float]:
    """The shares of the pairs in which the new run is called worse and better."""
    found = [compare(document(old), document(new), ALPHA)[0] for old, new in pairs]
    worse, better = sum(each.worse for each in found), sum(each.better for each in found)
    assert worse == sum(each.p_worse <= ALPHA for each in found)
    return worse / len(pairs), better / len(pairs)


def runs(
    sizes: tuple[int, int],
    paired: bool,
    means: tuple[float, float] = (0.9, 0.9),
    spreads: tuple[float, float, float] = (0.01, 0.01, 0.01),
    region: Region = MATCHING,
    moved: float = 0.0,
) -> list[tuple[ClaimRow, ClaimRow]]:
    """Pairs of claims; runs of the same seeds share half of their variance, and arms of one seed some more."""
    rng = np.random.default_rng([*sizes, paired])
    pairs = []
    for _ in range(PAIRS):
        common = rng.normal(0, 0.01, size=(3, sizes[0])) if paired else np.zeros(())
        made = []
        for number, n in enumerate(sizes):
            own = np.array(spreads)[:, None] * rng.normal(size=(3, n))
            arms = np.array([*means, 0.9])[:, None] + own + common + rng.normal(0, 0.01, size=n)
            arms[0] += number * moved
            first = 0 if paired else 100 * number
            made.append(measured(arms, range(first, first + n), region))
        pairs.append((made[0], made[1]))
    return pairs


def measured(arms: Any, seeds: range, region: Region) -> ClaimRow:
    """A claim from scores [imp, control, full; seeds]; its own interval is open, because the scores are used."""
    full = float(arms[2].mean())
    estimate = float((arms[0] - arms[1]).mean()) / full
    return changed(
        SKELETON,
        arms=arm_rows(dict(zip((IMP_ARM, CONTROL_ARM, FULL_ARM), arms.tolist(), strict=True)), seeds),
        full_mean=full,
        interval=interval(SKELETON, estimate=estimate, low=None, high=None, alpha=ALPHA),
        region=region_row(region),
    )


@pytest.mark.parametrize("n", [3, 8])
def test_runs_of_the_same_seeds_are_rarely_called_changed(n: int) -> None:
    assert max(shares(runs((n, n), paired=True))) <= TOLERATED


@pytest.mark.parametrize("sizes", [(3, 3), (3, 8)])
def test_runs_of_other_seeds_are_rarely_called_changed(sizes: tuple[int, int]) -> None:
    assert max(shares(runs(sizes, paired=False))) <= TOLERATED


@pytest.mark.parametrize("paired", [True, False])
def test_a_large_effect_in_a_noisy_unit_is_rarely_called_changed(paired: bool) -> None:
    assert max(shares(runs((5, 5), paired, means=(0.9, 0.45), spreads=(0.005, 0.005, 0.03)))) <= TOLERATED


def test_stored_intervals_without_scores_are_rarely_called_changed() -> None:
    rng = np.random.default_rng(0)
    pairs = []
    for _ in range(PAIRS):
        made = []
        for n in (3, 8):
            scores = tuple(rng.normal(0.5, 0.1, size=n).tolist())
            stored = interval_row(level(Sample(tuple(range(n)), scores)).interval(ALPHA))
            unknown = replace(SKELETON.effect, label="kappa", unit="", interval=stored, terms=())
            made.append(replace(SKELETON, effect=unknown, arms=arm_rows({KAPPA: (0.5,) * n}, range(n))))
        pairs.append((made[0], made[1]))
    assert max(shares(pairs)) <= TOLERATED


def test_a_true_loss_is_found_and_a_true_gain_is_never_called_worse() -> None:
    assert shares(runs((5, 5), paired=True, moved=-0.05))[0] > 0.9
    assert shares(runs((5, 5), paired=True, moved=0.05))[0] == 0
