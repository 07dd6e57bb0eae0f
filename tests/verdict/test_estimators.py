"""Published and hand-made examples, then the laws that every method keeps."""

import math
import subprocess
import sys

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lth.errors import EvidenceError, UsageError
from lth.verdict import METHODS, Estimate, Region, Verdict, above, decide, difference, judge, level, share, within
from lth.verdict.samples import Sample, Scores, Summary

# Student (1908), Biometrika 6, 1-25: hours of sleep gained by ten patients under each of two drugs.
DRUG_1 = (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
DRUG_2 = (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
TEN = tuple(range(10))


def sample(*scores: float, first: int = 0) -> Sample:
    return Sample(tuple(range(first, first + len(scores))), scores)


def ends(estimate: Estimate, alpha: float = 0.05) -> tuple[float, float]:
    interval = estimate.interval(alpha)
    return interval.low, interval.high


def test_students_sleep_data_paired() -> None:
    # Differences 1.2 2.4 1.3 1.3 0.0 1.0 1.8 0.8 4.6 1.4: mean 1.58, std 1.23, error 1.23 / sqrt(10) = .389,
    # t = 1.58 / .389 = 4.0621 with 9 df, two-sided p .002833, 95 % interval .7001 to 2.4599 (R: t.test(sleep)).
    effect = difference(Sample(TEN, DRUG_2), Sample(TEN, DRUG_1))
    assert effect.method == "paired t"
    assert effect.value == pytest.approx(1.58)
    assert ends(effect, 0.025) == pytest.approx((0.7001142, 2.4598858), abs=1e-7)
    assert 2 * effect.p_greater(0) == pytest.approx(0.002833, abs=5e-7)


def test_students_sleep_data_as_two_groups() -> None:
    # The same scores taken as unpaired: Welch's t = 1.8608, df = 17.776, two-sided p .07939,
    # 95 % interval -.2055 to 3.3655 (R: t.test(extra ~ group, data = sleep)).
    drug_2 = Sample(tuple(range(10, 20)), DRUG_2)
    effect = difference(drug_2, Sample(TEN, DRUG_1))
    assert effect.method == "Welch t"
    assert effect.spread is not None
    assert effect.spread.df == pytest.approx(17.776, abs=5e-4)
    assert ends(effect, 0.025) == pytest.approx((-0.2054832, 3.3654832), abs=1e-7)
    assert 2 * effect.p_greater(0) == pytest.approx(0.07939, abs=5e-6)


def test_a_paired_interval_step_by_step() -> None:
    # Differences 1, 2, 3: mean 2, std 1, error 1 / sqrt(3) = .57735; t(.95, 2 df) = 2.91999 from any table;
    # half width 2.91999 * .57735 = 1.68585.
    effect = difference(sample(11, 12, 13), sample(10, 10, 10))
    assert ends(effect) == pytest.approx((0.31415, 3.68585), abs=1e-5)


def test_a_welch_interval_from_summaries_step_by_step() -> None:
    # Errors squared: 2² / 4 = 1 and 3 / 3 = 1, together 2. df = 2² / (1²/3 + 1²/2) = 4 / (5/6) = 4.8.
    effect = difference(Summary(5, 2, 4), Summary(2, math.sqrt(3), 3))
    assert effect.spread is not None
    assert effect.spread.error == pytest.approx(math.sqrt(2))
    assert effect.spread.df == pytest.approx(4.8)
    # t(.95, 4.8 df) lies between the tables' 2.132 (4 df) and 2.015 (5 df).
    low, high = ends(effect)
    assert 3 - 2.132 * math.sqrt(2) < low < 3 - 2.015 * math.sqrt(2)
    assert high - 3 == pytest.approx(3 - low)


def test_fishers_count_for_darwins_maize() -> None:
    # Fisher (1935), The Design of Experiments, section 21: heights of 15 pairs of plants differ by these eighths of an
    # inch, sum 314; of the 2¹⁵ = 32,768 choices of signs 863 reach 314 or more (835 exceed it, 28 equal it).
    darwin = (49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48)
    assert sum(darwin) == 314
    effect = difference(sample(*darwin), sample(*[0.0] * 15), method="permutation")
    assert effect.p_greater(0) == 863 / 32_768


def test_an_exact_unpaired_test_step_by_step() -> None:
    # 7, 8, 9 against 1, 2, 3: the highest of the C(6, 3) = 20 divisions, p = 1/20. It stays the highest while
    # 7 - x > 3, the smallest exchange, so the interval at alpha = .05 begins at 4 and ends at 9 - 1 = 8.
    effect = difference(sample(7, 8, 9), sample(1, 2, 3, first=3), method="permutation")
    assert effect.method == "permutation"
    assert effect.p_greater(0) == 0.05
    assert ends(effect) == (4, 8)


def test_a_share_has_fiellers_interval() -> None:
    # N = arm - full: .00, .00, -.01, .02; F = full: .80, .82, .84, .80, means .0025 and .815. At the ends x of the
    # interval, (mean N - x mean F)² = t² (var N - 2 x cov(N, F) + x² var F) / 4 with t(.95, 3 df) = 2.353363.
    arm, full = sample(0.80, 0.82, 0.83, 0.82), sample(0.80, 0.82, 0.84, 0.80)
    var_n, cov, var_f, t2 = 0.000475 / 3, -0.00055 / 3, 0.0011 / 3, 2.353363**2
    a, b, c = 0.815**2 - t2 * var_f / 4, 0.0025 * 0.815 - t2 * cov / 4, 0.0025**2 - t2 * var_n / 4
    root = math.sqrt(b * b - a * c)
    effect = share(((1, arm), (-1, full)), full)
    assert effect.value == pytest.approx(0.0025 / 0.815)
    assert ends(effect) == pytest.approx(((b - root) / a, (b + root) / a), abs=1e-6)


def test_a_share_is_tested_as_a_contrast_and_never_divided_by_a_noisy_mean() -> None:
    # "arm > .9 full" is the paired test of arm - .9 full > 0.
    arm, full = sample(0.75, 0.70, 0.78), sample(0.80, 0.82, 0.84)
    contrasts = sample(*(a - 0.9 * f for a, f in zip(arm.scores, full.scores, strict=True)))
    assert share(((1, arm), (-1, full)), full).p_greater(-0.1) == pytest.approx(level(contrasts).p_greater(0))


def test_a_summary_that_is_both_control_and_unit_is_one_arm() -> None:
    # x = -.1: .85 - .9 × .9 = .04 with error sqrt(.01²/5 + .9² × .02²/5).
    arm, full = Summary(0.85, 0.01, 5), Summary(0.9, 0.02, 5)
    found = share(((1, arm), (-1, full)), full).p_greater(-0.1)
    assert found == pytest.approx(difference(arm, Summary(0.81, 0.018, 5)).p_greater(0))


@pytest.mark.parametrize(
    ("method", "n", "smallest"),
    [("permutation", 3, 0.125), ("permutation", 4, 0.0625), ("permutation", 5, 0.03125), ("bootstrap", 3, 0.125)],
)
def test_an_exact_p_has_a_floor_under_which_a_method_says_underpowered(method: str, n: int, smallest: float) -> None:
    better = sample(*(10 + i for i in range(n)))
    effect = difference(better, sample(*(0.1 * i**2 for i in range(n))), method=method)
    assert effect.smallest_p == smallest
    interval = effect.interval(0.05)
    if smallest > 0.05:
        assert (interval.low, interval.high) == (-math.inf, math.inf)
        assert interval.method == f"paired {method}, underpowered"
        assert interval.reason == f"smallest attainable p {smallest:.3g} with {n} seeds exceeds alpha 0.05"
    else:
        assert interval.low > 0
        assert interval.method == f"paired {method}"


@pytest.mark.parametrize("method", METHODS)
def test_one_seed_decides_nothing(method: str) -> None:
    effect = difference(sample(0.9), sample(0.1), method=method)
    assert effect.value == pytest.approx(0.8)
    assert ends(effect) == (-math.inf, math.inf)
    assert effect.interval(0.05).method == f"paired {'t' if method == 'crossed' else method}, underpowered"
    assert judge(effect, above(0), 0.05).verdict is Verdict.INCONCLUSIVE


def test_a_summary_of_one_seed_decides_nothing() -> None:
    effect = difference(Summary(0.9, 0.0, 1), Summary(0.5, 0.01, 5))
    assert effect.interval(0.05).reason == "an arm has one seed, so nothing is known about its spread"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("broken", [math.nan, math.inf])
@pytest.mark.parametrize("first", [0, 7])
def test_an_arm_with_a_failed_run_decides_nothing_and_no_run_is_dropped(method: str, broken: float, first: int) -> None:
    effect = difference(sample(0.9, 0.9, broken), sample(0.1, 0.2, -broken, first=first), method=method)
    assert math.isnan(effect.value)
    interval = effect.interval(0.05)
    assert interval.reason == "a run has no finite score, so its arm has no mean"
    assert decide(interval, above(0)) is Verdict.INCONCLUSIVE
    assert effect.p_greater(0) == effect.p_less(0) == 1


def test_a_full_model_without_a_mean_gives_no_unit() -> None:
    broken = sample(0.9, math.nan)
    effect = share(((1, sample(0.9, 0.8)), (-1, sample(0.1, 0.2))), broken)
    assert effect.interval(0.05).reason == "a run has no finite score, so its arm has no mean"


@pytest.mark.parametrize("method", METHODS)
def test_equal_differences_in_every_seed_are_a_point_from_five_pairs_and_nothing_before(method: str) -> None:
    # 2⁻⁴ = .0625 and 2⁻⁵ = .03125. .1 + .2 is not .3 for a computer; rounding is no spread.
    def effect(n: int) -> Estimate:
        scores = [0.1 * i for i in range(1, n + 1)]
        return difference(sample(*(score + 0.2 for score in scores)), sample(*scores), method=method)

    assert ends(effect(4)) == (-math.inf, math.inf)
    assert ends(effect(5)) == pytest.approx((0.2, 0.2))
    assert effect(5).p_greater(0) == 0.03125
    assert effect(5).p_less(0) == 1
    assert judge(effect(5), above(0), 0.05).verdict is Verdict.SUPPORTED


def test_arms_that_never_differ_refute_superiority_and_support_equivalence() -> None:
    same = difference(sample(*[0.507] * 5), sample(*[0.507] * 5))
    assert judge(same, above(0), 0.05).verdict is Verdict.REFUTED
    assert judge(same, within(0.02), 0.05).verdict is Verdict.SUPPORTED
    assert judge(same, above(0), 0.05).p_refute == 0.03125


def test_a_spread_in_one_unpaired_arm_is_enough() -> None:
    # All error is the first arm's: sqrt(.01² / 5), with its 4 degrees of freedom.
    effect = difference(Summary(0.9, 0.01, 5), Summary(0.5, 0.0, 9))
    assert effect.spread is not None
    assert effect.spread.df == pytest.approx(4)
    assert effect.spread.error == pytest.approx(0.01 / math.sqrt(5))


def test_the_level_of_one_arm_has_students_interval() -> None:
    assert ends(level(sample(1, 2, 3))) == pytest.approx((0.31415, 3.68585), abs=1e-5)
    assert ends(level(Summary(2, 1, 3))) == pytest.approx((0.31415, 3.68585), abs=1e-5)
    assert level(sample(1, math.nan)).interval(0.05).reason == "a run has no finite score, so its arm has no mean"
    assert level(sample(1)).interval(0.05).low == -math.inf


def test_errors_say_what_to_do() -> None:
    scores, summary = sample(0.5, 0.6), Summary(0.5, 0.1, 5)
    with pytest.raises(
        UsageError, match=r"^no method 'boot'; did you mean 'bootstrap'\? Methods: crossed, t, bootstrap"
    ):
        difference(scores, scores, method="boot")
    with pytest.raises(
        EvidenceError, match=r"^permutation of a mean and std; expected the score of each seed; use the "
    ):
        difference(scores, summary, method="permutation")
    with pytest.raises(EvidenceError, match=r"^mean full score 0; expected a positive number, because effects are sha"):
        share(((1, scores),), sample(0.0, 0.0))
    with pytest.raises(EvidenceError, match=r"^an arm without scores; expected at least one seed; measure it or leave"):
        difference(Sample((), ()), scores)
    many = sample(*(float(i) for i in range(21)))
    with pytest.raises(
        EvidenceError, match=r"^an exact permutation of 21 seeds has more than 1,048,576 rearrangements;"
    ):
        difference(many, sample(*[0.5] * 21), method="permutation")


def test_importing_the_rule_loads_no_numerical_library() -> None:
    heavy = "{'numpy', 'scipy', 'statsmodels', 'pandas', 'torch', 'matplotlib'}"
    code = f"import sys, lth.verdict; print(sorted({heavy} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


# Laws. Scores are thousandths, as on a dev set of 1,000 examples, so that ties and equal arms occur.

score = st.integers(0, 1000).map(lambda thousandth: thousandth / 1000)
methods = st.sampled_from(METHODS)
unhurried = settings(deadline=None)  # the first example imports scipy
shifts = st.integers(-1000, 1000).map(lambda thousandth: thousandth / 1000)


@st.composite
def two_samples(draw: st.DrawFn) -> tuple[Sample, Sample]:
    n = draw(st.integers(2, 7))
    paired = draw(st.booleans())
    m = n if paired else draw(st.integers(2, 7))
    first = 0 if paired else 10
    return (
        sample(*draw(st.lists(score, min_size=n, max_size=n))),
        sample(*draw(st.lists(score, min_size=m, max_size=m)), first=first),
    )


def moved(arm: Sample, by: float, times: float = 1.0) -> Sample:
    return Sample(arm.seeds, tuple(times * (one + by) for one in arm.scores))


@unhurried
@given(two_samples(), methods)
def test_exchanging_the_arms_mirrors_the_interval(arms: tuple[Sample, Sample], method: str) -> None:
    a, b = arms
    low, high = ends(difference(a, b, method=method))
    assert ends(difference(b, a, method=method)) == pytest.approx((-high, -low), abs=1e-12)


@unhurried
@given(two_samples(), methods, shifts)
def test_adding_to_an_arm_adds_to_the_interval(arms: tuple[Sample, Sample], method: str, by: float) -> None:
    a, b = arms
    low, high = ends(difference(a, b, method=method))
    assert ends(difference(moved(a, by), b, method=method)) == pytest.approx((low + by, high + by), abs=1e-9)


@unhurried
@given(two_samples(), methods, st.sampled_from([0.25, 3.0, 100.0]))
def test_a_change_of_unit_is_a_change_of_unit(arms: tuple[Sample, Sample], method: str, times: float) -> None:
    a, b = arms
    low, high = ends(difference(a, b, method=method))
    scaled = difference(moved(a, 0, times), moved(b, 0, times), method=method)
    assert ends(scaled) == pytest.approx((times * low, times * high), abs=1e-9 * times)


@unhurried
@given(two_samples(), methods, st.data())
def test_the_order_of_the_seeds_does_not_matter(arms: tuple[Sample, Sample], method: str, data: st.DataObject) -> None:
    a, b = arms
    order = data.draw(st.permutations(range(a.n)))
    shuffled = Sample(tuple(a.seeds[i] for i in order), tuple(a.scores[i] for i in order))
    assert ends(difference(shuffled, b, method=method)) == ends(difference(a, b, method=method))


@unhurried
@given(two_samples(), methods, st.floats(0.01, 0.49), st.floats(0.01, 0.49))
def test_intervals_are_nested_in_alpha(arms: tuple[Sample, Sample], method: str, one: float, other: float) -> None:
    effect = difference(*arms, method=method)
    (wide_low, wide_high), (low, high) = ends(effect, min(one, other)), ends(effect, max(one, other))
    assert wide_low <= low <= high <= wide_high


@unhurried
@given(two_samples(), methods, shifts, st.sampled_from([0.01, 0.05, 0.1, 0.25]))
def test_the_interval_and_the_p_values_are_one_test(
    arms: tuple[Sample, Sample], method: str, x: float, alpha: float
) -> None:
    effect = difference(*arms, method=method)
    low, high = ends(effect, alpha)
    assume(method not in ("t", "crossed") or min(abs(x - low), abs(x - high)) > 1e-9)
    assert (low > x) == (effect.p_greater(x) <= alpha)
    assert (high < x) == (effect.p_less(x) <= alpha)
    assert min(effect.p_greater(x), effect.p_less(x)) >= effect.smallest_p


@unhurried
@given(two_samples(), methods, shifts, shifts)
def test_p_values_are_monotone_in_the_edge(arms: tuple[Sample, Sample], method: str, one: float, other: float) -> None:
    effect = difference(*arms, method=method)
    left, right = sorted((one, other))
    assert effect.p_greater(left) <= effect.p_greater(right)
    assert effect.p_less(left) >= effect.p_less(right)


@unhurried
@given(two_samples(), methods, st.sampled_from([above(0), above(-0.02), Region(high=0.1), within(0.05), within(0.5)]))
def test_the_verdict_and_the_p_values_agree(arms: tuple[Sample, Sample], method: str, region: Region) -> None:
    effect = difference(*arms, method=method)
    low, high = ends(effect)
    assume(
        method not in ("t", "crossed") or all(min(abs(edge - low), abs(edge - high)) > 1e-9 for edge in region.edges)
    )
    judgement = judge(effect, region, 0.05)
    assert (judgement.verdict is Verdict.SUPPORTED) == (judgement.p_support <= 0.05)
    assert (judgement.verdict is Verdict.REFUTED) == (judgement.p_refute <= 0.05)


@unhurried
@given(st.lists(score, min_size=2, max_size=8), st.lists(score, min_size=2, max_size=8))
def test_a_summary_decides_as_the_unpaired_scores_it_sums_up(one: list[float], other: list[float]) -> None:
    a, b = sample(*one), sample(*other, first=10)
    summaries: list[Scores] = [Summary(arm.mean, arm.std, arm.n) for arm in (a, b)]
    assert ends(difference(summaries[0], summaries[1])) == pytest.approx(ends(difference(a, b)), abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(score, score), min_size=2, max_size=9))
def test_paired_t_is_scipys(pairs: list[tuple[float, float]]) -> None:
    from scipy.stats import ttest_rel

    a, b = sample(*(one for one, _ in pairs)), sample(*(other for _, other in pairs))
    effect = difference(a, b)
    assume("no spread" not in effect.interval(0.1).method and effect.smallest_p == 0)
    expected = ttest_rel(a.scores, b.scores)
    ci = expected.confidence_interval(0.9)
    assert ends(effect) == pytest.approx((float(ci.low), float(ci.high)), abs=1e-9)
