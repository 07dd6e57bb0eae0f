"""With magnitude pruning the choice of weights matters: Prasanna et al. 2020 (arXiv 2005.00561)."""

import pytest

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above


@claim("prasanna-3a", paper="prasanna2020", where="section 4.2, figure 2b", says=True, rule="higher mean")
def test_m_pruned_good_beat_random(arms: Arms) -> Assertion:
    """m-pruned good beat random subnetworks, retrained."""
    return difference(arms.magnitude.retrained("good"), arms.magnitude.retrained("random")).lies_in(above(0))


@claim("prasanna-3b", paper="prasanna2020", where="section 4.2, figure 2b", says=True, rule="higher mean")
def test_m_pruned_random_beat_bad(arms: Arms) -> Assertion:
    """m-pruned random beat bad subnetworks, retrained."""
    return difference(arms.magnitude.retrained("random"), arms.magnitude.retrained("bad")).lies_in(above(0))


@claim("prasanna-3b", paper="prasanna2020", where="section 4.2, table 2", says=True, rule="higher mean")
@pytest.mark.parametrize("place", ["table 2"])
def test_m_pruned_random_beat_the_bad_as_printed(arms: Arms, place: str) -> Assertion:
    """m-pruned random beat bad subnetworks as table 2 prints them, retrained."""
    return difference(arms.magnitude.retrained("random"), arms.magnitude.printed("bad", place)).lies_in(above(0))
