"""Rewinding to an early point of training: Chen et al. 2020 (arXiv 2007.12223).

They rewind to 5, 10, 20 and 50 % of training, resume it there (algorithm 1), and find no notable gain on any task.
"""

import pytest

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above


@claim("chen-3", paper="chen2020", where="section 3.2, table 3", says=False, rule="notable gain")
@pytest.mark.parametrize("share", [0.05, 0.10, 0.20, 0.50])
def test_rewinding_notably_helps(arms: Arms, share: float) -> Assertion:
    """Rewinding notably helps."""
    return difference(arms.rewound(share), arms.imp()).lies_in(above(arms.margin))
