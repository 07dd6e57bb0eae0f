"""Bad subnetworks and a BiLSTM with GloVe vectors: Prasanna et al. 2020 (arXiv 2005.00561)."""

from lth.claims.arms import Arms
from lth.claims.claim import claim
from lth.claims.effects import POINTS, Assertion, mean
from lth.verdict import above

BILSTM = {"cola": 17, "sst2": 87, "mrpc": 77, "stsb": 71, "qqp": 85, "mnli": 66, "qnli": 77, "rte": 58, "wnli": 56}
"""The BiLSTM's scores on GLUE's tasks in points, from table 2."""


@claim("prasanna-4b", paper="prasanna2020", where="section 4.3, table 2", says=True)
def test_s_pruned_bad_are_comparable_to_a_bilstm(arms: Arms) -> Assertion:
    """s-pruned bad subnetworks, retrained, come to within 5 points of a BiLSTM with GloVe vectors."""
    bad, known = arms.structured.retrained("bad"), arms.task.name in BILSTM and arms.task.data != "lab"
    bad = bad if known else bad.lacking("the BiLSTM's scores in table 2 are for GLUE's own data")
    return mean(bad, unit=POINTS).lies_in(above(BILSTM.get(arms.task.name, 0) - 5))
