"""Transfer and the amount of data: Chen et al. 2020 (arXiv 2007.12223).

Tickets found on tasks with more training examples transfer better.
"""

from lth.claims.between import Matrix
from lth.claims.claim import claim
from lth.claims.effects import Assertion
from lth.verdict import above


@claim("chen-7", paper="chen2020", where="section 4, figure 3", says=True)
def test_transfer_grows_with_the_sources_training_set(matrix: Matrix) -> Assertion:
    """Transfer grows with the source's training set."""
    return matrix.growth().lies_in(above(0))
