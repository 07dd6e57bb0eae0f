"""Where random and bad subnetworks lose most: Prasanna et al. 2020 (arXiv 2005.00561)."""

import pytest

from lth.claims.between import Matrix
from lth.claims.claim import claim
from lth.claims.effects import Assertion
from lth.claims.subnetwork_arms import SubnetworkKind
from lth.verdict import above


@claim("prasanna-3c", paper="prasanna2020", where="section 4.3, figure 2b", says=True)
@pytest.mark.parametrize("kind", ["random", "bad"])
def test_m_pruned_random_and_bad_fall_most_on_correlations(matrix: Matrix, kind: SubnetworkKind) -> Assertion:
    """m-pruned random and bad subnetworks, retrained, lose most on CoLA and STS-B."""
    return matrix.loss_on(("cola", "stsb"), lambda arms: arms.magnitude.retrained(kind)).lies_in(above(0))
