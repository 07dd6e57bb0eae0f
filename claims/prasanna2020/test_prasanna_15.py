"""Longer training: Prasanna et al. 2020 (arXiv 2005.00561).

They train for six epochs instead of three.
"""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above

LAB = {"lab/sst2": "twice the epochs help bad subnetworks, see reports/lab-sst2.md"}


@claim("prasanna-15", paper="prasanna2020", where="appendix D", says=True, diverges=LAB)
def test_twice_the_epochs_do_not_help_the_s_pruned_bad(arms: Arms) -> Assertion:
    """Twice the epochs do not notably help the s-pruned bad subnetworks."""
    once, twice = arms.structured.retrained("bad"), arms.structured.trained_twice_as_long("bad")
    return difference(once, twice).lies_in(above(-arms.margin))
