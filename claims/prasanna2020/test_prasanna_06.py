"""The distribution of importance: Prasanna et al. 2020 (arXiv 2005.00561).

Most parts matter little.
"""

import pytest

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, mean
from lth.claims.subnetwork_arms import Units
from lth.verdict import above


@claim("prasanna-6", paper="prasanna2020", where="section 5.1, figure 3", says=True)
@pytest.mark.parametrize("units", ["heads", "mlps"])
def test_most_heads_and_mlps_are_unimportant(arms: Arms, units: Units) -> Assertion:
    """Most heads, and most MLPs, have less than half the largest importance."""
    return mean(arms.structured.unimportant(units)).lies_in(above(0.5))
