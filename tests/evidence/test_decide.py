"""Decisions on declared claims, from made-up scores."""

import pytest

from lth.claims.arm_id import ArmId
from lth.claims.effects import POINTS, difference
from lth.evidence.decide import Decision, decide_all
from lth.verdict import Verdict, above
from lth.verdict.rule import Rule
from tests.evidence.made_up import MadeUp, arm, declare

FULL = (0.90, 0.91, 0.92, 0.91, 0.90)


def one(imp: tuple[float, ...], majority: float = 0.5, says: bool | None = True, rule: str | None = None) -> Decision:
    evidence = MadeUp({"sst2 imp": imp, "sst2 full": FULL}, majority)
    (decision,) = decide_all([declare("sst2", says, rule)], evidence, Rule())
    return decision


def test_a_ticket_as_good_as_the_full_model_supports_the_claim() -> None:
    decision = one(imp=(0.91, 0.90, 0.92, 0.91, 0.91))
    assert decision.verdict is Verdict.SUPPORTED
    assert decision.agrees is True


def test_effects_are_shares_of_the_full_models_mean_score() -> None:
    # Differences +.00, -.01, -.02, -.01, +.00: mean -.008, over the full mean .908 that is -.88 %.
    decision = one(imp=(0.90, 0.90, 0.90, 0.90, 0.90))
    assert decision.judgement
    assert decision.judgement.interval.estimate == pytest.approx(-0.008 / 0.908)


def test_effects_in_points_are_a_hundred_times_the_difference() -> None:
    assertion = difference(arm("imp"), arm("full"), unit=POINTS).lies_in(above(-2))
    evidence = MadeUp({"sst2 imp": (0.90, 0.90, 0.90, 0.90, 0.90), "sst2 full": FULL})
    (decision,) = decide_all([declare(assertion=assertion)], evidence, Rule())
    assert decision.judgement
    assert decision.judgement.interval.estimate == pytest.approx(-0.8)
    # The differences' standard deviation is .837, t(.95, 4 df) = 2.132: -.8 - 2.132 × .837 / sqrt(5) = -1.60.
    assert decision.judgement.interval.low == pytest.approx(-1.598, abs=1e-3)
    assert decision.verdict is Verdict.SUPPORTED


def test_a_verdict_covers_dev_examples_where_they_are_known_and_the_method_is_crossed() -> None:
    # Ten examples, of which the ticket misses one more than the full model: always the same one, so seeds agree.
    full, imp = [[1.0] * 9 + [0.0]] * 5, [[0.0] + [1.0] * 8 + [0.0]] * 5
    evidence = MadeUp(
        {"sst2 imp": (0.8,) * 5, "sst2 full": (0.9,) * 5}, by_example={"sst2 imp": imp, "sst2 full": full}
    )
    crossed, by_seed = (decide_all([declare()], evidence, Rule(method=method))[0] for method in ("crossed", "t"))
    assert (by_seed.over, by_seed.verdict) == ("seeds", Verdict.REFUTED)
    assert (crossed.over, crossed.verdict) == ("seeds × examples", Verdict.INCONCLUSIVE)
    assert crossed.seeds_needed is None


def test_the_opposite_of_what_the_paper_says_does_not_agree_with_it() -> None:
    assert one(imp=(0.80, 0.81, 0.80, 0.82, 0.81)).agrees is False
    assert one(imp=(0.80, 0.81, 0.80, 0.82, 0.81), says=False).agrees is True
    assert one(imp=(0.80, 0.81, 0.80, 0.82, 0.81), says=None).agrees is True


def test_nothing_is_concluded_if_the_full_model_does_not_beat_the_majority() -> None:
    decision = one(imp=FULL, majority=0.91)
    assert decision.verdict is Verdict.NOT_RUN
    assert decision.agrees is None
    assert decision.reason == "the full model (0.908 over 5 seeds) does not beat the majority baseline (0.910)"


def test_nothing_is_concluded_if_the_full_model_failed() -> None:
    evidence = MadeUp({"sst2 imp": FULL, "sst2 full": (*FULL[:4], float("nan"))})
    (decision,) = decide_all([declare("sst2")], evidence, Rule())
    assert decision.reason == "1 of 5 runs of the full model gave no score"


def test_an_open_verdict_says_how_many_seeds_would_decide() -> None:
    decision = one(imp=(0.86, 0.95, 0.88, 0.94, 0.89))
    assert decision.verdict is Verdict.INCONCLUSIVE
    assert decision.seeds_needed is not None
    assert decision.seeds_needed > 5


def test_collapsed_runs_are_counted_and_kept() -> None:
    decision = one(imp=(0.91, 0.50, 0.92, 0.91, 0.91))
    assert {str(arm): (count.runs, count.n) for arm, count in decision.collapsed.items()} == {
        "imp": (1, 5),
        "full": (0, 5),
    }
    # 1 - .05^(1/5) = .451 of all runs may collapse, although none of five did.
    assert decision.collapsed[ArmId("full")].high == pytest.approx(0.451, abs=5e-4)
    assert decision.judgement
    assert decision.judgement.interval.estimate < -0.05


def test_the_papers_own_rule_is_evaluated_beside_ours() -> None:
    # full: mean .908, std .0084; .8996 is the least that is within one standard deviation.
    assert one(imp=(0.90,) * 5, rule="within one std").paper_rule is True
    assert one(imp=(0.899,) * 5, rule="within one std").paper_rule is False


def test_the_rows_of_a_claim_on_several_tasks_are_corrected_together() -> None:
    barely = (0.896, 0.912, 0.905, 0.925, 0.885)  # p = .03: enough for one claim, not for the better of two
    alone = MadeUp({"sst2 imp": barely, "sst2 full": FULL})
    assert decide_all([declare("sst2")], alone, Rule())[0].adjusted is Verdict.SUPPORTED
    both = MadeUp(
        {f"{task} {name}": scores for task in ("sst2", "rte") for name, scores in (("imp", barely), ("full", FULL))}
    )
    decisions = decide_all([declare("sst2"), declare("rte")], both, Rule())
    assert [decision.verdict for decision in decisions] == [Verdict.SUPPORTED] * 2
    assert [decision.adjusted for decision in decisions] == [Verdict.INCONCLUSIVE] * 2
    uncorrected = decide_all([declare("sst2"), declare("rte")], both, Rule(correction="none"))
    assert [decision.adjusted for decision in uncorrected] == [Verdict.SUPPORTED] * 2


def test_other_claims_on_the_same_task_are_not_of_the_family() -> None:
    barely = (0.896, 0.912, 0.905, 0.925, 0.885)
    evidence = MadeUp({"sst2 imp": barely, "sst2 full": FULL})
    decisions = decide_all([declare(id="chen-1"), declare(id="chen-4")], evidence, Rule())
    assert [decision.adjusted for decision in decisions] == [Verdict.SUPPORTED] * 2
