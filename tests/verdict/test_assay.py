import math

import pytest

from lth.errors import EvidenceError, UsageError
from lth.verdict import assay_sensitive, collapsed
from lth.verdict.samples import Sample, Summary


def sample(*scores: float) -> Sample:
    return Sample(tuple(range(len(scores))), scores)


def test_wnli_cannot_show_anything() -> None:
    # Prasanna et al. (2020): the full model scores .338 on WNLI, the majority class .563.
    # Chen et al. (2020), table 2: .549 ± .012 over 5 runs.
    assert not assay_sensitive(Summary(0.338, 0.05, 5), 0.563, 0.05)
    assert not assay_sensitive(Summary(0.549, 0.012, 5), 0.563, 0.05)


def test_a_clear_lead_over_the_majority_is_sensitive() -> None:
    assert assay_sensitive(sample(0.91, 0.92, 0.90), 0.51, 0.05)
    assert assay_sensitive(Summary(0.910, 0.022, 3), 0.507, 0.05)


def test_a_lead_within_the_error_is_not_sensitive() -> None:
    # .53 - .51 = .02 with an error of .03 / sqrt(5) = .0134: t = 1.49, below t(.95, 4 df) = 2.132.
    assert not assay_sensitive(Summary(0.53, 0.03, 5), 0.51, 0.05)
    assert assay_sensitive(Summary(0.53, 0.03, 5), 0.51, 0.15)


@pytest.mark.parametrize("scores", [sample(0.9), sample(0.9, 0.9, 0.9), Summary(0.9, 0.0, 1), Summary(0.9, 0.0, 3)])
def test_without_a_spread_the_mean_is_compared_as_it_stands(scores: Sample | Summary) -> None:
    assert assay_sensitive(scores, 0.5, 0.05)
    assert not assay_sensitive(scores, 0.9, 0.05)
    assert not assay_sensitive(scores, 0.95, 0.05)


def test_a_full_model_with_a_failed_run_beats_nothing() -> None:
    assert not assay_sensitive(sample(0.9, 0.9, math.nan), 0.5, 0.05)
    assert not assay_sensitive(sample(0.9, 0.9, math.inf), 0.5, 0.05)


def test_every_run_that_learnt_nothing_is_counted() -> None:
    assert collapsed(sample(0.9, math.nan, 0.507, 0.493, 0.507 + 1e-15, 0.508), 0.507) == 4
    assert collapsed(sample(0.9, 0.8), 0.507) == 0
    assert collapsed(sample(), 0.507) == 0


def test_a_summary_tells_of_degenerate_runs_only_when_all_are_alike() -> None:
    assert collapsed(Summary(0.507, 0.0, 5), 0.507) == 5
    assert collapsed(Summary(0.507, 0.01, 5), 0.507) == 0


def test_errors_say_what_to_do() -> None:
    with pytest.raises(EvidenceError, match=r"^an arm without scores"):
        assay_sensitive(sample(), 0.5, 0.05)
    with pytest.raises(UsageError, match=r"^alpha 2; expected"):
        assay_sensitive(sample(0.9, 0.8), 0.5, 2)
