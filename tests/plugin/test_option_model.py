from pathlib import Path

import pytest

from lth.claims.arm_id import ArmId
from lth.document.files import read_json
from tests.plugin.conftest import WINNING, Remember, RunClaims


def test_over_several_models_the_model_is_the_sample(run_claims: RunClaims, remember: Remember, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    store = remember({arm: scores[:2] for arm, scores in WINNING.items()}, model="lab:3", seeds="2")
    asked = "--model=lab:3", "--seeds=2", f"--claims-store={store}", "--claims-only=chen-1,chen-2a"
    result = run_claims(*asked, f"--claims-json={file}")
    result.stdout.fnmatch_lines(["*sst2: model lab:3, data lab*", "chen-1 *SUPPORTED*", "chen-2a *SUPPORTED*"])
    result.assert_outcomes(passed=2)
    document = read_json(file)
    assert (document.options.model, document.options.seeds) == ("lab:3", (0, 1))
    for claim in document.claims:
        full = claim.arm(ArmId("full"))
        assert full
        assert (claim.model, full.of, full.seeds) == ("lab:3", "models", (0, 1, 2))
        assert full.scores == pytest.approx([(0.90**power + 0.91**power) / 2 for power in (1, 1.1, 1.2)])
        assert full.samples.of == "models"
        assert claim.full_mean == pytest.approx(full.samples.mean)
    again = tmp_path / "again.json"
    run_claims(f"--claims-evidence={file}", "--claims-only=chen-1,chen-2a", f"--claims-json={again}")
    judged = read_json(again)
    assert [claim.verdict for claim in judged.claims] == [claim.verdict for claim in document.claims]
    assert [claim.arms for claim in judged.claims] == [claim.arms for claim in document.claims]


def test_two_models_end_the_session_in_one_line(run_claims: RunClaims, tmp_path: Path) -> None:
    result = run_claims("--model=lab:2", f"--claims-store={tmp_path}/store")
    result.stderr.fnmatch_lines(["ERROR: no models lab:2; expected lab, or lab:N with N from 3 to *"])
