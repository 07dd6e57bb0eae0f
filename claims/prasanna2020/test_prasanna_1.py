"""Magnitude pruning: Prasanna et al. 2020 (arXiv 2005.00561), section 4.2 and figure 3."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above


@claim("prasanna-1", paper="prasanna2020", says=True)
def test_m_pruning_finds_good_subnetworks(arms: Arms) -> Assertion:
    """m-pruned good subnetworks, retrained, match the full model."""
    good = arms.magnitude.retrained("good")
    return difference(good, arms.full()).lies_in(above(-arms.margin)).beside(arms.magnitude.bars())
