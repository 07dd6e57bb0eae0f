"""The speed of s-pruned models after the pruned parts are cut out: a claim of this project."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, mean
from lth.verdict import above


@claim("lth-1", paper="lth", says=None)
def test_s_pruned_models_get_faster(arms: Arms) -> Assertion:
    """s-pruned models really get faster once shrunk."""
    return mean(arms.structured.speedup()).lies_in(above(1))
