import math

import pytest

from lth.errors import EvidenceError, UsageError
from lth.verdict import Collapse, beats_baseline, collapse, collapsed, set_aside
from lth.verdict.samples import Sample, Summary


def sample(*scores: float) -> Sample:
    return Sample(tuple(range(len(scores))), scores)


def test_wnli_cannot_show_anything() -> None:
    # Prasanna et al. (2020): the full model scores .338 on WNLI, the majority class .563.
    # Chen et al. (2020), table 2: .549 ± .012 over 5 runs.
    assert not beats_baseline(Summary(0.338, 0.05, 5), 0.563, 0.05)
    assert not beats_baseline(Summary(0.549, 0.012, 5), 0.563, 0.05)


def test_a_clear_lead_over_the_majority_is_sensitive() -> None:
    assert beats_baseline(sample(0.91, 0.92, 0.90), 0.51, 0.05)
    assert beats_baseline(Summary(0.910, 0.022, 3), 0.507, 0.05)


def test_a_lead_within_the_error_is_not_sensitive() -> None:
    # .53 - .51 = .02 with an error of .03 / sqrt(5) = .0134: t = 1.49, below t(.95, 4 df) = 2.132.
    assert not beats_baseline(Summary(0.53, 0.03, 5), 0.51, 0.05)
    assert beats_baseline(Summary(0.53, 0.03, 5), 0.51, 0.15)


@pytest.mark.parametrize("scores", [sample(0.9), sample(0.9, 0.9, 0.9), Summary(0.9, 0.0, 1), Summary(0.9, 0.0, 3)])
def test_without_a_spread_the_mean_is_compared_as_it_stands(scores: Sample | Summary) -> None:
    assert beats_baseline(scores, 0.5, 0.05)
    assert not beats_baseline(scores, 0.9, 0.05)
    assert not beats_baseline(scores, 0.95, 0.05)


def test_a_full_model_with_a_failed_run_beats_nothing() -> None:
    assert not beats_baseline(sample(0.9, 0.9, math.nan), 0.5, 0.05)
    assert not beats_baseline(sample(0.9, 0.9, math.inf), 0.5, 0.05)


def test_every_run_that_learnt_nothing_is_counted() -> None:
    assert collapsed(sample(0.9, math.nan, 0.507, 0.493, 0.507 + 1e-15, 0.508), 0.507) == {1, 2, 3, 4}
    assert collapsed(sample(0.9, 0.8), 0.507) == set()


def test_a_summary_shows_collapsed_runs_only_when_all_are_alike() -> None:
    assert collapse(Summary(0.507, 0.0, 5), 0.507, 0.05).runs == 5
    assert collapse(Summary(0.507, 0.01, 5), 0.507, 0.05).runs == 0


def test_a_count_of_collapsed_runs_has_its_exact_interval() -> None:
    # None of 5 seen: q with (1 - q)⁵ = .05, q = 1 - .05^(1/5) = .4507. All of 5: the mirror image.
    none, every = Collapse.of(0, 5, 0.05), Collapse.of(5, 5, 0.05)
    assert (none.low, none.high) == (0, pytest.approx(1 - 0.05**0.2))
    assert (every.low, every.high) == (pytest.approx(0.05**0.2), 1)
    # 2 of 5, from any table of Clopper & Pearson's 90 % limits: .0764 and .8107.
    assert Collapse.of(2, 5, 0.05).low == pytest.approx(0.0764, abs=5e-5)
    assert Collapse.of(2, 5, 0.05).high == pytest.approx(0.8107, abs=5e-5)


def test_a_replicate_is_set_aside_in_all_arms_if_three_remain_in_each() -> None:
    arm, full = sample(0.9, 0.5, 0.9, 0.9, 0.9), sample(0.9, 0.9, 0.9, 0.9, 0.5)
    assert set_aside((arm, full), 0.5) == {1, 4}
    assert set_aside((sample(0.9, 0.5, 0.9, 0.9, 0.5), full), 0.5) == {1, 4}
    assert set_aside((sample(0.9, 0.5, 0.5, 0.9, 0.9), full), 0.5) is None
    assert set_aside((Summary(0.5, 0.0, 5),), 0.5) == set()


def test_errors_say_what_to_do() -> None:
    with pytest.raises(EvidenceError, match=r"^an arm without scores"):
        beats_baseline(sample(), 0.5, 0.05)
    with pytest.raises(UsageError, match=r"^alpha 2; expected"):
        beats_baseline(sample(0.9, 0.8), 0.5, 2)
