import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lth.claims.arm_id import ArmId
from lth.document.rows import Document, OverlapRow, TransferRow
from lth.errors import UsageError
from lth.report.transfer_plots import mask_overlap, transfer_matrix
from lth.report.transfer_sizes import transfer_by_size
from lth.tasks import TASKS
from tests.report.svg import ids, texts, written
from tests.report.transfers import SHARES, THREE, against_full, eleven_tasks, transfers, with_overlap

PICTURES = (transfer_matrix, transfer_by_size, mask_overlap)


@pytest.fixture
def document() -> Document:
    return transfers(SHARES)


def test_a_cell_shows_its_share_and_the_sign_of_its_verdict(document: Document, tmp_path: Path) -> None:
    transfer_matrix(document, tmp_path / "map.svg")
    shares = [text for text in written(tmp_path / "map.svg") if re.fullmatch(r"1?\.\d\d", text)]
    assert sorted(shares) == sorted(["1.00", ".87", ".96", ".95", ".99", ".91", "1.02", "1.00", ".98"])
    # Rows and columns are sst2, rte and mlm.
    places = {(source, target): f"{THREE.index(source)}-{THREE.index(target)}" for source, target in SHARES}
    signs = {f"{verdict}-{places[pair]}" for pair, (_, verdict) in SHARES.items()}
    assert set(ids(tmp_path / "map.svg", r"[A-Z]+-\d+-\d+")) == signs
    assert {"SUPPORTED", "REFUTED", "INCONCLUSIVE", "NOT RUN"} <= texts(tmp_path / "map.svg")


def test_the_matrix_names_model_sparsity_and_the_region_of_a_supported_cell(document: Document, tmp_path: Path) -> None:
    transfer_matrix(document, tmp_path / "map.svg")
    assert {
        "transfer at 70 % sparsity: model lab, data lab, measured",
        "number: mean score as a share of the target's full score; supported: its 90 % interval lies above .98",
        "ticket found on",
        "trained and scored on",
        "share of the full score",
    } <= texts(tmp_path / "map.svg")


def test_tasks_are_in_one_order_whatever_the_order_of_the_claims(document: Document, tmp_path: Path) -> None:
    transfer_matrix(document, tmp_path / "one.svg")
    transfer_matrix(replace(document, claims=document.claims[::-1]), tmp_path / "other.svg")
    for name in ("one", "other"):
        tasks = [text for text in written(tmp_path / f"{name}.svg") if text in TASKS]
        assert tasks == [*THREE, *THREE]


def test_a_task_whose_file_is_not_here_is_the_last_of_the_targets(document: Document, tmp_path: Path) -> None:
    target = against_full(ArmId("imp", 0.7, source="rte"), "my_tasks:VOICE", 0.99, "SUPPORTED", id="chen-5")
    transfer_matrix(replace(document, claims=(target, *document.claims)), tmp_path / "map.svg")
    tasks = [text for text in written(tmp_path / "map.svg") if text in (*TASKS, target.task)]
    assert tasks == [*THREE, target.task, *THREE]


def test_the_diagonal_is_the_tasks_own_ticket_only_at_the_sparsity_of_the_others(
    document: Document, tmp_path: Path
) -> None:
    other = against_full(ArmId("imp", 0.5), "rte", 0.993, "SUPPORTED", id="chen-1")
    claims = (*document.claims[:4], other, *document.claims[5:])
    transfer_matrix(replace(document, claims=claims), tmp_path / "map.svg")
    assert ids(tmp_path / "map.svg", r"own-\d") == ["own-0", "own-2"]
    assert ".99" not in texts(tmp_path / "map.svg")
    assert "the task's own ticket (chen-1)" in texts(tmp_path / "map.svg")
    claims = tuple(claim for claim in document.claims if claim.id != "chen-1")
    transfer_matrix(replace(document, claims=claims), tmp_path / "bare.svg")
    assert not any("own ticket" in text for text in texts(tmp_path / "bare.svg"))


def test_a_claim_that_was_not_run_is_hatched_without_a_number(tmp_path: Path) -> None:
    transfer_matrix(transfers({**SHARES, ("sst2", "rte"): (None, "NOT RUN")}), tmp_path / "map.svg")
    assert ".87" not in texts(tmp_path / "map.svg")
    assert not ids(tmp_path / "map.svg", r"[A-Z]+-0-1")
    # One hatch fills the legend's sign and the cell.
    uses = re.findall(r'style="fill: url\(#(\w+)\)', (tmp_path / "map.svg").read_text())
    assert len(uses) == 2


def test_the_targets_that_each_source_reaches_are_counted_without_itself(tmp_path: Path) -> None:
    transfer_matrix(transfers({**SHARES, ("rte", "mlm"): (None, "NOT RUN")}), tmp_path / "map.svg")
    counts = [text for text in written(tmp_path / "map.svg") if re.fullmatch(r"\d of \d", text)]
    assert counts == ["0 of 2", "0 of 1", "2 of 2"]


def test_a_ticket_whose_run_ended_in_nan_has_a_question_mark(tmp_path: Path) -> None:
    transfer_matrix(transfers({**SHARES, ("sst2", "rte"): (None, "INCONCLUSIVE")}), tmp_path / "map.svg")
    assert "?" in texts(tmp_path / "map.svg")


def test_a_score_of_the_other_sign_is_a_negative_share(tmp_path: Path) -> None:
    transfer_matrix(transfers({**SHARES, ("sst2", "rte"): (-0.034, "REFUTED")}), tmp_path / "map.svg")
    assert "−.03" in texts(tmp_path / "map.svg")


def test_eleven_tasks_have_a_number_and_a_sign_in_every_cell(tmp_path: Path) -> None:
    transfer_matrix(eleven_tasks(), tmp_path / "map.svg")
    assert len([text for text in written(tmp_path / "map.svg") if re.fullmatch(r"1?\.\d\d", text)]) == 121
    assert len(ids(tmp_path / "map.svg", r"REFUTED-\d+-\d+")) == 121


def test_an_overlap_shows_every_pair_and_the_level_of_chance(document: Document, tmp_path: Path) -> None:
    beyond = ((1.0, None, 0.23), (None, 1.0, 0.23), (0.23, 0.23, 1.0))
    mask_overlap(with_overlap(document, beyond=beyond), tmp_path / "masks.svg")
    shown = written(tmp_path / "masks.svg")
    # Four masks have six pairs, each shown twice; of the three pairs of tasks one is undefined.
    assert [shown.count(text) for text in (".90", ".85", ".23", "–")] == [6, 6, 4, 2]
    assert {
        "overlap of tickets' masks at 70 % sparsity; of kept weights by chance .18",
        "weights kept by both",
        "where both differ from theta_0's mask",
        "Jaccard overlap",
    } <= set(shown)
    assert shown.count("theta_0") == 2


def test_the_masks_of_eleven_tasks_are_drawn(tmp_path: Path) -> None:
    mask_overlap(eleven_tasks(), tmp_path / "masks.svg")
    assert written(tmp_path / "masks.svg").count(".23") == 110


def test_the_mask_of_one_task_is_compared_only_with_that_of_theta_0(document: Document, tmp_path: Path) -> None:
    overlap = {"names": ("sst2", "theta_0"), "jaccard": ((1.0, 0.83), (0.83, 1.0)), "beyond": ((1.0,),)}
    mask_overlap(with_overlap(document, **overlap, by_chance=None), tmp_path / "masks.svg")
    assert {".83", "no two tasks to compare", "beyond theta_0's mask"} <= texts(tmp_path / "masks.svg")
    assert "overlap of tickets' masks at 70 % sparsity; of kept weights by chance ?" in texts(tmp_path / "masks.svg")


def test_one_source_with_one_target_is_drawn_by_every_picture(tmp_path: Path) -> None:
    document = transfers({("sst2", "rte"): (0.9, "REFUTED")})
    for picture in PICTURES:
        picture(document, tmp_path / f"{picture.__name__}.svg")
    assert ".90" in texts(tmp_path / "transfer_matrix.svg")
    assert ids(tmp_path / "transfer_by_size.svg", r"source-\w+") == ["source-sst2"]


@pytest.mark.parametrize("transfer", [None, TransferRow({}, 0.7), TransferRow({}, 0.7, OverlapRow(("sst2",), 0.7))])
def test_a_sentence_says_that_there_is_no_transfer(
    build: Callable[..., Document], transfer: TransferRow | None, tmp_path: Path
) -> None:
    said = []
    for picture in PICTURES:
        picture(replace(build("sst2"), transfer=transfer), tmp_path / "none.svg")
        said.append(texts(tmp_path / "none.svg"))
    assert "no ticket was tried on another task" in said[0]
    assert "no ticket was tried on another task, or the size of its source is unknown" in said[1]
    assert "no ticket masks were compared" in said[2]


@pytest.mark.parametrize("suffix", ["svg", "png"])
@pytest.mark.parametrize("picture", PICTURES)
def test_the_same_transfers_give_the_same_bytes(
    document: Document, picture: Callable[..., None], suffix: str, tmp_path: Path
) -> None:
    for number in (1, 2):
        picture(document, tmp_path / f"{number}.{suffix}")
    assert len((tmp_path / f"1.{suffix}").read_bytes()) > 1000
    assert (tmp_path / f"1.{suffix}").read_bytes() == (tmp_path / f"2.{suffix}").read_bytes()


@pytest.mark.parametrize("picture", PICTURES)
def test_a_suffix_that_is_not_a_pictures_is_refused_for_transfers_too(
    document: Document, picture: Callable[..., None], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"suffix '\.txt'; expected one of \.svg, \.png, \.pdf"):
        picture(document, tmp_path / "map.txt")


def test_the_pictures_of_transfer_are_imported_without_torch_matplotlib_scipy_or_numpy() -> None:
    heavy = "sorted({'torch', 'matplotlib', 'scipy', 'numpy'} & set(sys.modules))"
    code = f"import sys, lth.report.transfer_sizes; print({heavy})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
