"""Which layers survive: Prasanna et al. 2020 (arXiv 2005.00561). The layers are divided into thirds."""

import pytest

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, mean
from lth.verdict import above


@claim("prasanna-13", paper="prasanna2020", where="section 4.1, figure 1", says=True)
@pytest.mark.parametrize("pruned", ["m-weights", "s-heads", "s-mlps"])
def test_the_layers_that_survive(arms: Arms, pruned: str) -> Assertion:
    """m-pruning keeps more of the last layers than of the first; heads and MLPs of middle layers survive s-pruning."""
    if pruned == "m-weights":
        return mean(arms.magnitude.kept_later("weights")).lies_in(above(0))
    return mean(arms.structured.kept_in_the_middle("heads" if pruned == "s-heads" else "mlps")).lies_in(above(0))
