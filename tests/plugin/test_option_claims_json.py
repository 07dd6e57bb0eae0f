from pathlib import Path

from lth.document.files import read_json
from lth.document.rows import RegionRow
from lth.verdict import Verdict
from tests.plugin.conftest import WINNING, Remember, RunClaims


def test_the_json_holds_every_claim_with_its_evidence(
    remember: Remember, run_claims: RunClaims, tmp_path: Path
) -> None:
    file = tmp_path / "out" / "verdicts.json"
    result = run_claims("--claims-store", remember(WINNING), f"--claims-json={file}")
    result.stdout.fnmatch_lines([f"wrote {file}"])
    claims = {(claim.id, claim.row): claim for claim in read_json(file).claims}
    assert len(claims) == 49
    first = claims["chen-1", ""]
    assert first.verdict is first.adjusted_verdict is Verdict.SUPPORTED
    assert first.outcome == "passed"
    assert first.effect.region == RegionRow(low=-0.02)
    arms = {str(arm.id): arm for arm in first.arms}
    assert list(arms["imp@0.7"].scores) == WINNING["imp"]
    assert {"imp@0.4", "random@0.4", "shuffled@0.7", "reinitialised@0.7"} <= set(arms)
    assert claims["chen-3", "50%"].verdict is Verdict.REFUTED
    assert claims["chen-3", "50%"].paper_verdict is False


def test_a_place_that_cannot_be_written_is_reported_in_one_line(
    remember: Remember, run_claims: RunClaims, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    result = run_claims("--claims-store", remember(WINNING), f"--claims-json={tmp_path}/file/verdicts.json")
    result.stderr.fnmatch_lines(
        ["ERROR: --claims-json=*/file/verdicts.json: cannot write */file/verdicts.json: *; name a file in a folder*"]
    )
    assert result.ret == 4
