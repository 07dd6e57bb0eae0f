import math
from dataclasses import replace
from statistics import fmean
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from lth.claims.effects import PLAIN
from lth.document.rows import ArmRow, ClaimRow, Document, IntervalRow, OptionsRow, Term
from lth.errors import EvidenceError, UsageError
from lth.history.changes import UNCHANGED, Change, circumstances, compare
from lth.verdict import above, below, within
from tests.history.made_up import CONTROL_ARM, FULL_ARM, IMP_ARM, claim, document, not_run, plain
from tests.report.made_up import changed, interval

IMP, CONTROL = (0.90, 0.92, 0.91, 0.93, 0.89), (0.90, 0.90, 0.91, 0.91, 0.90)
LESS = (0.85, 0.86, 0.86, 0.87, 0.83)


def change(old: ClaimRow, new: ClaimRow) -> Change:
    (found,) = compare(document(old), document(new))
    return found


def test_runs_of_equal_scores_have_a_change_of_exactly_zero() -> None:
    found = change(claim(IMP, CONTROL), claim(IMP, CONTROL))
    assert found.interval
    assert (found.interval.estimate, found.interval.low, found.interval.high) == (0, 0, 0)
    assert not found.beyond_noise
    assert found.p_worse == 1


def test_three_seeds_of_equal_scores_have_a_change_of_zero_too() -> None:
    found = change(claim(IMP[:3], CONTROL[:3]), claim(IMP[:3], CONTROL[:3]))
    assert found.interval
    assert (found.interval.low, found.interval.high) == (0, 0)


def test_the_order_of_seeds_does_not_matter() -> None:
    turned = claim(IMP[::-1], CONTROL[::-1], seeds=(4, 3, 2, 1, 0))
    assert not change(claim(IMP, CONTROL), turned).beyond_noise
    assert change(claim(LESS, CONTROL), turned).interval == change(claim(LESS, CONTROL), claim(IMP, CONTROL)).interval


def test_effects_without_any_spread_differ_by_a_single_number() -> None:
    steady, lower = (0.9,) * 5, (0.81,) * 5
    for seeds in (range(5), range(5, 10)):
        found = change(claim(steady, steady), claim(lower, steady, seeds=seeds))
        assert found.interval
        assert (found.interval.low, found.interval.high) == pytest.approx((-0.1, -0.1))
        assert not change(claim(lower, lower), claim(steady, steady, seeds=seeds)).beyond_noise


def test_runs_of_the_same_seeds_are_paired_by_seed() -> None:
    found = change(claim(IMP, CONTROL), claim(LESS, CONTROL))
    # By hand: the full model scores 0.9 in every run and seed, so a seed's change is (new imp - old imp) / 0.9.
    moves = [(new - old) / 0.9 for new, old in zip(LESS, IMP, strict=True)]
    expected = stats.ttest_1samp(moves, 0).confidence_interval(0.9)
    assert found.interval
    assert found.interval.method == "paired t"
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high))
    assert found.worse
    assert found.p_worse == pytest.approx(stats.ttest_1samp(moves, 0, alternative="less").pvalue)


def test_the_terms_say_what_an_effect_is_made_of_and_not_its_label() -> None:
    old, new = claim(IMP, CONTROL), claim(LESS, CONTROL)
    renamed = replace(new, effect=replace(new.effect, label="the ticket against its control"))
    assert change(old, renamed).interval == change(old, new).interval


def test_a_term_counts_with_its_factor() -> None:
    full, other = (0.90, 0.92, 0.88, 0.94, 0.86), (0.85, 0.87, 0.83, 0.88, 0.81)

    def made(imp: tuple[float, ...], full: tuple[float, ...]) -> ClaimRow:
        known = claim(imp, CONTROL, full, interval=IntervalRow("t", 0.05, fmean(imp) - 0.9 * fmean(full)), unit=PLAIN)
        return replace(known, effect=replace(known.effect, terms=(Term(1.0, IMP_ARM), Term(-0.9, FULL_ARM))))

    # By hand: a seed's effect is imp - .9 full, in each run.
    before = [imp - 0.9 * unit for imp, unit in zip(IMP, full, strict=True)]
    after = [imp - 0.9 * unit for imp, unit in zip(LESS, other, strict=True)]
    expected = stats.ttest_rel(after, before).confidence_interval(0.9)
    found = change(made(IMP, full), made(LESS, other)).interval
    assert found
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_runs_of_other_seeds_are_compared_by_welch() -> None:
    found = change(claim(IMP, CONTROL), claim(LESS, CONTROL, seeds=range(5, 10)))
    effects = [[(a - b) / 0.9 for a, b in zip(imp, CONTROL, strict=True)] for imp in (LESS, IMP)]
    expected = stats.ttest_ind(*effects, equal_var=False).confidence_interval(0.9)
    assert found.interval
    assert found.interval.method == "Welch t"
    assert (found.interval.low, found.interval.high) == pytest.approx((expected.low, expected.high))


def test_the_number_of_seeds_may_change() -> None:
    found = change(claim(IMP, CONTROL), claim(LESS[:3], CONTROL[:3], seeds=range(3)))
    assert found.interval
    assert found.interval.method == "Welch t"
    assert found.worse


def test_stored_intervals_without_scores_are_read_as_students() -> None:
    # By hand: half widths .02 with 4 and .01 with 7 degrees of freedom, each divided by t of its own at .95.
    errors = 0.02 / stats.t.ppf(0.95, 4), 0.01 / stats.t.ppf(0.95, 7)
    total = errors[0] ** 2 + errors[1] ** 2
    half = stats.t.ppf(0.95, total**2 / (errors[0] ** 4 / 4 + errors[1] ** 4 / 7)) * math.sqrt(total)
    found = change(plain(0.5, 0.48, 0.52, n=5), plain(0.4, 0.39, 0.41, n=8))
    assert found.interval
    assert (found.interval.low, found.interval.high) == pytest.approx((-0.1 - half, -0.1 + half))
    assert found.p_worse == pytest.approx(
        stats.t.cdf(
            -0.1 / math.sqrt(total), total**2 / sum(error**4 / df for error, df in zip(errors, (4, 7), strict=True))
        )
    )


def test_the_ends_of_intervals_that_are_not_symmetric_face_each_other() -> None:
    found = change(plain(0.5, 0.30, 0.51), plain(0.6, 0.59, 0.90))
    assert found.interval
    # The change is least where the old effect is high (+.01) and the new one low (-.01): a short way down.
    assert found.interval.low > 0
    assert found.interval.high - 0.1 > 10 * (0.1 - found.interval.low)


def test_an_effect_edited_by_hand_is_compared_as_it_is() -> None:
    edited = claim(IMP, CONTROL)
    edited = changed(edited, interval=interval(edited, estimate=0.2, low=0.19, high=0.21))
    found = change(edited, claim(IMP, CONTROL))
    assert found.interval
    assert found.interval.estimate == pytest.approx(-0.2 + (sum(IMP) - sum(CONTROL)) / 5 / 0.9)
    assert found.worse


def test_the_noise_of_the_full_score_counts_where_it_is_the_unit() -> None:
    full, other = (0.90, 0.92, 0.88, 0.94, 0.86), (0.85, 0.87, 0.83, 0.89, 0.81)
    steady, chance = (0.901, 0.9, 0.9, 0.9, 0.899), (0.5,) * 5
    found = change(claim(steady, chance, full), claim(steady, chance, other, seeds=range(5, 10)))
    assert found.interval
    # The control is constant, so the effect's spread is that of `steady`, .0007 / .9, but for that of its unit:
    # 90 % intervals of .0016 without, and of about 2 x 1.86 x sqrt(2) x .46 x .032 / .87 / sqrt(5) = .039 with it.
    assert found.interval.estimate == pytest.approx(0.4 / 0.85 - 0.4 / 0.90)
    assert found.interval.high - found.interval.low == pytest.approx(0.039, abs=0.002)


def test_unpaired_arms_keep_the_degrees_of_freedom_of_their_parts() -> None:
    def made(imp: tuple[float, ...]) -> ClaimRow:
        arms = (ArmRow(IMP_ARM, mean=sum(imp) / 5, std=0.01, n=5), ArmRow(CONTROL_ARM, mean=0.9, std=0.02, n=3))
        wide = interval(claim(imp, CONTROL), estimate=sum(imp) / 5 - 0.9, low=-1.0, high=1.0)
        return claim(imp, CONTROL, arms=arms, interval=wide, unit="")

    found = change(made(IMP), made(LESS))
    parts = [(0.01**2 / 5, 4), (0.02**2 / 3, 2)] * 2
    total = sum(part for part, _ in parts)
    half = stats.t.ppf(0.95, total**2 / sum(part**2 / df for part, df in parts)) * math.sqrt(total)
    assert found.interval
    assert found.interval.high - found.interval.low == pytest.approx(2 * half)


def test_an_open_interval_leaves_the_change_open() -> None:
    found = change(plain(0.5, None, None), plain(0.4, 0.39, 0.41))
    assert found.interval
    assert (found.interval.low, found.interval.high) == (-math.inf, math.inf)
    assert found.interval.reason == "one of the effects has an open interval"
    assert not found.beyond_noise
    assert found.p_worse == 1


def test_an_effect_between_tasks_is_the_same_where_all_scores_are() -> None:
    found = change(plain(0.5, 0.4, 0.6), plain(0.5, 0.4, 0.6))
    assert found.interval
    assert (found.interval.low, found.interval.high) == (0, 0)


def test_one_seed_shows_no_change_beyond_noise() -> None:
    old, new = plain(0.5, None, None, n=1), plain(0.1, None, None, n=1)
    assert not change(old, new).beyond_noise


def test_a_claim_that_was_not_run_has_no_change_of_effect() -> None:
    absent = not_run(claim(IMP, CONTROL))
    for old, new in ((absent, claim(IMP, CONTROL)), (claim(IMP, CONTROL), absent), (absent, absent)):
        found = change(old, new)
        assert found.interval is None
        assert found.p_worse == 1
        assert not found.worse
        assert found.verdict_differs == (old.verdict is not new.verdict)


def test_effects_of_different_units_are_not_compared() -> None:
    assert change(claim(IMP, CONTROL), claim(IMP, CONTROL, unit="")).interval is None


def test_claims_of_one_run_only_are_kept() -> None:
    first, second = claim(IMP, CONTROL), claim(IMP, CONTROL, row="5%")
    gone, new = (
        compare(document(first, claim(IMP, CONTROL, id="x")), document(second, first))[2],
        compare(document(first), document(second, first))[0],
    )
    assert (gone.claim.id, gone.new) == ("x", None)
    assert (new.claim.row, new.old) == ("5%", None)
    assert not gone.verdict_differs
    assert not new.beyond_noise


@pytest.mark.parametrize("part", ["id", "row", "task", "model", "source"])
def test_a_claim_is_the_same_only_if_its_whole_key_is(part: str) -> None:
    changes = compare(document(claim(IMP, CONTROL)), document(claim(IMP, CONTROL, **{part: "other"})))
    assert [change.in_both for change in changes] == [False, False]


def test_a_claim_stays_the_same_where_its_sentence_its_data_or_its_arms_change() -> None:
    new = claim(IMP, CONTROL, statement="IMP wins", data="hub", arms=())
    assert [change.in_both for change in compare(document(claim(IMP, CONTROL)), document(new))] == [True]


def test_a_run_without_a_score_does_not_make_equal_runs_differ() -> None:
    def made() -> ClaimRow:
        lost = ArmRow(FULL_ARM, (0, 1, 2), (0.9, None, 0.9))
        return plain(0.5, 0.4, 0.6, arms=(lost,))

    found = change(made(), made()).interval
    assert found
    assert found.method == UNCHANGED


@pytest.mark.parametrize(
    ("region", "worse"),
    [(above(-0.02), True), (below(0.4), False), (within(0.5), True)],
    ids=["above", "below", "both"],
)
def test_worse_is_away_from_the_claimed_region(region: Any, worse: bool) -> None:
    found = change(claim(IMP, CONTROL, region=region), claim(LESS, CONTROL, region=region))
    assert found.beyond_noise
    assert found.worse is worse
    assert (found.p_worse < 0.05) is worse


def test_towards_the_middle_of_a_region_with_two_edges_is_better() -> None:
    region = within(0.02)
    found = change(claim(LESS, CONTROL, region=region), claim(IMP, CONTROL, region=region))
    assert found.beyond_noise
    assert found.better
    assert not found.worse
    assert found.p_worse > 0.99


scores = st.lists(st.floats(0.1, 1).map(lambda score: round(score, 3)), min_size=5, max_size=5).map(tuple)


@given(scores, scores, scores, st.sampled_from([above(0), below(0), within(0.1)]))
def test_an_interval_excludes_zero_for_the_worse_where_p_is_at_most_alpha(old, new, control, region) -> None:
    assume(len(set(old)) > 1 and len(set(new)) > 1)
    found = change(claim(old, control, region=region), claim(new, control, region=region, seeds=range(5, 10)))
    assume(found.interval and abs(found.p_worse - 0.05) > 1e-9 and found.interval.low < found.interval.high)
    assert found.worse == (found.p_worse < 0.05)


@given(scores, scores, scores)
def test_a_change_and_its_reverse_are_mirror_images(old, new, control) -> None:
    there, back = change(claim(old, control), claim(new, control)), change(claim(new, control), claim(old, control))
    assert there.interval
    assert back.interval
    assert there.interval.low == pytest.approx(-back.interval.high)
    assert there.worsening
    assert back.worsening
    assert there.worsening.estimate == pytest.approx(-back.worsening.estimate)


def test_other_differences_between_two_runs_are_listed() -> None:
    def made(lr: int, evidence: str, **environment: str) -> Document:
        options = OptionsRow(margin=0.02, recipe={"lr": lr, "epochs": 3}, evidence=evidence)
        return document(options=options, environment=environment)

    old, new = made(2, "", torch="2.12"), made(5, "mine")
    assert circumstances(old, new) == ["recipe.lr 2 -> 5", "torch 2.12 -> unknown", "evidence unknown -> mine"]
    assert circumstances(document(), document()) == []


def test_options_that_differ_are_named_and_written_as_a_reader_knows_them() -> None:
    old = document(options=OptionsRow(tasks=("sst2",), seeds=(0, 1), searched_on="dev"))
    by_task = {"sst2": {"train_examples": 100}}
    new = document(options=OptionsRow(tasks=("sst2", "cola"), recipe_by_task=by_task))
    assert circumstances(old, new) == [
        "task sst2 -> sst2, cola",
        "seeds 0, 1 -> unknown",
        "searched on dev -> unknown",
        "recipe by task.sst2.train_examples unknown -> 100",
    ]


def test_an_arm_whose_scores_cannot_be_judged_is_named() -> None:
    broken = claim(IMP, CONTROL, arms=(ArmRow(FULL_ARM, (0, 1), (0.9,)),))
    with pytest.raises(EvidenceError) as caught:
        change(claim(IMP, CONTROL), broken)
    assert str(caught.value) == "claim chen-1 on sst2, arm full: 2 seeds with 1 scores; give one score per seed"


def test_a_run_that_has_a_claim_twice_is_refused() -> None:
    with pytest.raises(EvidenceError, match="claim chen-1 on sst2 is twice in one run; expected it once"):
        compare(document(), document(claim(IMP, CONTROL), claim(LESS, CONTROL)))


def test_an_alpha_of_a_half_or_more_is_refused() -> None:
    with pytest.raises(UsageError, match=r"alpha 0\.7; expected a number between 0 and 0\.5"):
        compare(document(), document(), alpha=0.7)
