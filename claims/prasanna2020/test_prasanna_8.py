"""Super-survivors: Prasanna et al. 2020, section 4.4 (about 10 points below the full model)."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import POINTS, Assertion, difference
from lth.verdict import above


@claim("prasanna-8", paper="prasanna2020", says=True)
def test_super_survivors_train_to_within_ten_points(arms: Arms) -> Assertion:
    """Super-survivors alone train to within 10 points."""
    return difference(arms.structured.retrained("super"), arms.full(), unit=POINTS).lies_in(above(-15))
