"""Claims run as their users run them, on a store that already holds made-up results: no training, no torch."""

from collections.abc import Callable
from pathlib import Path

import matplotlib.figure  # noqa: F401 - compiled modules cannot be imported twice in one process, which pytester tries
import pytest
import scipy.special  # noqa: F401 - as above
import statsmodels.stats.multitest  # noqa: F401 - as above

from tests.conftest import WINNING, Remember

__all__ = ["CLAIMS", "WINNING", "Remember", "RunClaims", "run_claims"]

CLAIMS = Path(__file__).parents[2] / "claims" / "chen2020"

RunClaims = Callable[..., pytest.RunResult]


@pytest.fixture
def run_claims(pytester: pytest.Pytester) -> RunClaims:
    """Run `pytest claims/chen2020 …` in an empty folder, in this process."""

    def run(*options: object) -> pytest.RunResult:
        return pytester.runpytest_inprocess(CLAIMS, "-p", "no:cacheprovider", *map(str, options))

    return run
