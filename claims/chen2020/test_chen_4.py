"""Tickets compared with standard pruning: Chen et al. 2020 (arXiv 2007.12223).

Standard pruning keeps the trained weights and trains on. It is better by at most 2 points on some tasks and worse by at
most 3 on others: within 3 points on all of them.
"""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import within


@claim("chen-4", paper="chen2020", where="section 3.2, table 3", says=True)
def test_imp_tickets_match_standard_pruning(arms: Arms) -> Assertion:
    """IMP tickets are within 3 points of standard pruning."""
    effect = difference(arms.imp(), arms.standard(), unit="points")
    return effect.lies_in(within(3)).beside(arms.rounds_of("standard", beyond=False))
