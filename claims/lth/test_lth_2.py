"""The size of a ticket compared with a distilled model: a claim of this project.

DistilBERT has 66 M parameters, BERT-base 110 M (Sanh et al. 2019, arXiv 1910.01108, table 3).
"""

import pytest

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import Assertion, mean
from lth.spec.subnetworks import Pruning
from lth.verdict import below


@claim("lth-2", paper="lth", says=None)
@pytest.mark.parametrize("pruning", ["magnitude", "structured"])
def test_a_ticket_is_smaller_than_distilbert(arms: Arms, pruning: Pruning) -> Assertion:
    """Good subnetworks keep a smaller share of parameters than DistilBERT."""
    return mean(arms.subnetworks(pruning).kept_parameters()).lies_in(below(66 / 110))
