"""Good subnetworks: Prasanna et al. 2020 (arXiv 2005.00561).

They keep 90 % of the score because the search of section 3 asks for it.
"""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above


@claim("prasanna-2", paper="prasanna2020", where="section 4.1", says=True)
def test_s_pruning_finds_good_subnetworks(arms: Arms) -> Assertion:
    """s-pruned good subnetworks keep 90 % of the full score."""
    good = arms.structured.pruned("good")
    return difference(good, arms.full(), share=0.9).lies_in(above(0)).beside(arms.structured.bars())
