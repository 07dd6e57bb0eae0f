"""What retrained good subnetworks reach: Prasanna et al. 2020 (arXiv 2005.00561)."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import POINTS, Assertion, difference
from lth.verdict import Region, above


@claim("prasanna-1", paper="prasanna2020", where="section 4.2, figure 2b", says=True)
def test_m_pruning_finds_good_subnetworks(arms: Arms) -> Assertion:
    """m-pruned good subnetworks, retrained, match the full model."""
    good = arms.magnitude.retrained("good")
    return difference(good, arms.full()).lies_in(above(-arms.margin)).beside(arms.magnitude.bars())


@claim("prasanna-1s", paper="prasanna2020", where="section 4.2, figure 2a", says=True)
def test_s_pruned_good_subnetworks_are_slightly_behind(arms: Arms) -> Assertion:
    """s-pruned good subnetworks, retrained, are behind the full model, by less than 10 points."""
    return difference(arms.structured.retrained("good"), arms.full(), unit=POINTS).lies_in(Region(-10, 0))
