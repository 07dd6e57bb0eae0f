"""Related tasks: Prasanna et al. 2020 (arXiv 2005.00561), section 5.3 and figure 5."""

from lth.claims.between import Matrix
from lth.claims.claim import claim
from lth.claims.effects import Assertion
from lth.verdict import Region


@claim("prasanna-7", paper="prasanna2020", says=True)
def test_good_subnetworks_overlap_between_tasks_but_not_much(matrix: Matrix) -> Assertion:
    """Good subnetworks of two tasks overlap more than chance, but not much."""
    return matrix.agreement("structured", "heads").lies_in(Region(0, 0.4))
