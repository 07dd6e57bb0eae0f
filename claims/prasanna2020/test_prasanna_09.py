"""Attention patterns of the survivors: Prasanna et al. 2020 (arXiv 2005.00561).

The classes are those of Kovaleva et al. 2019. Only heterogeneous attention can depend on the words. The paper looks at
heads that survive in all seeds of a task.
"""

import pytest

from lth.claims.between import Matrix
from lth.claims.claim import claim
from lth.claims.effects import Assertion
from lth.verdict import below


@claim("prasanna-9", paper="prasanna2020", where="section 5.2, figure 4", says=True)
@pytest.mark.parametrize("attention", ["raw", "norm-weighted"])
@pytest.mark.parametrize("weights", ["pre-trained", "fine-tuned"])
def test_survivors_are_not_the_interpretable_heads(matrix: Matrix, weights: str, attention: str) -> Assertion:
    """Super-survivors are not the heads whose attention may be linguistic: their share is not notably larger."""
    start, normed = ("pretrained" if weights == "pre-trained" else "trained"), attention == "norm-weighted"
    return matrix.mean(
        lambda arms: arms.structured.heterogeneous("super", start, normed),
        lambda arms: arms.structured.heterogeneous("all", start, normed),
    ).lies_in(below(0.1))
