"""A BERT that was not pre-trained: Prasanna et al. 2020 (arXiv 2005.00561)."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above


@claim("prasanna-14", paper="prasanna2020", where="section 4.3, table 2", says=True)
def test_an_s_pruned_random_bert_is_not_behind_the_m_pruned_bad(arms: Arms) -> Assertion:
    """s-pruned random subnetworks of a randomly initialised BERT are no worse than m-pruned bad ones."""
    return difference(arms.structured.reinitialised(), arms.magnitude.retrained("bad")).lies_in(above(-arms.margin))
