"""Claims that could not have failed are not judged; verdicts that turn on collapsed runs stay open."""

import math

import pytest

from lth.claims.effects import POINTS, Assertion, difference
from lth.evidence.decide import Decision, decide_one
from lth.verdict import Verdict, above, within
from lth.verdict.rule import Rule
from tests.evidence.made_up import MadeUp, arm, declare

AROUND = (-0.004, 0.002, 0.006, -0.002, -0.002)
MAJORITY = 0.684


def around(mean: float) -> tuple[float, ...]:
    """Five scores with this mean."""
    return tuple(mean + step for step in AROUND)


def on(assertion: Assertion, majority: float, **scores: tuple[float, ...]) -> Decision:
    """The decision on scores of sst2."""
    evidence = MadeUp({f"sst2 {name}": each for name, each in scores.items()}, majority)
    return decide_one(declare(assertion=assertion), evidence, Rule())


def mrpc(assertion: Assertion) -> Decision:
    """MRPC where the full model has learnt a little (.741, majority .684), and all other arms nothing."""
    others = {name: around(MAJORITY) for name in ("good", "bad", "super")}
    return on(assertion, MAJORITY, full=around(0.741), **others)


# ---- both sides of the assay ----


def test_bad_subnetworks_are_not_as_good_as_good_ones_where_the_good_ones_learnt_nothing() -> None:
    decision = mrpc(difference(arm("bad"), arm("good"), unit=POINTS).lies_in(above(-10)))
    assert decision.verdict is Verdict.NOT_RUN
    assert decision.judgement is None
    assert decision.reason == ("the control good (0.684 over 5 seeds) does not beat the majority baseline (0.684)")


def test_nothing_is_within_15_points_of_a_full_model_that_is_6_points_above_the_baseline() -> None:
    # .684 - .741 = -5.7 points: the constant answer lies in the region, too.
    decision = mrpc(difference(arm("super"), arm("full"), unit=POINTS).lies_in(above(-15)))
    assert decision.verdict is Verdict.NOT_RUN
    assert decision.reason == (
        "an arm at the majority baseline (0.684) would support the claim, so its support says nothing"
    )


@pytest.mark.parametrize(
    ("assertion", "judged"),
    [
        # .684 / .741 - 1 = -7.7 %, and .684 / .741 = 92.3 %.
        (difference(arm("bad"), arm("full")).lies_in(above(-0.08)), False),
        (difference(arm("bad"), arm("full")).lies_in(above(-0.07)), True),
        (difference(arm("bad"), arm("full")).lies_in(within(0.08)), False),
        (difference(arm("bad"), arm("full")).lies_in(within(0.02)), True),
        (difference(arm("bad"), arm("full"), share=0.9).lies_in(above(0)), False),
        (difference(arm("bad"), arm("full"), share=0.95).lies_in(above(0)), True),
        (difference(arm("bad"), arm("full"), unit=POINTS).lies_in(above(-5.6)), True),
        (difference(arm("bad"), arm("full"), unit=POINTS).lies_in(above(-5.8)), False),
    ],
)
def test_a_claim_is_judged_if_a_constant_answer_would_not_support_it(assertion: Assertion, judged: bool) -> None:
    decision = mrpc(assertion)
    assert (decision.judgement is not None) is judged
    assert decision.verdict is (Verdict.REFUTED if judged else Verdict.NOT_RUN)


def test_superiority_over_a_control_that_learnt_nothing_is_a_finding() -> None:
    beats = difference(arm("imp"), arm("random")).lies_in(above(0))
    decision = on(beats, MAJORITY, imp=around(0.74), random=around(MAJORITY), full=around(0.741))
    assert decision.verdict is Verdict.SUPPORTED


def test_a_control_that_learnt_something_is_enough() -> None:
    match = difference(arm("bad"), arm("good"), unit=POINTS).lies_in(above(-2))
    decision = on(match, MAJORITY, bad=around(0.739), good=around(0.74), full=around(0.75))
    assert decision.verdict is Verdict.SUPPORTED


def test_a_control_with_a_run_without_a_score_supports_nothing() -> None:
    match = difference(arm("bad"), arm("good")).lies_in(above(-0.02))
    good = (*around(0.74)[:4], math.nan)
    decision = on(match, MAJORITY, bad=around(0.74), good=good, full=around(0.75))
    assert decision.verdict is not Verdict.SUPPORTED


# ---- collapsed runs ----

FULL = (0.90, 0.91, 0.92, 0.91, 0.90, 0.91, 0.92, 0.91)
MATCH = difference(arm("imp"), arm("full")).lies_in(above(-0.02))
BEAT = difference(arm("imp"), arm("random")).lies_in(above(0))


def with_collapsed(runs: int, others: float = 0.91) -> tuple[float, ...]:
    """Eight scores of which the first `runs` are at the baseline of .5."""
    return tuple(0.5 if at < runs else others + 0.002 * (at % 2) for at in range(8))


def test_a_refutation_that_only_collapsed_runs_make_stays_open() -> None:
    # Five of eight collapse: the mean is 26 points lower. The other three match the full model.
    decision = on(MATCH, 0.5, imp=with_collapsed(5), full=FULL)
    assert decision.judgement
    assert decision.judgement.verdict is Verdict.REFUTED
    assert (decision.verdict, decision.adjusted) == (Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE)
    assert decision.reason == "turns on 5 collapsed runs"
    assert decision.agrees is None


def test_a_support_that_only_the_controls_collapsed_runs_make_stays_open() -> None:
    decision = on(BEAT, 0.5, imp=FULL, random=with_collapsed(5, others=0.912), full=FULL)
    assert decision.judgement
    assert decision.judgement.verdict is Verdict.SUPPORTED
    assert (decision.verdict, decision.reason) == (Verdict.INCONCLUSIVE, "turns on 5 collapsed runs")


def test_a_verdict_that_is_reached_again_without_collapsed_runs_stays() -> None:
    decision = on(MATCH, 0.5, imp=with_collapsed(5, others=0.8), full=FULL)
    assert (decision.verdict, decision.reason) == (Verdict.REFUTED, "")


def test_a_verdict_stays_where_too_few_runs_are_left_without_the_collapsed_ones() -> None:
    decision = on(MATCH, 0.5, imp=with_collapsed(6), full=FULL)
    assert (decision.verdict, decision.reason) == (Verdict.REFUTED, "")


def test_one_collapsed_run_is_named_as_one() -> None:
    # Differences .02, .10, .16 and .20: t = 3.06, above t(.95, 3 df) = 2.35. Without the last: 2.30, below 2.92 (2 df).
    decision = on(BEAT, 0.5, imp=(0.7,) * 4, random=(0.68, 0.60, 0.54, 0.50), full=FULL[:4])
    assert (decision.verdict, decision.reason) == (Verdict.INCONCLUSIVE, "turns on 1 collapsed run")


def test_a_replicate_is_set_aside_in_all_arms_and_each_of_its_collapsed_runs_counts() -> None:
    # All three arms collapse in the last seed. Without it: differences .02, .10, .16, as above.
    random, full = (0.68, 0.60, 0.54, 0.30), (*FULL[:3], 0.5)
    decision = on(BEAT, 0.5, imp=(0.7, 0.7, 0.7, 0.5), random=random, full=full)
    assert (decision.verdict, decision.reason) == (Verdict.INCONCLUSIVE, "turns on 3 collapsed runs")
