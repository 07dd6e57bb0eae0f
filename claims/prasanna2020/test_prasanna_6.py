"""The distribution of importance: Prasanna et al. 2020, section 4.3 (most heads are about equally unimportant)."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, mean
from lth.verdict import above


@claim("prasanna-6", paper="prasanna2020", says=True)
def test_most_heads_are_unimportant(arms: Arms) -> Assertion:
    """Most heads have less than half the largest importance."""
    return mean(arms.structured.unimportant()).lies_in(above(0.5))
