"""Super-survivors, parts that survive in all seeds: Prasanna et al. 2020 (arXiv 2005.00561).

The paper averages over tasks: they keep 10 to 26 % of the model and lose about 10 points.
"""

import pytest

from lth.claims.between import Matrix
from lth.claims.claim import claim
from lth.claims.effects import Assertion
from lth.verdict import above, below


@claim("prasanna-8", paper="prasanna2020", where="section 4.2, appendix E", says=True)
def test_super_survivors_train_to_within_ten_points(matrix: Matrix) -> Assertion:
    """Super-survivors alone train to about 10 points below the full model, averaged over tasks."""
    return matrix.mean(lambda arms: arms.structured.retrained("super"), lambda arms: arms.full()).lies_in(above(-15))


@claim("prasanna-8", paper="prasanna2020", where="section 4.2, appendix E", says=True)
@pytest.mark.parametrize("row", ["kept share"])
def test_super_survivors_are_few(matrix: Matrix, row: str) -> Assertion:
    """Super-survivors keep less than 30 % of the encoder's weights, averaged over tasks."""
    return matrix.mean(lambda arms: arms.structured.kept_by_super()).lies_in(below(0.3))
