import doctest
from collections.abc import Sequence

import pytest

from lth.document.rows import ClaimRow
from lth.errors import UsageError
from lth.history import conditions
from lth.history.changes import Change, compare
from lth.history.conditions import failures, parse, unmatched
from lth.verdict import Verdict, below
from tests.history.made_up import claim, document, not_run

GOOD, CONTROL = (0.91, 0.91, 0.92, 0.92, 0.90), (0.90, 0.91, 0.92, 0.91, 0.90)
NOISY = (0.90, 0.92, 0.91, 0.92, 0.90)
FALLEN = (0.80, 0.81, 0.82, 0.81, 0.79)


def failing(*conditions: str, new: ClaimRow | None = None) -> list[str]:
    changes = compare(document(claim(GOOD, CONTROL)), document(new or claim(FALLEN, CONTROL)))
    return failed(changes, *conditions)


def failed(changes: Sequence[Change], *conditions: str) -> list[str]:
    return failures(changes, [parse(text) for text in conditions])


def test_the_example_in_the_docstring_holds() -> None:
    results = doctest.testmod(conditions)
    assert (results.attempted, results.failed) == (1, 0)


def test_a_verdict_that_differs_fails_in_one_line_with_both_verdicts_and_intervals() -> None:
    (line,) = failing("verdict")
    # By hand: by seed the new effect is -.1, -.1, -.1, -.1, -.11 and the change -.11, -.1, -.1, -.11, -.11, all of .9;
    # their standard errors are .00222 and .00272, and t of 4 degrees of freedom is 2.132 at .95.
    assert line == (
        "chen-1 on sst2 (measured): SUPPORTED +0.4 [-0.1, +1.0] -> REFUTED -11.3 [-11.8, -10.9], "
        "change -11.8 [-12.4, -11.2], p of worse 8.5e-07; fails verdict"
    )


def test_a_baseline_edited_by_hand_fails_by_its_verdict() -> None:
    old = claim(GOOD, CONTROL, verdict=Verdict.INCONCLUSIVE)
    (line,) = failed(compare(document(old), document(claim(GOOD, CONTROL))), "verdict")
    assert line.startswith("chen-1 on sst2 (measured): INCONCLUSIVE +0.4 [")
    assert " -> SUPPORTED +0.4 [" in line


@pytest.mark.parametrize("verdict", [Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.NOT_RUN])
def test_any_difference_of_verdicts_counts_in_both_directions(verdict: Verdict) -> None:
    one, other = document(claim(GOOD, CONTROL)), document(claim(GOOD, CONTROL, verdict=verdict))
    assert len(failed(compare(one, other), "verdict")) == len(failed(compare(other, one), "verdict")) == 1


def test_an_effect_that_moves_within_noise_fails_nothing() -> None:
    assert failing("verdict", "effect:0", "effect:0%", "pvalue:0.05", new=claim(NOISY, CONTROL)) == []


def test_an_effect_fails_where_it_is_worse_by_more_than_allowed() -> None:
    assert failing("effect:0.10")
    assert failing("effect:0.13") == []


def test_an_effect_that_improves_fails_nothing() -> None:
    changes = compare(document(claim(FALLEN, CONTROL)), document(claim(GOOD, CONTROL)))
    assert failed(changes, "effect:0", "pvalue:0.5") == []


def test_percent_is_of_the_old_effect() -> None:
    old, new = claim((0.9,) * 4 + (0.91,), (0.4,) * 5), claim((0.8,) * 4 + (0.81,), (0.4,) * 5)
    changes = compare(document(old), document(new))
    # By hand: .502 / .9 before, .402 / .9 after, worse by .1 / .502 = 19.9 %.
    assert failed(changes, "effect:19.5%")
    assert failed(changes, "effect:20.5%") == []


def test_worse_is_up_where_the_region_is_open_below() -> None:
    region = below(0.4)
    changes = compare(document(claim(FALLEN, CONTROL, region=region)), document(claim(GOOD, CONTROL, region=region)))
    assert failed(changes, "effect:0.1")
    assert failed(changes, "pvalue:0.001")


def test_a_p_value_fails_below_its_limit() -> None:
    assert failing("pvalue:0.001")
    assert failing("pvalue:1e-9") == []


def test_a_claim_without_an_effect_fails_only_by_its_verdict() -> None:
    absent = not_run(claim(FALLEN, CONTROL))
    assert failing("effect:0", "effect:0%", "pvalue:0.9", new=absent) == []
    (line,) = failing("verdict", new=absent)
    assert line == "chen-1 on sst2 (measured): SUPPORTED +0.4 [-0.1, +1.0] -> NOT RUN; fails verdict"


def test_a_pattern_chooses_claims_by_id() -> None:
    assert failing("chen-*=verdict")
    assert failing("chen-2*=verdict") == []


def test_a_condition_that_covers_no_claim_of_both_runs_is_a_warning() -> None:
    changes = compare(document(claim(GOOD, CONTROL)), document(claim(GOOD, CONTROL), claim(GOOD, CONTROL, id="x")))
    assert unmatched(changes, [parse(text) for text in ("chen-1=verdict", "chen-2*=verdict", "x=verdict")]) == [
        "chen-2*=verdict covers no claim that both runs have; check its pattern",
        "x=verdict covers no claim that both runs have; check its pattern",
    ]


def test_a_line_ends_in_all_conditions_that_its_claim_fails() -> None:
    (line,) = failing("verdict", "chen-2*=effect:0", "effect:0.01")
    assert line.endswith("; fails verdict, effect:0.01")


def test_a_claim_that_only_one_run_has_fails_nothing() -> None:
    assert failed(compare(document(claim(GOOD, CONTROL)), document()), "verdict") == []
    assert failed(compare(document(), document(claim(GOOD, CONTROL))), "verdict") == []


@pytest.mark.parametrize(
    "text",
    ["", "verdicts", "verdict:1", "verdict%", "effect", "effect:", "effect:x", "effect:-1", "effect:nan", "effect:inf",
     "pvalue", "pvalue:0", "pvalue:1", "pvalue:5%", "=verdict", "a=b=verdict", "mean:5%"],
)  # fmt: skip
def test_a_condition_that_cannot_be_read_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert str(caught.value) == (
        f"cannot read {text!r} as a condition to fail on; expected [GLOB=] and then verdict, effect:NUMBER, "
        "effect:NUMBER% or pvalue:NUMBER (between 0 and 1); give one such as chen-2*=effect:0.02"
    )
