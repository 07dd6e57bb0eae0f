"""With structured pruning all tickets win: Prasanna et al. 2020, section 4.2, figure 3 and the title."""

import pytest

from lth.claim import Assertion, claim, difference
from lth.experiment.arms import Arms
from lth.experiment.subnetwork_arms import Kind
from lth.verdict import above


@claim("prasanna-4", paper="prasanna2020", says=True)
@pytest.mark.parametrize("kind", ["bad", "random"])
def test_all_tickets_are_winning(arms: Arms, kind: Kind) -> Assertion:
    """s-pruned bad and random subnetworks retrain to within 10 points of good ones."""
    return difference(arms.structured.retrained(kind), arms.structured.retrained("good")).lies_in(above(-0.10))
