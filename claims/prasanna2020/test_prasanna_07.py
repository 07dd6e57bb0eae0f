"""Related tasks: Prasanna et al. 2020 (arXiv 2005.00561)."""

from lth.claims.between import Matrix
from lth.claims.claim import claim
from lth.claims.effects import Assertion
from lth.verdict import Region, within


@claim("prasanna-7", paper="prasanna2020", where="section 5.3, figure 5", says=True)
def test_good_subnetworks_overlap_between_tasks_but_not_much(matrix: Matrix) -> Assertion:
    """Good subnetworks of two tasks overlap more than chance, but not much."""
    return matrix.agreement("structured", "heads").lies_in(Region(0, 0.4))


@claim("prasanna-7b", paper="prasanna2020", where="section 5.3, figure 5", says=True)
def test_tasks_of_one_kind_do_not_overlap_more(matrix: Matrix) -> Assertion:
    """How much good subnetworks overlap does not depend on the kind of task."""
    return matrix.kinship_of_masks("structured", "heads").lies_in(within(0.1))
