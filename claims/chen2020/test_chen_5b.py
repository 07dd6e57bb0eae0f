"""Tickets of other tasks against the task's own: Chen et al. 2020 (arXiv 2007.12223).

Most tickets do not transfer: a task's own ticket of the same sparsity scores more than one that another task found. The
sources that transfer well, masked language modelling and SQuAD, have no such answer.
"""

import pytest

from lth.claims.between import Matrix
from lth.claims.claim import claim
from lth.claims.effects import Assertion
from lth.verdict import below

FEW = ("mnli", "qqp", "qnli", "sst2", "cola", "stsb", "mrpc", "rte", "wnli")


@claim("chen-5b", paper="chen2020", where="section 4, figure 3", says=dict.fromkeys(FEW, True))
@pytest.mark.parametrize("of", [*FEW, "squad", "mlm"])
def test_a_ticket_of_another_task_is_worse_than_the_tasks_own(matrix: Matrix, of: str) -> Assertion:
    """A ticket of another task is worse than the task's own, averaged over tasks."""
    return matrix.advantage(of, ["own"]).lies_in(below(0))
