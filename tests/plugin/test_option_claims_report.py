from pathlib import Path

from tests.plugin.conftest import WINNING, Remember, RunClaims


def test_the_report_is_markdown_with_its_pictures_beside_it(
    remember: Remember, run_claims: RunClaims, tmp_path: Path
) -> None:
    file = tmp_path / "verdicts.md"
    run_claims("--claims-store", remember(WINNING), f"--claims-report={file}")
    text = file.read_text()
    assert "Tickets beat random masks of the same size" in text
    for picture in ("verdicts-forest-sst2.svg", "verdicts-curve-sst2.svg"):
        assert f"]({picture})" in text
        assert (tmp_path / picture).read_text().startswith("<?xml")


def test_the_same_evidence_gives_the_same_pictures(remember: Remember, run_claims: RunClaims, tmp_path: Path) -> None:
    store = remember(WINNING)
    for name in ("a", "b"):
        run_claims("--claims-store", store, f"--claims-report={tmp_path}/{name}.md")
    assert (tmp_path / "a-forest-sst2.svg").read_bytes() == (tmp_path / "b-forest-sst2.svg").read_bytes()


def test_pictures_are_drawn_again_only_when_the_claims_have_changed(
    remember: Remember, run_claims: RunClaims, tmp_path: Path
) -> None:
    options = [
        f"--claims-json={tmp_path}/v.json",
        f"--claims-report={tmp_path}/v.md",
        "--claims-store",
        remember(WINNING),
    ]
    picture = tmp_path / "v-forest-sst2.svg"
    run_claims(*options)
    picture.write_text("kept")
    run_claims(*options)
    assert picture.read_text() == "kept"
    run_claims(*options, "--claims-margin=0.05")
    assert picture.read_text().startswith("<?xml")
