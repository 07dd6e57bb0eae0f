"""The start of transferred tickets: Chen et al. 2020 (arXiv 2007.12223), section 4."""

from typing import Literal

import pytest

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above


@claim("chen-9", paper="chen2020", says=True)
@pytest.mark.parametrize("start", ["trained", "rewound"])
def test_theta_0_transfers_at_least_as_well(arms: Arms, start: Literal["trained", "rewound"]) -> Assertion:
    """theta_0 transfers at least as well as weights trained on the source, or rewound there."""
    source = arms.largest_source
    return difference(arms.transferred(source), arms.transferred(source, start)).lies_in(above(-arms.margin))
