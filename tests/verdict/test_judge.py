import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from lth.errors import UsageError
from lth.verdict import Interval, Judgement, Verdict, above, difference, holm, judge, within
from lth.verdict.samples import Summary

SUPPORTED, REFUTED, INCONCLUSIVE = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INCONCLUSIVE


def judgement(p_support: float, p_refute: float) -> Judgement:
    verdict = SUPPORTED if p_support <= 0.05 else REFUTED if p_refute <= 0.05 else INCONCLUSIVE
    return Judgement(Interval(0, -1, 1, "by hand", 0.05), verdict, p_support, p_refute)


def test_equivalence_needs_both_edges_cleared_and_its_refutation_one() -> None:
    effect = difference(Summary(0.91, 0.01, 5), Summary(0.90, 0.01, 5))
    result = judge(effect, within(0.02), 0.05)
    assert result.p_support == max(effect.p_greater(-0.02), effect.p_less(0.02))
    assert result.p_refute == pytest.approx(min(effect.p_less(-0.02), effect.p_greater(0.02)))
    assert result.interval == effect.interval(0.05)


def test_a_clear_effect_is_judged_and_its_ps_say_how_clearly() -> None:
    result = judge(difference(Summary(0.9, 0.01, 5), Summary(0.5, 0.01, 5)), above(0), 0.05)
    assert result.verdict is SUPPORTED
    assert result.p_support < 1e-6
    assert result.p_refute == pytest.approx(1 - result.p_support)


def test_holms_steps_by_hand() -> None:
    # Sorted .01, .02, .04 at alpha = .05 meet .05/3 = .0167, .05/2 = .025 and .05: all pass.
    # With .03 for .02 the second step fails (.03 > .025), and with it every later one.
    assert holm([judgement(p, 0.9) for p in (0.04, 0.01, 0.02)], 0.05) == [SUPPORTED] * 3
    assert holm([judgement(p, 0.9) for p in (0.04, 0.01, 0.03)], 0.05) == [INCONCLUSIVE, SUPPORTED, INCONCLUSIVE]


def test_refutations_are_corrected_like_supports() -> None:
    family = [judgement(0.99, 0.04), judgement(0.99, 0.01), judgement(0.001, 0.999)]
    assert holm(family, 0.05) == [INCONCLUSIVE, REFUTED, SUPPORTED]


def test_a_family_of_one_is_not_corrected_and_one_of_none_is_empty() -> None:
    assert holm([judgement(0.05, 0.95)], 0.05) == [SUPPORTED]
    assert holm([judgement(0.95, 0.05)], 0.05) == [REFUTED]
    assert holm([], 0.05) == []


def test_a_family_with_nothing_to_reject_stays_inconclusive() -> None:
    assert holm([judgement(0.5, 0.5), judgement(0.06, 0.94)], 0.05) == [INCONCLUSIVE] * 2


def test_an_impossible_alpha_is_an_error() -> None:
    with pytest.raises(UsageError, match=r"^alpha 0.7; expected a number between 0 and 0.5"):
        holm([], 0.7)
    with pytest.raises(UsageError, match=r"^alpha 0; expected"):
        judge(difference(Summary(0.9, 0.1, 3), Summary(0.5, 0.1, 3)), above(0), 0.0)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=8), st.sampled_from([0.01, 0.05, 0.2]))
def test_a_correction_only_weakens(ps: list[float], alpha: float) -> None:
    family = [judgement(p, 1 - p) for p in ps]
    for before, after in zip(family, holm(family, alpha), strict=True):
        assert after in (before.verdict, INCONCLUSIVE)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0, 1))
def test_a_larger_family_never_strengthens_a_verdict_with_a_p_that_is_no_smaller(ps: list[float], more: float) -> None:
    family = [judgement(p, 0.9) for p in ps]
    wider = holm([*family, judgement(max(*ps, more), 0.9)], 0.05)
    for before, after in zip(holm(family, 0.05), wider[: len(ps)], strict=True):
        assert after in (before, INCONCLUSIVE)


@settings(max_examples=25)
@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_rejects_what_statsmodels_rejects(p_values: list[float]) -> None:
    family = [judgement(p, 1.0) for p in p_values]
    rejected = multipletests(p_values, alpha=0.05, method="holm")[0] if p_values else []
    assert [verdict is SUPPORTED for verdict in holm(family, 0.05)] == list(rejected)
