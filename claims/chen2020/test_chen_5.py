"""Transfer between tasks: Chen et al. 2020 (arXiv 2007.12223).

In general a ticket does not transfer. Only those of masked language modelling and of SQuAD, and the mask of theta_0's
own largest weights, reach more than two other tasks. Which pairs match depends on source and target.
"""

import pytest

from lth.claims.arms import Arms
from lth.claims.between import Matrix
from lth.claims.claim import claim
from lth.claims.effects import Assertion, difference
from lth.verdict import above

FEW = ("mnli", "qqp", "qnli", "sst2", "cola", "stsb", "mrpc", "rte", "wnli")
REACHES = dict.fromkeys(("mlm", "squad", "oneshot"), True) | dict.fromkeys(FEW, False)


@claim("chen-5", paper="chen2020", where="section 4, figure 3", says=None, rule="within one std")
def test_a_tasks_ticket_transfers(arms: Arms, source: str) -> Assertion:
    """A task's ticket transfers to another task."""
    return difference(arms.transferred(source), arms.full()).lies_in(above(-arms.margin))


@claim("chen-5a", paper="chen2020", where="section 4, figure 3", says=REACHES)
@pytest.mark.parametrize("of", list(REACHES))
def test_a_ticket_reaches_more_than_two_other_tasks(matrix: Matrix, of: str) -> Assertion:
    """A source's ticket matches the full model on more than two other tasks."""
    return matrix.reached(of).lies_in(above(2))
