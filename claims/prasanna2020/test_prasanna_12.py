"""Heads and MLPs pruned together: Prasanna et al. 2020 (arXiv 2005.00561).

The paper gives averages over tasks.
"""

import pytest

from lth.claims.between import Matrix
from lth.claims.claim import claim
from lth.claims.effects import Assertion
from lth.verdict import below


@claim("prasanna-12", paper="prasanna2020", where="section 4.1, appendix B", says=True)
@pytest.mark.parametrize("alone", ["heads", "mlps"])
def test_pruning_heads_and_mlps_together_gives_smaller_networks(matrix: Matrix, alone: str) -> Assertion:
    """Pruning heads and MLPs together keeps a smaller share of the encoder's weights than pruning one kind alone."""
    return matrix.mean(
        lambda arms: arms.structured.kept("weights"),
        lambda arms: arms.structured.kept_alone("heads" if alone == "heads" else "mlps"),
    ).lies_in(below(0))
