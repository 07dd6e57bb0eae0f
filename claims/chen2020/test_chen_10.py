"""The sparsity of winning tickets and the amount of data: Chen et al. 2020 (arXiv 2007.12223).

They see no relation between the number of a task's training examples and the sparsity that its winning tickets reach.
"""

from lth.claims.between import Matrix
from lth.claims.claim import claim
from lth.claims.effects import Assertion
from lth.verdict import within


@claim("chen-10", paper="chen2020", where="section 3.1, table 2", says=True)
def test_the_sparsity_reached_is_unrelated_to_the_training_sets_size(matrix: Matrix) -> Assertion:
    """The sparsity of winning tickets is unrelated to the training set's size."""
    return matrix.reach().lies_in(within(0.5))
