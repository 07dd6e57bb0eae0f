"""Winning tickets exist: Chen et al. 2020 (arXiv 2007.12223).

The tickets of iterative magnitude pruning match the full model at a sparsity of 40 to 90 %, depending on the task
(abstract), where random masks of the same size do not.
"""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference, mean
from lth.verdict import Region, above, below


@claim("chen-1", paper="chen2020", where="section 3.1, table 2", says=True, rule="within one std")
def test_imp_finds_winning_tickets(arms: Arms) -> Assertion:
    """IMP finds winning tickets at non-trivial sparsity."""
    return difference(arms.imp(), arms.full()).lies_in(above(-arms.margin)).beside(arms.curve())


@claim("chen-1b", paper="chen2020", where="section 3.1, table 2", says=True)
def test_random_masks_of_the_tickets_size_do_not_match(arms: Arms) -> Assertion:
    """Random masks of the tickets' size do not match the full model."""
    return difference(arms.random(), arms.full()).lies_in(below(-arms.margin))


@claim("chen-1c", paper="chen2020", where="abstract, table 2", says=True)
def test_winning_tickets_reach_40_to_90_percent(arms: Arms) -> Assertion:
    """Winning tickets exist at up to 40 to 90 % sparsity: half a round of 10 % beyond these is outside."""
    return mean(arms.highest_match("imp")).lies_in(Region(0.35, 0.95)).beside(arms.rounds_of("imp"))
