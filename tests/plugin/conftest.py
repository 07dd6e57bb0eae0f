"""Claims run as their users run them, on a store that already holds made-up results: no training, no torch."""

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib.figure  # noqa: F401 - compiled modules cannot be imported twice in one process, which pytester tries
import pytest
import scipy.special  # noqa: F401 - as above
import statsmodels.stats.multitest  # noqa: F401 - as above

from lth.app.settings import read_settings
from lth.claims.arms import arms_of
from lth.runtime.store import FolderStore

CLAIMS = Path(__file__).parents[2] / "claims" / "chen2020"

WINNING = {
    "full": [0.90, 0.91, 0.92, 0.91, 0.90],
    "imp": [0.91, 0.91, 0.92, 0.92, 0.90],
    "random": [0.52, 0.55, 0.50, 0.53, 0.56],
    "reinitialised": [0.50, 0.51, 0.50, 0.52, 0.50],
    "shuffled": [0.60, 0.62, 0.58, 0.61, 0.60],
    "rewound 5%": [0.91, 0.91, 0.91, 0.92, 0.90],
    "rewound 10%": [0.90, 0.91, 0.92, 0.91, 0.90],
    "rewound 20%": [0.90, 0.91, 0.92, 0.91, 0.90],
    "rewound 50%": [0.88, 0.89, 0.90, 0.89, 0.90],
    "standard": [0.90, 0.91, 0.91, 0.91, 0.90],
}
"""Made-up scores, five seeds an arm, on which every claim comes out as the paper says."""

Remember = Callable[..., Path]
RunClaims = Callable[..., pytest.RunResult]


@pytest.fixture
def remember(tmp_path: Path) -> Remember:
    """A store that holds the given scores for all arms of the lab's sst2, a `failure` for each score that is NaN."""

    def fill(scores: dict[str, Sequence[float]], majority: float = 0.5, **options: str) -> Path:
        root = tmp_path / "store"
        settings, _ = read_settings(options, tmp_path)
        arms = arms_of(settings, settings.tasks[0])
        every = [arms.full(), arms.standard(), *arms.curve(), *map(arms.rewound, (0.05, 0.1, 0.2, 0.5))]
        for arm in every:
            for fit, score in zip(arm.experiments, scores[str(arm.id.kind)], strict=True):
                value = {"score": score, "majority": majority, "seconds": 1.0, "densities": {}}
                FolderStore(root).write(fit.key, value | {"failure": "the loss was nan" if score != score else None})
        return root

    return fill


@pytest.fixture
def run_claims(pytester: pytest.Pytester) -> RunClaims:
    """Run `pytest claims/chen2020 …` in an empty folder, in this process."""

    def run(*options: object) -> pytest.RunResult:
        return pytester.runpytest_inprocess(CLAIMS, "-p", "no:cacheprovider", *map(str, options))

    return run
