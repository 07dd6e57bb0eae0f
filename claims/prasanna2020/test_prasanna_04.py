"""With structured pruning all tickets win: Prasanna et al. 2020 (arXiv 2005.00561), also the title."""

import pytest

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import POINTS, Assertion, difference
from lth.claims.subnetwork_arms import SubnetworkKind
from lth.verdict import above


@claim("prasanna-4", paper="prasanna2020", where="sections 4.2 and 4.3, figure 2a", says=True)
@pytest.mark.parametrize("kind", ["bad", "random"])
def test_all_tickets_are_winning(arms: Arms, kind: SubnetworkKind) -> Assertion:
    """s-pruned bad and random subnetworks retrain to within 10 points of good ones."""
    arm, good = arms.structured.retrained(kind), arms.structured.retrained("good")
    return difference(arm, good, unit=POINTS).lies_in(above(-10))


@claim("prasanna-4", paper="prasanna2020", where="section 4.2, figure 2a", says=True)
@pytest.mark.parametrize("place", ["figure 2a"])
def test_the_random_tickets_that_figure_2a_draws_are_winning(arms: Arms, place: str) -> Assertion:
    """s-pruned random subnetworks, as figure 2a draws them, retrain to within 10 points of good ones."""
    arm, good = arms.structured.printed("random", place), arms.structured.retrained("good")
    return difference(arm, good, unit=POINTS).lies_in(above(-10))
