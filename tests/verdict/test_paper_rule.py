import math

import pytest

from lth.verdict import PAPER_RULES, at_least_full, higher_mean, notable_gain, within_one_std
from lth.verdict.samples import Sample, Summary

# Chen et al. (2020), table 2, MNLI: the full model 82.4 ± .5.
MNLI = Summary(0.824, 0.005, 5)


def ticket(mean: float) -> Summary:
    return Summary(mean, 0.002, 5)


def test_a_winning_ticket_is_within_one_std_of_the_full_model() -> None:
    assert within_one_std(ticket(0.826), MNLI) is True
    assert within_one_std(ticket(0.8195), MNLI) is True
    assert within_one_std(ticket(0.8175), MNLI) is False


def test_the_std_is_the_larger_of_the_two_arms() -> None:
    assert within_one_std(Summary(0.815, 0.009, 5), MNLI) is True  # .009 below, and the full model's std is .005
    assert within_one_std(Summary(0.815, 0.007, 5), MNLI) is False
    assert within_one_std(Sample((0, 1), (0.80, 0.83)), Sample((0, 1), (0.83, 0.83))) is True
    assert within_one_std(Sample((0, 1), (0.80, 0.81)), Sample((0, 1), (0.83, 0.83))) is False


def test_an_unknown_std_can_only_be_larger() -> None:
    alone = Summary(0.820, 0.0, 1)
    assert within_one_std(alone, MNLI) is True
    assert within_one_std(Summary(0.818, 0.0, 1), MNLI) is None
    assert notable_gain(Summary(0.828, 0.0, 1), MNLI) is False
    assert notable_gain(Summary(0.830, 0.0, 1), MNLI) is None


def test_digits_that_a_table_does_not_print_do_not_decide() -> None:
    # Printed .824, .818 and .005, each off by at most .0005: .006 - .005 can be anything from -.0005 to .0025.
    assert within_one_std(ticket(0.818), MNLI) is None
    assert within_one_std(ticket(0.817), MNLI) is False
    assert within_one_std(ticket(0.819), MNLI) is True  # in binary, .824 - .819 is not quite .005


def test_the_stricter_rule_wants_the_full_models_score() -> None:
    assert at_least_full(ticket(0.824), MNLI) is True
    assert at_least_full(ticket(0.8239), MNLI) is False


def test_better_means_a_higher_mean() -> None:
    assert higher_mean(ticket(0.8241), MNLI) is True
    assert higher_mean(ticket(0.824), MNLI) is False


def test_a_notable_gain_exceeds_one_std() -> None:
    assert notable_gain(ticket(0.828), MNLI) is False
    assert notable_gain(ticket(0.832), MNLI) is True


@pytest.mark.parametrize("rule", PAPER_RULES.values(), ids=PAPER_RULES.keys())
def test_a_rule_is_silent_about_a_failed_run(rule: object) -> None:
    assert callable(rule)
    broken = Sample((0, 1), (0.9, math.nan))
    assert rule(broken, MNLI) is None
    assert rule(MNLI, broken) is None


def test_a_rule_that_needs_a_std_is_silent_about_two_single_runs() -> None:
    for one in (Sample((0,), (0.8,)), Summary(0.8, 0.0, 1)):
        assert within_one_std(one, one) is None
        assert notable_gain(one, one) is None
        assert at_least_full(ticket(0.824), one) is True
        assert higher_mean(ticket(0.824), one) is True
