"""The GitHub Action: its steps run under bash as a runner would, with a `gh` that writes down its calls."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.pages import DOCS, ROOT, blocks

ACTION = YAML(typ="safe").load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
INSTALL, JUDGE, SUMMARY, COMMENT = (name for name, step in STEPS.items() if "run" in step)
GH = """#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
case "$*" in *--jq*) cat "$THERE" ;; *) for last; do :; done; cp "${last#body=@}" "$POSTED" ;; esac
exit "$GH_STATUS"
"""


class Runner:
    """A runner in a folder: the files that steps write to, and commands that stand in for pip and gh."""

    def __init__(self, folder: Path, **inputs: str):
        self.folder, self.temp = folder, folder / "temp"
        self.known = {f"inputs.{name}": each["default"] for name, each in ACTION["inputs"].items()}
        self.known |= {f"inputs.{name}": value for name, value in inputs.items()}
        self.known |= {"runner.temp": str(self.temp), "github.action_path": str(ROOT), "github.run_id": "77"}
        self.known |= {"github.repository": "us/ours", "github.event.pull_request.number": "5"}
        self.known |= {"github.server_url": "https://github.com"}
        self.files = {
            name: folder / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "CALLS", "THERE", "POSTED")
        }
        self.gh_status = 0
        for file in self.files.values():
            file.touch()
        python = f'case "$*" in "-m pip "*|"-m uv "*) echo "$*" >> "$CALLS" ;; *) exec {sys.executable} "$@" ;; esac'
        self._command("python", f"#!/bin/sh\n{python}\n")
        lth = "from lth.app.cli import main; import sys; sys.exit(main())"
        self._command("lth", f'#!/bin/sh\nexec {sys.executable} -c "{lth}" "$@"\n')
        self._command("gh", GH)

    def step(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run one step, with its expressions filled in; what it put out is known to the steps after it."""
        given = {key: self._filled(text) for key, text in STEPS[name]["env"].items()}
        env = os.environ | {key: str(file) for key, file in self.files.items()} | given
        env |= {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "GH_STATUS": str(self.gh_status)}
        env |= {"PYTHONPATH": str(ROOT)}
        bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]]  # as GitHub calls it
        done = subprocess.run(bash, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        for line in self.text("GITHUB_OUTPUT").splitlines():
            key, _, value = line.partition("=")
            self.known[f"steps.judge.outputs.{key}"] = value
        return done

    def text(self, name: str) -> str:
        """What a file that steps write to holds."""
        return self.files[name].read_text(encoding="utf-8")

    def output(self, name: str) -> Path:
        """The path that an output of the action is."""
        return Path(self._filled(ACTION["outputs"][name]["value"]))

    def report(self, text: str) -> None:
        """Have a report, as after judging."""
        place = self.folder / "verdicts.md"
        place.write_text(text, encoding="utf-8")
        self.known["steps.judge.outputs.report"] = str(place)

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda found: self.known[found[1]], text)

    def _command(self, name: str, text: str) -> None:
        file = self.folder / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)


def succeed(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_published_claims_are_judged_summed_up_kept_and_posted(tmp_path: Path) -> None:
    runner = Runner(
        tmp_path, task="sst2", evidence="published", arguments="--claims-only=prasanna-1  --claims-alpha=.04"
    )
    succeed(runner.step(INSTALL))
    assert [line.split()[-1] for line in runner.text("CALLS").splitlines()] == ["uv", "torch", str(ROOT)]
    assert "SUPPORTED" in succeed(runner.step(JUDGE))
    kept = tmp_path / "temp" / "lth" / "verdicts"
    assert {"verdicts.json", "verdicts.md", "verdicts-forest-sst2.svg"} <= {file.name for file in kept.iterdir()}
    assert (runner.output("json"), runner.output("report")) == (kept / "verdicts.json", kept / "verdicts.md")
    succeed(runner.step(SUMMARY))
    summary = runner.text("GITHUB_STEP_SUMMARY")
    assert "**prasanna-1**" in summary
    assert "92 % interval" in summary
    assert "<details>" in summary
    assert ".svg" not in summary
    succeed(runner.step(COMMENT))
    listed, posted = runner.text("CALLS").splitlines()[3:]
    assert listed.startswith("api --paginate repos/us/ours/issues/5/comments --jq ")
    assert posted.startswith("api --silent --method POST repos/us/ours/issues/5/comments --field body=@")
    body = runner.text("POSTED")
    assert body.startswith("<!-- lth verdicts -->\n# Verdicts: sst2\n")
    assert "**prasanna-1**" in body
    assert not re.search(r"details>|\.svg", body)
    assert body.endswith("\n[Details and pictures](https://github.com/us/ours/actions/runs/77)\n")


def test_an_own_claim_that_fails_fails_the_step_and_is_reported(tmp_path: Path) -> None:
    page = DOCS / "own-repository.md"
    claim = blocks(page, "python")["test_our_claims.py"].replace("(tickets, masks)", "(masks, tickets)")
    (tmp_path / "test_our_claims.py").write_text(claim, encoding="utf-8")
    (tmp_path / "scores.csv").write_text(blocks(page, "text")["scores.csv"], encoding="utf-8")
    runner = Runner(tmp_path, claims="test_our_claims.py", evidence=".", arguments="--claims-sparsity=0.7", name="ours")
    assert runner.step(JUDGE).returncode == 1
    succeed(runner.step(SUMMARY))
    succeed(runner.step(COMMENT))
    assert "**ours-1**" in runner.text("GITHUB_STEP_SUMMARY")
    assert "REFUTED" in runner.text("POSTED")
    assert runner.text("POSTED").startswith("<!-- lth ours -->")


def test_a_wrong_input_fails_the_step_and_the_summary_says_where_to_look(tmp_path: Path) -> None:
    runner = Runner(tmp_path, task="sst3", evidence="published")
    done = runner.step(JUDGE)
    assert done.returncode == 2
    assert "did you mean 'sst2'?" in done.stderr
    succeed(runner.step(SUMMARY))
    assert "wrote no report" in runner.text("GITHUB_STEP_SUMMARY")
    succeed(runner.step(COMMENT))
    assert runner.text("CALLS") == ""


def test_the_comment_of_an_earlier_run_is_updated(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    runner.report("# Verdicts\n")
    runner.files["THERE"].write_text("901\n902\n", encoding="utf-8")
    succeed(runner.step(COMMENT))
    updated = runner.text("CALLS").splitlines()[1]
    assert updated.startswith("api --silent --method PATCH repos/us/ours/issues/comments/901 --field body=@")


def test_only_a_comment_that_begins_with_the_mark_is_taken_for_the_earlier_one(tmp_path: Path) -> None:
    if not (jq := shutil.which("jq")):
        pytest.skip("jq is not installed")
    runner = Runner(tmp_path)
    runner.report("# Verdicts\n")
    succeed(runner.step(COMMENT))
    query = runner.text("CALLS").splitlines()[0].partition("--jq ")[2]
    comments = '[{"id": 1, "body": "> <!-- lth a -->"}, {"id": 2, "body": "<!-- lth a -->\\n"}]'
    env = os.environ | {"MARK": "<!-- lth a -->"}
    found = subprocess.run([jq, "-r", query], input=comments, env=env, capture_output=True, text=True, check=True)
    assert found.stdout == "2\n"


def test_a_token_without_the_right_to_comment_is_no_failure(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    runner.report("# Verdicts\n")
    runner.gh_status = 1
    assert succeed(runner.step(COMMENT)).startswith("::notice::no comment: ")


def test_a_comment_is_no_longer_than_github_takes_and_cuts_no_character(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    runner.report("a" + "–" * 30_000 + "\n")
    succeed(runner.step(COMMENT))
    body = runner.text("POSTED")
    assert 19_000 < body.count("–") < 20_001
    assert body.endswith("actions/runs/77)\n")


def test_no_input_is_written_into_a_script(tmp_path: Path) -> None:
    assert [name for name, step in STEPS.items() if "${{" in step.get("run", "")] == []
    runner = Runner(tmp_path, task="$(touch stolen)", arguments="--claims-only=x; touch stolen")
    assert runner.step(JUDGE).returncode == 2
    assert not (tmp_path / "stolen").exists()


def test_all_that_comes_after_judging_runs_after_a_failure_too() -> None:
    after = list(STEPS.values())[list(STEPS).index(JUDGE) + 1 :]
    assert len(after) == 3
    assert all(step["if"].startswith("always() && ") for step in after)


def test_the_page_shows_every_input_and_uses_no_other() -> None:
    page = DOCS / "action.md"
    table = re.findall(r"^\| `([\w-]+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert table == list(ACTION["inputs"])
    workflow: Mapping[str, Any] = YAML(typ="safe").load(blocks(page, "yaml")[".github/workflows/claims.yml"])
    *_, used = workflow["jobs"]["claims"]["steps"]
    assert used["with"].keys() <= ACTION["inputs"].keys()
    assert workflow["permissions"]["pull-requests"] == "write"
