"""Are masks stable over seeds? Prasanna et al. 2020 (arXiv 2005.00561).

The spread is in figure 1: .01 to .02 with m-pruning, .33 to .40 with s-pruning. Kappa is .15 to .32 (section 5.1).
"""

import pytest

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, mean
from lth.claims.subnetwork_arms import Units
from lth.verdict import above, below


@claim("prasanna-5a", paper="prasanna2020", where="section 4.1, figure 1", says=True)
@pytest.mark.parametrize("pruned", ["m-heads", "m-weights", "s-heads"])
def test_m_pruning_is_stable_and_s_pruning_is_not(arms: Arms, pruned: str) -> Assertion:
    """The share kept varies little over seeds with m-pruning (std < .1), and much with s-pruning (std > .3)."""
    letter, _, units = pruned.partition("-")
    if letter == "s":
        return mean(arms.structured.spread("heads")).lies_in(above(0.3))
    return mean(arms.magnitude.spread("heads" if units == "heads" else "weights")).lies_in(below(0.1))


@claim("prasanna-5b", paper="prasanna2020", where="section 5.1", says=True)
@pytest.mark.parametrize("units", ["heads", "mlps"])
def test_s_pruned_masks_do_not_agree(arms: Arms, units: Units) -> Assertion:
    """s-pruned masks do not agree over seeds."""
    return mean(arms.structured.agreement(units)).lies_in(below(0.4))
