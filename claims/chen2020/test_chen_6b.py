"""The mask of theta_0's own largest weights as a source: Chen et al. 2020 (arXiv 2007.12223).

Such a one-shot mask transfers less well than the ticket of masked language modelling, and better than those of other
tasks.
"""

import pytest

from lth.claims.between import Matrix
from lth.claims.claim import claim
from lth.claims.effects import Assertion
from lth.verdict import above

OVER = {"mlm": ("oneshot",), "oneshot": ("mnli", "qqp", "qnli", "sst2", "cola", "stsb", "mrpc", "rte", "wnli")}


@claim("chen-6b", paper="chen2020", where="section 4, figure 3", says=True)
@pytest.mark.parametrize("better", OVER)
def test_one_shot_masks_are_between_mlms_ticket_and_other_tasks(matrix: Matrix, better: str) -> Assertion:
    """theta_0's own mask transfers worse than the ticket of MLM, and better than those of other tasks."""
    return matrix.advantage(better, OVER[better]).lies_in(above(0))
