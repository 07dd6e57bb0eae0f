"""Tickets compared with standard pruning: Chen et al. 2020, section 3.2; the answer depends on the task."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above


@claim("chen-4", paper="chen2020", says=None)
def test_imp_tickets_match_standard_pruning(arms: Arms) -> Assertion:
    """IMP tickets match standard pruning."""
    return difference(arms.imp(), arms.standard()).lies_in(above(-arms.margin))
