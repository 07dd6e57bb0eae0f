"""The size of good subnetworks: Prasanna et al. 2020 (arXiv 2005.00561).

m-pruning compresses more on 7 of 9 tasks.
"""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import below


@claim("prasanna-10", paper="prasanna2020", where="section 4.2", says=True, rule="lower mean")
def test_m_pruning_compresses_more(arms: Arms) -> Assertion:
    """m-pruned good subnetworks keep a smaller share of the encoder's weights than s-pruned ones."""
    return difference(arms.magnitude.kept("weights"), arms.structured.kept("weights")).lies_in(below(0))
