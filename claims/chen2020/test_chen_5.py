"""Transfer between tasks: Chen et al. 2020 (arXiv 2007.12223), section 4."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above


@claim("chen-5", paper="chen2020", says=None, rule="within one std")
def test_a_tasks_ticket_transfers(arms: Arms, source: str) -> Assertion:
    """A task's ticket transfers to another task."""
    return difference(arms.transferred(source), arms.full()).lies_in(above(-arms.margin))
