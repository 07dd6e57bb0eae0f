import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from lth.claims.arm_id import ArmId, Weights
from lth.claims.subnetwork_arms import SUBNETWORK_KINDS
from lth.document.rows import AgreementRow, ArmRow, Document, OptionsRow, StructureRow
from lth.errors import UsageError
from lth.report.structure_plots import importances, subnetwork_bars, survival
from tests.report.made_up import changed, scored, with_claim
from tests.report.svg import ids, texts

PICTURES = (survival, subnetwork_bars, importances)
NAMES = [
    f"{pruning}-{kind} {weights}" for pruning in "sm" for kind in SUBNETWORK_KINDS for weights in get_args(Weights)
]
Build = Callable[..., Document]


def structure(task: str = "sst2", **fields: Any) -> StructureRow:
    """Two layers of three heads, four seeds; the first head of all survives in every seed, the last in none."""
    made = StructureRow(
        task,
        "lab",
        "structured",
        seeds=(0, 1, 2, 3),
        agreement={"heads": AgreementRow(kappa=0.314), "mlps": AgreementRow(kappa=-0.046)},
        heads=(((1, 1, 1), (1, 1, 0)), ((1, 1, 1), (0, 0, 0)), ((1, 1, 0), (0, 0, 0)), ((1, 0, 0), (0, 0, 0))),
        mlps=((1, 1), (1, 0), (1, 0), (1, 0)),
        head_importances=(((1.0, 0.8, 0.6), (0.2, 0.1, 0.0)), ((1.0, 0.7, 0.4), (0.2, 0.1, 0.0))),
        mlp_importances=((0.0, 1.0), (1.0, 0.0)),
    )
    return replace(made, **fields)


@pytest.fixture
def arms() -> dict[str, ArmRow]:
    """Every subnetwork, by name."""
    return {name: scored(name, 0.6 + 0.01 * place) for place, name in enumerate(NAMES)}


@pytest.fixture
def document(build: Build, arms: dict[str, ArmRow]) -> Document:
    made = build("sst2", rows=1)
    made = with_claim(made, 0, arms=(*made.claims[0].arms, *arms.values()))
    return replace(made, structures=(structure(),))


def with_arms(document: Document, arms: dict[str, ArmRow]) -> Document:
    """The document with only the full model and these arms."""
    full = next(arm for arm in document.claims[0].arms if str(arm.id) == "full")
    return with_claim(document, 0, arms=(full, *arms.values()))


def with_structures(document: Document, *structures: StructureRow) -> Document:
    return replace(document, structures=structures)


def bars(path: Path) -> int:
    return len(ids(path, r"bar-[^\"]+"))


def test_the_heat_map_says_in_which_share_of_seeds_a_gate_survives(document: Document, tmp_path: Path) -> None:
    survival(document, "sst2", tmp_path / "map.svg")
    found = re.findall(r"<!--\s*([\d.]+)\s*-->", (tmp_path / "map.svg").read_text())
    # The names of three heads, of two layers; six shares of heads; two of MLPs; the scale's three.
    heads, layers, shares = ["0", "1", "2"], ["0", "1"], ["1", ".75", ".5", ".25", ".25", "0"]
    assert sorted(found) == sorted([*heads, *layers, *shares, "1", ".25", "0.0", "0.5", "1.0"])


def test_the_heat_map_names_seeds_kept_shares_and_kappa(document: Document, tmp_path: Path) -> None:
    survival(document, "sst2", tmp_path / "map.svg")
    # Of six heads the seeds keep 5, 3, 2 and 1; of two MLPs 2, 1, 1 and 1.
    assert {
        "sst2: model lab, s-pruning, 4 seeds",
        "heads: 46 % kept (17 to 83 % by seed), κ between seeds 0.31",
        "MLPs: 62 % kept (50 to 100 % by seed), κ between seeds −0.05",
    } <= texts(tmp_path / "map.svg")


def test_an_unknown_kappa_and_a_single_seed_are_left_out(document: Document, tmp_path: Path) -> None:
    single = structure(heads=(((1, 0),),), mlps=((1,),), agreement={"heads": AgreementRow()})
    survival(with_structures(document, single), "sst2", tmp_path / "map.svg")
    assert {"sst2: model lab, s-pruning, 1 seed", "heads: 50 % kept", "MLPs: 100 % kept"} <= texts(tmp_path / "map.svg")


def test_the_cells_of_a_large_model_hold_no_numbers(document: Document, tmp_path: Path) -> None:
    heads = (tuple((layer % 2,) * 16 for layer in range(24)), ((1,) * 16,) * 24)
    large = structure(heads=heads, mlps=((1,) * 24,) * 2)
    survival(with_structures(document, large), "sst2", tmp_path / "map.svg")
    assert ".5" not in texts(tmp_path / "map.svg")
    assert "heads: 75 % kept (50 to 100 % by seed), κ between seeds 0.31" in texts(tmp_path / "map.svg")


def test_heads_without_mlps_and_mlps_without_heads_are_drawn(document: Document, tmp_path: Path) -> None:
    document = with_structures(document, structure(mlps=()), structure("cola", heads=()))
    survival(document, "sst2", tmp_path / "heads.svg")
    survival(document, "cola", tmp_path / "mlps.svg")
    assert "head" in texts(tmp_path / "heads.svg")
    assert "MLP" not in texts(tmp_path / "heads.svg")
    assert {"MLP", "layer"} <= texts(tmp_path / "mlps.svg")
    assert "head" not in texts(tmp_path / "mlps.svg")


def test_every_subnetwork_that_was_measured_has_a_bar(
    document: Document, arms: dict[str, ArmRow], tmp_path: Path
) -> None:
    subnetwork_bars(document, "sst2", tmp_path / "all.svg")
    found = texts(tmp_path / "all.svg")
    assert bars(tmp_path / "all.svg") == len(NAMES) == 24
    assert {"good", "random", "bad", "super", "pruned", "retrained", "full model", "majority baseline"} <= found
    assert {"sst2: model lab, data lab, measured", "accuracy on dev", "s-pruning: heads and MLPs"} <= found
    assert "not measured" not in found
    most = {name: arm for name, arm in arms.items() if name not in ("s-super pruned", "m-bad retrained")}
    subnetwork_bars(with_arms(document, most), "sst2", tmp_path / "most.svg")
    assert bars(tmp_path / "most.svg") == 22
    assert (tmp_path / "most.svg").read_text().count("<!-- not measured -->") == 2


def test_a_way_of_pruning_that_was_not_measured_is_named_as_missing(
    document: Document, arms: dict[str, ArmRow], tmp_path: Path
) -> None:
    structured = {name: arm for name, arm in arms.items() if arm.id.pruning == "structured"}
    subnetwork_bars(with_arms(document, structured), "sst2", tmp_path / "bars.svg")
    assert bars(tmp_path / "bars.svg") == 12
    assert {"no m-pruned subnetwork", "of sst2 was measured"} <= texts(tmp_path / "bars.svg")


def test_a_subnetwork_with_a_nan_run_has_a_cross_and_no_bar(
    document: Document, arms: dict[str, ArmRow], tmp_path: Path
) -> None:
    lost = replace(arms["s-bad retrained"], scores=(0.6, None, 0.6, 0.6, 0.6))
    subnetwork_bars(with_arms(document, arms | {"s-bad retrained": lost}), "sst2", tmp_path / "bars.svg")
    assert bars(tmp_path / "bars.svg") == 23
    assert "× at the bottom: a seed is" in texts(tmp_path / "bars.svg")


def test_the_interval_has_the_reports_level(document: Document, tmp_path: Path) -> None:
    document = replace(document, options=OptionsRow(alpha=0.01))
    subnetwork_bars(document, "sst2", tmp_path / "bars.svg")
    importances(document, "sst2", tmp_path / "ranks.svg")
    assert "whiskers: 98 % t interval" in texts(tmp_path / "bars.svg")
    assert "its 98 % t interval" in texts(tmp_path / "ranks.svg")


def test_subnetworks_known_only_by_mean_and_deviation_are_drawn(document: Document, tmp_path: Path) -> None:
    published = ArmRow(ArmId.parse("s-good pruned"), mean=0.8, std=0.02, n=5)
    subnetwork_bars(with_claim(document, 0, arms=(published,)), "sst2", tmp_path / "bars.svg")
    assert bars(tmp_path / "bars.svg") == 1


def test_the_subnetworks_are_those_of_the_first_model_that_has_any(document: Document, tmp_path: Path) -> None:
    other = changed(document.claims[0], model="other", arms=(scored("full", 0.9),))
    subnetwork_bars(replace(document, claims=(other, *document.claims)), "sst2", tmp_path / "bars.svg")
    assert "sst2: model lab, data lab, measured" in texts(tmp_path / "bars.svg")


def test_the_importances_count_what_is_above_half_of_the_maximum(document: Document, tmp_path: Path) -> None:
    importances(document, "sst2", tmp_path / "ranks.svg")
    # Above 0.5 are three heads of the first seed and two of the second, and one MLP of each.
    found = texts(tmp_path / "ranks.svg")
    assert {"heads: 2.5 of 6 above half", "MLPs: 1 of 2 above half", "sst2: model lab, s-pruning, 2 seeds"} <= found
    assert {
        "one seed",
        "mean over seeds",
        "its 90 % t interval",
        "half of the maximum",
        "rank among the heads",
    } <= found


def test_a_seed_whose_importances_are_not_all_known_is_left_out(document: Document, tmp_path: Path) -> None:
    first, (layer, *others) = structure().head_importances
    torn = structure(head_importances=(first, ((None, *layer[1:]), *others)))
    importances(with_structures(document, torn), "sst2", tmp_path / "ranks.svg")
    assert "heads: 3 of 6 above half" in texts(tmp_path / "ranks.svg")


def test_importances_of_heads_only_of_one_seed_are_drawn_without_an_interval(
    document: Document, tmp_path: Path
) -> None:
    alone = structure(head_importances=(((1.0, 0.4),),), mlp_importances=())
    importances(with_structures(document, alone), "sst2", tmp_path / "ranks.svg")
    found = texts(tmp_path / "ranks.svg")
    assert {"heads: 1 of 2 above half", "no importance of MLPs"} <= found
    assert "its 90 % t interval" not in found


@pytest.mark.parametrize("structures", [[], [StructureRow("sst2", "lab", "magnitude")], [structure("cola")]])
def test_a_sentence_says_that_nothing_was_measured(
    build: Build, structures: list[StructureRow], tmp_path: Path
) -> None:
    document = with_structures(build("sst2"), *structures)
    said = []
    for picture in PICTURES:
        picture(document, "sst2", tmp_path / "none.svg")
        said.append(" ".join(re.findall(r"<!-- (.*?) -->", (tmp_path / "none.svg").read_text())))
    assert "no s-pruned subnetwork of sst2 was measured" in said[0]
    assert "no s-pruned subnetwork of sst2 was measured" in said[1]
    assert "no m-pruned subnetwork of sst2 was measured" in said[1]
    assert "no importance of heads of sst2 was measured" in said[2]
    assert "no importance of MLPs of sst2 was measured" in said[2]


@pytest.mark.parametrize("suffix", ["svg", "png"])
@pytest.mark.parametrize("picture", PICTURES)
def test_the_same_structures_give_the_same_bytes(
    document: Document, picture: Callable[..., None], suffix: str, tmp_path: Path
) -> None:
    for number in (1, 2):
        picture(document, "sst2", tmp_path / f"{number}.{suffix}")
    assert len((tmp_path / f"1.{suffix}").read_bytes()) > 1000
    assert (tmp_path / f"1.{suffix}").read_bytes() == (tmp_path / f"2.{suffix}").read_bytes()


@pytest.mark.parametrize("picture", PICTURES)
def test_a_suffix_that_is_not_a_pictures_is_refused_for_structures_too(
    document: Document, picture: Callable[..., None], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"suffix '\.txt'; expected one of \.svg, \.png, \.pdf"):
        picture(document, "sst2", tmp_path / "map.txt")


def test_the_pictures_are_imported_without_torch_matplotlib_scipy_or_numpy() -> None:
    heavy = "sorted({'torch', 'matplotlib', 'scipy', 'numpy'} & set(sys.modules))"
    code = f"import sys, lth.report.structure_plots; print({heavy})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
