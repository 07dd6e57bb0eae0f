"""Saved runs as evidence: figures that decide nothing, whatever the claim."""

from pathlib import Path

import pytest

from lth.claims.subnetwork_arms import BY_CONSTRUCTION
from lth.document.files import write_json
from lth.document.rows import OptionsRow
from lth.document.saved import read_saved
from lth.evidence.recorded import GOOD_PRUNED, ONE_MASK, SUPER, published
from tests.history.made_up import claim, document

ON_DEV, HELD_OUT = "dev, as the paper does", "500 examples held out from training"
GOOD, SHARED = dict.fromkeys(GOOD_PRUNED, BY_CONSTRUCTION), dict.fromkeys(SUPER, ONE_MASK)


@pytest.mark.parametrize(
    ("options", "void"),
    [
        (OptionsRow(protocol="lab", searched_on=HELD_OUT, super_seeds=2), {}),
        (OptionsRow(protocol="lab", searched_on=HELD_OUT), SHARED),
        (OptionsRow(protocol="paper:epochs=1", searched_on=ON_DEV, super_seeds=5), GOOD),
        (OptionsRow(protocol="paper", searched_on=ON_DEV), GOOD | SHARED),
        (OptionsRow(protocol="paper", evidence="published"), published().void),
        (OptionsRow(protocol="paper", evidence="my-scores"), {}),
    ],
    ids=["groups", "one mask", "searched on dev", "both", "published", "scores of one's own"],
)
def test_a_saved_run_says_which_of_its_figures_decide_nothing(
    options: OptionsRow, void: dict[object, str], tmp_path: Path
) -> None:
    file = tmp_path / "run.json"
    write_json(document(claim((0.9, 0.91), (0.9, 0.92)), options=options), file)
    assert read_saved(file)[0].void == void
