import json
import shutil
from pathlib import Path

import pytest

from lth.app.settings import read_settings
from lth.claims.arms import arms_of
from tests.plugin.conftest import CLAIMS, WINNING, Remember, RunClaims

AT_ONCE = "--claims-max-time=1e-9"
WHY = "time was up before all was measured; run the same again to go on"


@pytest.mark.parametrize("task", ["sst2", "cola,sst2"])
def test_without_time_nothing_is_begun_and_no_claim_is_judged(
    pytester: pytest.Pytester, tmp_path: Path, task: str
) -> None:
    file = tmp_path / "v.json"
    options = [f"--task={task}", f"--claims-store={tmp_path}/store", f"--claims-json={file}", "-p", "no:cacheprovider"]
    result = pytester.runpytest_inprocess(CLAIMS.parent, AT_ONCE, *options, f"--claims-report={tmp_path}/v.md")
    assert result.ret == 0
    claims = json.loads(file.read_text())["claims"]
    assert {claim["verdict"] for claim in claims} == {"NOT RUN"}
    reasons = {claim["reason"] for claim in claims}
    assert WHY in reasons
    assert all(reason == WHY or reason.startswith("it takes ") for reason in reasons)
    assert not any((tmp_path / "store").rglob("entry.json"))


def test_claims_with_all_their_results_are_judged(remember: Remember, run_claims: RunClaims, tmp_path: Path) -> None:
    store, (settings, _) = remember(WINNING), read_settings({}, tmp_path)
    for experiment in arms_of(settings, settings.tasks[0]).standard().experiments[:1]:
        shutil.rmtree(store / experiment.key[:2] / experiment.key)
    result = run_claims("--claims-store", store, AT_ONCE, "--claims-only=chen-[14]")
    result.stdout.fnmatch_lines(["chen-1 *SUPPORTED*", f"chen-4 *NOT RUN: {WHY[:20]}*"])
    assert result.ret == 0


@pytest.mark.parametrize("minutes", ["0", "-1", "soon", "nan"])
def test_a_value_that_is_not_a_time_is_reported(run_claims: RunClaims, minutes: str) -> None:
    result = run_claims(f"--claims-max-time={minutes}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"ERROR: --claims-max-time={minutes}; expected a number above 0; give --claims-max-time=30"]
    )
