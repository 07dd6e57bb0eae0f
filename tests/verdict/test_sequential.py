"""Looking several times must not err more often than looking once: simulated, at truths on and off the edges."""

import math

import numpy as np
import pytest

from lth.errors import UsageError
from lth.verdict import Region, Verdict, above, difference, judge, within
from lth.verdict.samples import Sample
from lth.verdict.sequential import Look, at_level, looks

ALPHA, MOST, RUNS = 0.05, 8, 2_000
TOLERATED = ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / RUNS)


@pytest.mark.parametrize(("most", "seeds"), [(3, [3]), (4, [3, 4]), (8, [3, 5, 8]), (20, [3, 5, 8, 13, 20])])
def test_looks_begin_with_three_seeds_and_end_with_the_most(most: int, seeds: list[int]) -> None:
    assert [look.seeds for look in looks(ALPHA, most)] == seeds


@pytest.mark.parametrize("most", [3, 5, 8, 20])
def test_all_looks_together_spend_alpha(most: int) -> None:
    assert sum(look.alpha for look in looks(ALPHA, most)) == pytest.approx(ALPHA)


def test_fewer_seeds_than_the_first_look_takes_are_refused() -> None:
    with pytest.raises(
        UsageError, match=r"^at most 2 seeds, added while a verdict is open; expected at least 3; raise the maximum$"
    ):
        looks(ALPHA, 2)


def sequential(truth: float, region: Region, seed: int) -> dict[Verdict, float]:
    """Shares of verdicts, each from the first look that decides, of paired arms with that true difference."""
    rng = np.random.default_rng([seed, 1])
    counts = dict.fromkeys(Verdict, 0)
    for differences in rng.normal(truth, 0.015, size=(RUNS, MOST)):
        for look in looks(ALPHA, MOST):
            seeds = tuple(range(look.seeds))
            a = Sample(seeds, tuple(0.9 + differences[: look.seeds]))
            verdict = judge(difference(a, Sample(seeds, (0.9,) * look.seeds)), region, look.alpha).verdict
            if verdict is not Verdict.INCONCLUSIVE:
                break
        counts[verdict] += 1
    return {verdict: count / RUNS for verdict, count in counts.items()}


@pytest.mark.slow
@pytest.mark.parametrize("truth", [-0.06, -0.03, -0.02, -0.01, 0.0, 0.03])
def test_a_wrong_verdict_of_non_inferiority_is_rare_at_every_truth(truth: float) -> None:
    found = sequential(truth, above(-0.02), seed=0)
    if truth <= -0.02:
        assert found[Verdict.SUPPORTED] <= TOLERATED
    if truth >= -0.02:
        assert found[Verdict.REFUTED] <= TOLERATED


@pytest.mark.slow
@pytest.mark.parametrize("truth", [-0.04, -0.02, 0.0, 0.02])
def test_a_wrong_verdict_of_equivalence_is_rare_at_every_truth(truth: float) -> None:
    found = sequential(truth, within(0.02), seed=1)
    wrong = Verdict.REFUTED if abs(truth) < 0.02 else Verdict.SUPPORTED
    assert found[wrong] <= TOLERATED


@pytest.mark.slow
def test_looking_every_time_with_the_whole_alpha_would_err_too_often() -> None:
    """What spending is for: three looks at 5 % each err in clearly more than 5 %."""
    rng = np.random.default_rng(2)
    errors = 0
    for differences in rng.normal(0, 0.015, size=(RUNS, MOST)):
        tries = [(tuple(range(n)), tuple(0.9 + differences[:n])) for n in (3, 5, 8)]
        errors += any(
            judge(difference(Sample(seeds, a), Sample(seeds, (0.9,) * len(seeds))), above(0), ALPHA).verdict
            is Verdict.SUPPORTED
            for seeds, a in tries
        )
    assert errors / RUNS > TOLERATED


def test_a_looks_p_values_are_scaled_to_the_whole_alpha() -> None:
    a = Sample((0, 1, 2), (0.93, 0.94, 0.95))
    found = judge(difference(a, Sample((0, 1, 2), (0.9, 0.9, 0.9))), above(0), 0.01)
    scaled = at_level(found, Look(3, 0.01), 0.05)
    assert scaled.p_support == pytest.approx(5 * found.p_support)
    assert scaled.p_refute == 1.0
    assert scaled.interval == found.interval
