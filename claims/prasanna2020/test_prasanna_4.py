"""With structured pruning all tickets win: Prasanna et al. 2020, sections 4.2 and 4.3, figure 2a and the title."""

import pytest

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import POINTS, Assertion, difference
from lth.verdict import above


@claim("prasanna-4", paper="prasanna2020", says=True)
@pytest.mark.parametrize("kind", ["bad", "random", "random in figure 2a"])
def test_all_tickets_are_winning(arms: Arms, kind: str) -> Assertion:
    """s-pruned bad and random subnetworks retrain to within 10 points of good ones; one row with figure 2a's bars."""
    structured = arms.structured
    found = {"bad": structured.retrained("bad"), "random": structured.retrained("random")}
    arm = found.get(kind) or structured.printed("random", "figure 2a")
    return difference(arm, structured.retrained("good"), unit=POINTS).lies_in(above(-10))
