"""Related tasks: Prasanna et al. 2020, section 4.3 (good subnetworks are not shared between tasks)."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, mean
from lth.verdict import below


@claim("prasanna-7", paper="prasanna2020", says=True)
def test_good_subnetworks_are_not_shared_by_tasks(arms: Arms) -> Assertion:
    """Good subnetworks are not shared by tasks."""
    return mean(arms.structured.agreement_between_tasks("heads")).lies_in(below(0.4))
