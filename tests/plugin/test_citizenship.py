"""What pytest users expect works with claims, too: xdist, junit, selection, hooks."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lth.document.files import read_json
from tests.plugin.conftest import CLAIMS, WINNING, Remember, RunClaims


def test_two_processes_report_what_one_reports(
    remember: Remember, run_claims: RunClaims, pytester: pytest.Pytester, tmp_path: Path
) -> None:
    store, files = remember(WINNING), [tmp_path / "one.json", tmp_path / "two.json"]
    one = run_claims("--claims-store", store, f"--claims-json={files[0]}")
    two = pytester.runpytest_subprocess(
        CLAIMS, "-p", "no:cacheprovider", f"--claims-store={store}", f"--claims-json={files[1]}", "-n2"
    )
    two.assert_outcomes(**one.parseoutcomes())
    assert read_json(files[0]).claims == read_json(files[1]).claims
    tables = [
        re.search(r"-{20} sst2: model lab.*?\n\n", "\n".join(result.outlines), re.DOTALL) for result in (one, two)
    ]
    assert tables[0] is not None
    assert tables[1] is not None
    assert tables[0].group() == tables[1].group()


def test_junit_xml_holds_the_verdicts(remember: Remember, run_claims: RunClaims, tmp_path: Path) -> None:
    run_claims("--claims-store", remember(WINNING), f"--junitxml={tmp_path}/junit.xml")
    cases = ElementTree.parse(tmp_path / "junit.xml").iter("testcase")
    verdicts = {
        str(case.get("name")): [each.get("value") for each in case.iter("property") if each.get("name") == "verdict"]
        for case in cases
    }
    assert verdicts["test_imp_finds_winning_tickets[sst2]"] == ["SUPPORTED"]
    assert verdicts[
        "test_rewinding_helps[0.05-sst2]"
        if "test_rewinding_helps[0.05-sst2]" in verdicts
        else next(name for name in verdicts if "rewind" in name)
    ] == ["REFUTED"]
    assert ["NOT RUN"] in verdicts.values()


def test_claims_are_listed_without_being_run(run_claims: RunClaims, tmp_path: Path) -> None:
    result = run_claims("--collect-only", "-q", f"--claims-store={tmp_path}/store")
    result.stdout.fnmatch_lines(["*test_chen_1.py::test_imp_finds_winning_tickets[[]sst2]"])
    assert not (tmp_path / "store").exists()


def test_only_what_k_selects_is_measured(run_claims: RunClaims, tmp_path: Path) -> None:
    result = run_claims("-k", "finds_winning", "--claims-plan", f"--claims-store={tmp_path}/store", "--seeds=2")
    result.stdout.fnmatch_lines(["plan: 1 claims need *"])


def test_a_failing_claim_stops_the_run_with_x(remember: Remember, run_claims: RunClaims) -> None:
    losing = WINNING | {"imp": [0.80, 0.81, 0.82, 0.81, 0.80]}
    result = run_claims("--claims-store", remember(losing), "-x")
    assert result.parseoutcomes() == {"failed": 1}


def test_another_plugin_sees_the_verdicts_and_the_files(
    remember: Remember, run_claims: RunClaims, pytester: pytest.Pytester, tmp_path: Path
) -> None:
    pytester.makepyfile(
        listener="""
        def pytest_claims_verdicts(config, document):
            document.notes["seen"] = str(len(document.claims))

        def pytest_claims_report(config, document, written):
            print("written:", *written)
        """
    )
    pytester.syspathinsert()
    file = tmp_path / "verdicts.json"
    result = run_claims("-p", "listener", "-s", "--claims-store", remember(WINNING), f"--claims-json={file}")
    assert read_json(file).notes == {"seen": "49"}
    result.stdout.fnmatch_lines([f"*written: {file}"])


def test_another_plugin_can_give_its_own_arms(run_claims: RunClaims, pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.makepyfile(
        changer="""
        from dataclasses import replace

        def pytest_claims_arms(config, arms):
            return replace(arms, seeds=arms.seeds[:1])
        """
    )
    pytester.syspathinsert()
    result = run_claims("-p", "changer", "--claims-plan", f"--claims-store={tmp_path}/store", "--claims-only=chen-4")
    # One seed: full, two rounds of imp, the second round of standard pruning and the first, which it does not share.
    result.stdout.fnmatch_lines(["to run: 5 fine-tunings, *"])
