from pathlib import Path

from lth.document.files import read_json
from tests.plugin.conftest import WINNING, Remember, RunClaims


def test_nothing_is_trained_for_a_picture_alone_unless_it_is_asked_for(run_claims: RunClaims, tmp_path: Path) -> None:
    options = ("--claims-plan", f"--claims-store={tmp_path}/store", "--seeds=2", "--claims-only=chen-1")
    # By hand, a seed: full, and imp at 40 and 70 %. Their highest match is read from scores.
    run_claims(*options).stdout.fnmatch_lines(["to run: 6 fine-tunings, 4 masks, 2 measurements, about *"])
    # And two rounds of standard pruning, re-initialised, shuffled and random: 8 more, and a measurement for each.
    # Random masks have a mask for each round, standard pruning has another for its second round.
    more = run_claims(*options, "--claims-pictures")
    more.stdout.fnmatch_lines(["to run: 22 fine-tunings, 10 masks, 10 measurements, about *"])


def test_pictures_show_what_the_claims_measure(remember: Remember, run_claims: RunClaims, tmp_path: Path) -> None:
    file = tmp_path / "verdicts.json"

    def shown(*options: str) -> list[str]:
        run_claims("--claims-store", remember(WINNING), f"--claims-json={file}", *options)
        (claim,) = (claim for claim in read_json(file).claims if claim.id == "chen-1")
        return [str(arm.id) for arm in claim.arms]

    alone = ["imp@0.7", "full", "imp@0.4", "highest matching sparsity of imp"]
    assert shown("--claims-only=chen-1") == alone
    everything = shown("--claims-only=chen-1", "--claims-pictures")
    assert {f"{name}@{at}" for name in ("random", "reinitialised", "shuffled", "standard") for at in (0.4, 0.7)} == {
        name for name in everything if "@" in name and name not in alone
    }
    assert "highest matching sparsity of shuffled" in everything
    # chen-2 needs the controls at 70 %, and random masks at 40 % too
    assert [name for name in shown("--claims-only=chen-[12]*") if "@0.4" in name] == ["imp@0.4", "random@0.4"]
