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
    assert within_one_std(ticket(0.8185), MNLI) is False


def test_the_stricter_rule_wants_the_full_models_score() -> None:
    assert at_least_full(ticket(0.824), MNLI) is True
    assert at_least_full(ticket(0.8239), MNLI) is False


def test_better_means_a_higher_mean() -> None:
    assert higher_mean(ticket(0.8241), MNLI) is True
    assert higher_mean(ticket(0.824), MNLI) is False


def test_a_notable_gain_exceeds_one_std() -> None:
    assert notable_gain(ticket(0.828), MNLI) is False
    assert notable_gain(ticket(0.830), MNLI) is True


@pytest.mark.parametrize("rule", PAPER_RULES.values(), ids=PAPER_RULES.keys())
def test_a_rule_is_silent_about_a_failed_run(rule: object) -> None:
    assert callable(rule)
    broken = Sample((0, 1), (0.9, math.nan))
    assert rule(broken, MNLI) is None
    assert rule(MNLI, broken) is None


def test_a_rule_that_needs_a_std_is_silent_about_one_seed() -> None:
    for one in (Sample((0,), (0.8,)), Summary(0.8, 0.0, 1)):
        assert within_one_std(ticket(0.824), one) is None
        assert notable_gain(ticket(0.824), one) is None
        assert at_least_full(ticket(0.824), one) is True
        assert higher_mean(ticket(0.824), one) is True
