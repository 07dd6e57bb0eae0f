"""`lth decide` as it is typed, in its own process because it starts pytest."""

import subprocess
import sys
from pathlib import Path

CLAIMS = Path(__file__).parents[2] / "claims"
SCORES = "task,arm,mean,std,n\nsst2,full,0.92,0.004,5\nsst2,m-good retrained,0.905,0.004,5\n"


def decide(evidence: object, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "import sys; from lth.app.cli import main; sys.exit(main())",
        "decide",
        str(evidence),
    ]
    return subprocess.run([*command, f"--claims={CLAIMS}", *options], capture_output=True, text=True, check=False)


def test_a_folder_of_scores_is_judged(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text(SCORES)
    result = decide(tmp_path, "--only=prasanna-1")
    assert "prasanna-1" in result.stdout
    # 90 % Welch interval: -.015 ± 1.86 · sqrt(2 · .004² / 5) = -.0197 … -.0103, over .92: -2.1 … -1.1 %.
    assert "-1.6 [-2.1, -1.1]" in result.stdout
    assert "INCONCLUSIVE" in result.stdout
    assert result.returncode == 0


def test_a_saved_run_is_judged_under_another_margin(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text(SCORES)
    file = tmp_path / "run.json"
    decide(tmp_path, "--only=prasanna-1", f"--json={file}")
    assert "SUPPORTED" in decide(file, "--only=prasanna-1", "--margin=0.03").stdout
    refuted = decide(file, "--only=prasanna-1", "--margin=0.005")
    assert "REFUTED" in refuted.stdout
    assert refuted.returncode == 1


def test_a_fault_in_the_evidence_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("task,arm,seed\n")
    result = decide(tmp_path)
    assert result.stderr.strip() == (
        f"lth: {tmp_path}/scores.csv:1: no column score; expected task,arm,seed,score; correct the file"
    )
    assert result.returncode == 2


def test_claims_that_are_not_there_are_reported(tmp_path: Path) -> None:
    result = decide("published", f"--claims={tmp_path}/none")
    assert result.stderr == (
        f"lth: no claims in {tmp_path}/none; expected the folder of claim tests; give --claims=FOLDER\n"
    )
    assert result.returncode == 2


def test_a_bad_value_is_reported_as_it_was_typed(tmp_path: Path) -> None:
    assert decide("published", "--alpha=2").stderr == (
        "lth: --alpha=2; expected a number between 0 and 0.5; give --alpha=0.01\n"
    )
    result = decide("publishd")
    assert result.stderr.startswith("lth: publishd; expected measured, published, ")
    assert result.stderr.endswith("(did you mean 'published'?); give published\n")
    assert result.returncode == 2
