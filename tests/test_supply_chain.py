"""Packages come by hash, actions by commit, and no step of a workflow has more rights than it needs."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_every_package_of_the_lock_has_one_version_and_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", "")
    packages = [line for line in text.splitlines() if not line.startswith("#")]
    for line in packages:
        assert re.match(r"[a-z0-9.-]+==\S+ ", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", line), line
    assert len(packages) > 100


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_every_action_is_named_by_its_commit(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text())
    assert used
    for action in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_the_token_is_given_to_single_steps_and_reads_only_unless_a_job_says_otherwise(file: Path) -> None:
    workflow = YAML(typ="safe").load(file.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    assert "env" not in workflow
    for job in workflow["jobs"].values():
        assert "env" not in job
        for step in job["steps"]:
            if "actions/checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
            if "token" in str(step):
                assert step["run"] == "make nightly-issue"
