"""Bad subnetworks of both prunings: Prasanna et al. 2020 (arXiv 2005.00561).

The paper finds the difference on 6 of 9 tasks.
"""

import pytest

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import POINTS, Assertion, difference
from lth.verdict import below


@claim("prasanna-11", paper="prasanna2020", where="section 4.3, table 2", says=True, rule="5 points lower")
def test_m_pruned_bad_are_far_behind_s_pruned_bad(arms: Arms) -> Assertion:
    """m-pruned bad subnetworks, retrained, are at least 5 points behind s-pruned bad ones."""
    m, s = arms.magnitude.retrained("bad"), arms.structured.retrained("bad")
    return difference(m, s, unit=POINTS).lies_in(below(-5))


@claim("prasanna-11", paper="prasanna2020", where="section 4.3, table 2", says=True, rule="5 points lower")
@pytest.mark.parametrize("place", ["table 2"])
def test_m_pruned_bad_as_printed_are_far_behind_s_pruned_bad(arms: Arms, place: str) -> Assertion:
    """m-pruned bad subnetworks, as table 2 prints them, are at least 5 points behind s-pruned bad ones."""
    m, s = arms.magnitude.printed("bad", place), arms.structured.retrained("bad")
    return difference(m, s, unit=POINTS).lies_in(below(-5))
