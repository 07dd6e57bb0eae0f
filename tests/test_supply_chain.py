"""Packages come by hash, actions by commit, and no step of a workflow has more rights than it needs."""

import re
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "lock").glob("*.txt"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("file", LOCKS, ids=lambda file: file.name)
def test_every_package_of_a_lock_has_one_version_and_hashes(file: Path) -> None:
    packages = [line for line in file.read_text().replace("\\\n", "").splitlines() if not line.startswith("#")]
    for line in packages:
        assert re.match(r"[a-z0-9.-]+==\S+ ", line), line
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", line), line
    assert len(packages) > 15


def test_the_locks_agree_on_every_version_and_a_run_has_all_that_it_needs_but_torch() -> None:
    pinned = {file.stem: set(re.findall(r"^([a-z0-9.-]+)==(\S+)", file.read_text(), re.MULTILINE)) for file in LOCKS}
    versions = set().union(*pinned.values())
    forked = {"pymdown-extensions"}  # two versions, for older and newer Python
    names = [name for name, _ in versions if name not in forked]
    assert len(names) == len(set(names))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[<>=\[]", each)[0].replace("_", "-") for each in project["dependencies"]}
    assert needed - {name for name, _ in pinned["claims"]} == {"torch"}


def test_a_run_does_not_install_what_only_developers_and_pages_need() -> None:
    names = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "lock" / "claims.txt").read_text(), re.MULTILINE))
    assert not names & {"codecarbon", "mkdocs", "mypy", "onnx", "playwright", "ray", "ruff", "hypothesis", "ipykernel"}


@pytest.mark.parametrize("file", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda file: file.name)
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
