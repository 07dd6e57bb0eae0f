"""Do masks agree from seed to seed? Prasanna et al. 2020, section 4.3 and appendix (Fleiss' kappa over five seeds)."""

import pytest

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, mean
from lth.verdict import above, below


@claim("prasanna-5a", paper="prasanna2020", says=True)
def test_m_pruned_masks_agree(arms: Arms) -> Assertion:
    """m-pruned masks agree over seeds."""
    return mean(arms.magnitude.agreement("weights")).lies_in(above(0.6))


@claim("prasanna-5b", paper="prasanna2020", says=True)
@pytest.mark.parametrize("units", ["heads", "mlps"])
def test_s_pruned_masks_do_not_agree(arms: Arms, units: str) -> Assertion:
    """s-pruned masks do not agree over seeds."""
    return mean(arms.structured.agreement(units)).lies_in(below(0.4))
