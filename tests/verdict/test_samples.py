import math

import pytest

from lth.errors import EvidenceError
from lth.verdict.samples import Sample, Summary


def test_the_deviation_is_that_of_a_sample() -> None:
    # Scores 1, 2, 3: mean 2, squared distances 1 + 0 + 1, over n - 1 = 2, so 1.
    sample = Sample((0, 1, 2), (1.0, 2.0, 3.0))
    assert (sample.n, sample.mean, sample.std) == (3, 2.0, 1.0)


def test_a_run_without_a_score_leaves_the_arm_without_a_mean() -> None:
    sample = Sample((0, 1), (0.9, math.nan))
    assert math.isnan(sample.mean)
    assert math.isnan(sample.std)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sample((0, 1), (0.9,)), r"^2 seeds with 1 scores; give one score per seed$"),
        (lambda: Sample((1, 1), (0.9, 0.8)), r"^a seed occurs twice in \(1, 1\); give each seed once$"),
        (lambda: Summary(0.9, -0.1, 5), r"^std -0\.1; expected a finite number that is not negative$"),
        (lambda: Summary(math.nan, 0.1, 5), r"^mean nan; expected a finite number$"),
        (lambda: Summary(0.9, 0.1, 0), r"^n = 0; expected at least one seed$"),
    ],
)
def test_scores_that_cannot_be_judged_are_refused(make: object, message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        make()  # type: ignore[operator]
