"""Transfer and kinds of tasks: Chen et al. 2020 (arXiv 2007.12223).

Whether a ticket transfers does not depend on how alike source and target are, such as two tasks of inference.
"""

from lth.claims.between import Matrix
from lth.claims.claim import claim
from lth.claims.effects import Assertion
from lth.verdict import within


@claim("chen-8", paper="chen2020", where="section 4, figure 3", says=True)
def test_transfer_is_unrelated_to_the_kind_of_task(matrix: Matrix) -> Assertion:
    """Transfer is unrelated to the kind of task."""
    return matrix.kinship().lies_in(within(matrix.margin)).beside((matrix.overlap(),))
