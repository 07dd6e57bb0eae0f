"""`--claims-shrink-variance`: the errors of a run's rows are estimated from the variances of all of them."""

import json
import random
from pathlib import Path

import pytest

from lth.app.settings import read_settings
from lth.errors import UsageError


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """Three seeds of the arms of chen-1 and chen-2 on four tasks."""
    noise = random.Random(0)
    means = {"full": 0.9, "imp@0.7": 0.9, "random@0.7": 0.8, "reinitialised@0.7": 0.7, "majority": 0.5}
    lines = ["task,arm,seed,score"]
    for task in ("cola", "sst2", "mrpc", "qnli"):
        for arm, mean in means.items():
            lines += [f"{task},{arm},{seed},{mean + noise.gauss(0, 0.01):.3f}" for seed in range(3)]
    file = tmp_path / "evidence/scores.csv"
    file.parent.mkdir()
    file.write_text("\n".join(lines) + "\n")
    return tmp_path / "evidence"


def methods(file: Path) -> set[str]:
    effects = [claim["effect"] for claim in json.loads(file.read_text())["claims"]]
    return {effect["interval"]["method"] for effect in effects if "interval" in effect}


def test_it_is_off_by_default_and_named_in_rows_table_and_document(
    pytester: pytest.Pytester, evidence: Path, tmp_path: Path
) -> None:
    claims = Path(__file__).parents[2] / "claims/chen2020"
    file = tmp_path / "run.json"
    given = (
        claims,
        f"--claims-evidence={evidence}",
        f"--claims-json={file}",
        "--claims-only=chen-1,chen-2*",
        "-v",
        "--claims-sparsity=0.7",
    )
    plain = pytester.runpytest_inprocess(*given)
    assert methods(file) == {"paired t"}
    plain.stdout.no_fnmatch_line("*moderated*")

    shrunk = pytester.runpytest_inprocess(*given, "--claims-shrink-variance")
    assert "moderated paired t" in methods(file)
    assert json.loads(file.read_text())["options"]["shrink_variance"] is True
    shrunk.stdout.fnmatch_lines(["moderated t: the errors of * rows use each other's variances*"])

    again = pytester.runpytest_inprocess(claims, f"--claims-evidence={file}", "--claims-only=chen-1", "-v")
    again.stdout.fnmatch_lines(["moderated t: not used, because fewer than 8 rows have effects of one unit*"])


def test_methods_without_students_t_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--claims-shrink-variance with the method permutation; expected crossed or t"):
        read_settings({"method": "permutation", "shrink_variance": True}, tmp_path)
