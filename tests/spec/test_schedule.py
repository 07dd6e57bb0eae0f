import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth.errors import UsageError
from lth.spec.schedule import all_rounds, rounds


def test_the_papers_text_prunes_a_tenth_of_what_remains() -> None:
    # Chen et al. 2020, section 2: 10 % of the remaining weights per round, so 1 - .9, 1 - .9², 1 - .9³ are removed.
    assert rounds("remaining:0.1", 0.271) == (0.1, 0.19, 0.271)


def test_the_papers_code_prunes_a_tenth_of_the_original_weights() -> None:
    assert rounds("original:0.1", 0.5) == (0.1, 0.2, 0.3, 0.4, 0.5)


@given(st.sampled_from(["original", "remaining"]), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_rounds_ascend_and_end_exactly_at_the_given_sparsity(kind: str, step: float, to: float) -> None:
    steps = rounds(f"{kind}:{step}", to)
    assert list(steps) == sorted(set(steps))
    assert steps[-1] == to
    assert all(0 < sparsity < 1 for sparsity in steps)


@given(st.floats(0.02, 0.9), st.floats(0.01, 0.09))
def test_fewer_rounds_are_the_beginning_of_more_rounds(to: float, more: float) -> None:
    assert rounds("original:0.1", to + more)[: len(rounds("original:0.1", to)) - 1] == rounds("original:0.1", to)[:-1]


def test_all_rounds_go_on_to_90_percent_or_to_the_end_of_a_list() -> None:
    # Chen et al. 2020 look for winning tickets at 10, 20, … 90 % (table 2).
    assert all_rounds("original:0.1", 0.5) == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    assert all_rounds("original:0.1", 0.95)[-2:] == (0.9, 0.95)
    assert all_rounds("0.4,0.7", 0.4) == all_rounds("0.4,0.7", 0.7) == (0.4, 0.7)
    assert all_rounds("0.4,0.7", 0.8) == (0.4, 0.7, 0.8)
    with pytest.raises(UsageError, match=r"^schedule 'often'; expected"):
        all_rounds("often", 0.5)


@pytest.mark.parametrize("schedule", ["often", "original:", "original:0.1,0.2", "weekly:0.1", "0.5,0.3", "0.5,1.2", ""])
def test_a_schedule_that_cannot_be_read_is_refused_with_the_known_forms(schedule: str) -> None:
    with pytest.raises(UsageError, match=r"^schedule '.*'; expected"):
        rounds(schedule, 0.7)


def test_a_sparsity_above_one_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^sparsity 1\.2; expected a share between 0 and 1"):
        rounds("original:0.1", 1.2)
