"""The start of transferred tickets: Chen et al. 2020 (arXiv 2007.12223).

Tickets of theta_0 transfer at least as well as the subnetworks that pruning with rewinding, or standard pruning, finds:
each has its own mask and weights. The sources that transfer best are compared, and the one with the most examples.
"""

import pytest

from lth.claims.arm_id import StartName
from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above


@claim("chen-9", paper="chen2020", where="section 4, figure 4", says=True)
@pytest.mark.parametrize("start", ["rewound", "standard"])
@pytest.mark.parametrize("of", ["mlm", "squad", "largest"])
def test_theta_0_transfers_at_least_as_well(arms: Arms, of: str, start: StartName) -> Assertion:
    """theta_0 transfers at least as well as rewound or standard-pruned subnetworks."""
    source = arms.largest_source if of == "largest" else of
    return difference(arms.transferred(source), arms.transferred(source, start)).lies_in(above(-arms.margin))
