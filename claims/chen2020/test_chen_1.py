"""Winning tickets exist: Chen et al. 2020 (arXiv 2007.12223), section 3.1, table 2."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above


@claim("chen-1", paper="chen2020", says=True, rule="within one std")
def test_imp_finds_winning_tickets(arms: Arms) -> Assertion:
    """IMP finds winning tickets at non-trivial sparsity."""
    return difference(arms.imp(), arms.full()).lies_in(above(-arms.margin)).beside(arms.curve())
