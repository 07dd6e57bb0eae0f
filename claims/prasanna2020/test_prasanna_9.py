"""Attention patterns of the survivors: Prasanna et al. 2020, section 5; classes of Kovaleva et al. 2019."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import below


@claim("prasanna-9", paper="prasanna2020", says=True)
def test_survivors_are_not_the_interpretable_heads(arms: Arms) -> Assertion:
    """Survivors are not the linguistically interpretable heads."""
    survivors, every = arms.structured.heterogeneous("survivors"), arms.structured.heterogeneous("all")
    return difference(survivors, every).lies_in(below(0.1))
