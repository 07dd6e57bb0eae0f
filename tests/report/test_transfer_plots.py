import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lth.errors import UsageError
from lth.report.transfer_plots import mask_overlap, transfer_matrix
from lth.report.transfer_sizes import transfer_by_size
from lth.tasks import TASKS
from tests.report.conftest import arm
from tests.report.test_report_plots import texts

PICTURES = (transfer_matrix, transfer_by_size, mask_overlap)
THREE = ("sst2", "rte", "mlm")
# By source and target; the row of a task with itself is chen-1.
SHARES = {
    ("sst2", "sst2"): (1.004, "SUPPORTED"),
    ("sst2", "rte"): (0.874, "REFUTED"),
    ("sst2", "mlm"): (0.961, "INCONCLUSIVE"),
    ("rte", "sst2"): (0.953, "REFUTED"),
    ("rte", "rte"): (0.993, "SUPPORTED"),
    ("rte", "mlm"): (0.912, "REFUTED"),
    ("mlm", "sst2"): (1.021, "SUPPORTED"),
    ("mlm", "rte"): (0.998, "SUPPORTED"),
    ("mlm", "mlm"): (0.982, "INCONCLUSIVE"),
}


def transferred(source: str, target: str, share: float | None, verdict: str, sparsity: float = 0.7) -> dict[str, Any]:
    treatment = "imp" if source == target else f"{source} ticket"
    name = f"{treatment}@{sparsity:g}"
    estimate = None if share is None else share - 1
    effect = {"label": f"{name} − full", "estimate": estimate, "low": None, "high": None, "alpha": 0.05}
    return {
        "id": "chen-1" if source == target else "chen-6" if source == "mlm" else "chen-5",
        "row": "" if source in ("mlm", target) else source,
        "statement": "A task's ticket transfers to another task",
        "task": target,
        "model": "lab",
        "data": "lab",
        "source": "measured",
        "arms": {name: arm(treatment, sparsity, 0.8), "full": arm("full", 0.0, 0.9)},
        "effect": None if verdict == "NOT RUN" else effect,
        "region": {"low": -0.02, "high": None},
        "verdict": verdict,
        "reason": "",
    }


def between(verdict: str = "SUPPORTED", **changes: Any) -> dict[str, Any]:
    effect = {"label": "rho of training examples and transfer", "estimate": 0.62, "low": -0.1, "high": 0.87}
    row = transferred("sst2", "all tasks", 0.0, verdict)
    return row | {"id": "chen-7", "row": "", "arms": {}, "unit": "", "effect": effect} | changes


def transfers(shares: Mapping[tuple[str, str], tuple[float | None, str]], **changes: Any) -> dict[str, Any]:
    names = list(dict.fromkeys(source for source, _ in shares))
    pairs = range(len(names))
    overlap = {
        "names": [*names, "theta_0"],
        "jaccard": [[0.9 if row < column else 0.85 for column in (*pairs, len(names))] for row in (*pairs, len(names))],
        "beyond": [[1.0 if row == column else 0.23 for column in pairs] for row in pairs],
        "by_chance": 0.176,
        "sparsity": 0.7,
    }
    sizes = {name: TASKS[name].sizes[0] for name in names}
    claims = [transferred(*pair, *cell) for pair, cell in shares.items()]
    about = {"train_examples": sizes, "sparsity": 0.7, "overlap": overlap}
    return {"schema": 1, "options": {"alpha": 0.05}, "claims": [*claims, between()], "transfer": about} | changes


@pytest.fixture
def document() -> dict[str, Any]:
    return transfers(SHARES)


@pytest.fixture
def eleven() -> dict[str, Any]:
    names = list(TASKS)
    return transfers(
        {(a, b): (1 - 0.004 * (11 * i + j), "REFUTED") for i, a in enumerate(names) for j, b in enumerate(names)}
    )


def written(path: Path) -> list[str]:
    """Every text of an SVG, as often as it is drawn."""
    return [text.strip() for text in re.findall(r"<!--(.*?)-->", path.read_text(), flags=re.S)]


def ids(path: Path, pattern: str) -> list[str]:
    return re.findall(rf'id="({pattern})"', path.read_text())


def test_a_cell_shows_its_share_and_the_sign_of_its_verdict(document: dict[str, Any], tmp_path: Path) -> None:
    transfer_matrix(document, tmp_path / "map.svg")
    shares = [text for text in written(tmp_path / "map.svg") if re.fullmatch(r"1?\.\d\d", text)]
    assert sorted(shares) == sorted(["1.00", ".87", ".96", ".95", ".99", ".91", "1.02", "1.00", ".98"])
    # Rows and columns are sst2, rte and mlm.
    places = {(source, target): f"{THREE.index(source)}-{THREE.index(target)}" for source, target in SHARES}
    signs = {f"{verdict}-{places[pair]}" for pair, (_, verdict) in SHARES.items()}
    assert set(ids(tmp_path / "map.svg", r"[A-Z]+-\d+-\d+")) == signs
    assert {"SUPPORTED", "REFUTED", "INCONCLUSIVE", "NOT RUN"} <= texts(tmp_path / "map.svg")


def test_the_matrix_names_model_sparsity_and_the_region_of_a_supported_cell(
    document: dict[str, Any], tmp_path: Path
) -> None:
    transfer_matrix(document, tmp_path / "map.svg")
    assert {
        "transfer at 70 % sparsity: model lab, data lab, measured",
        "number: mean score over the target's full model's; supported: its 90 % interval lies above .98",
        "ticket found on",
        "trained and scored on",
        "share of the full score",
    } <= texts(tmp_path / "map.svg")


def test_tasks_stand_in_one_order_whatever_the_order_of_the_claims(document: dict[str, Any], tmp_path: Path) -> None:
    transfer_matrix(document, tmp_path / "one.svg")
    document["claims"].reverse()
    transfer_matrix(document, tmp_path / "other.svg")
    for name in ("one", "other"):
        tasks = [text for text in written(tmp_path / f"{name}.svg") if text in TASKS]
        assert tasks == [*THREE, *THREE]


def test_the_diagonal_is_the_tasks_own_ticket_only_at_the_sparsity_of_the_others(
    document: dict[str, Any], tmp_path: Path
) -> None:
    document["claims"][4] = transferred("rte", "rte", 0.993, "SUPPORTED", sparsity=0.5)
    transfer_matrix(document, tmp_path / "map.svg")
    assert ids(tmp_path / "map.svg", r"own-\d") == ["own-0", "own-2"]
    assert ".99" not in texts(tmp_path / "map.svg")
    assert "the task's own ticket (chen-1)" in texts(tmp_path / "map.svg")
    document["claims"] = [claim for claim in document["claims"] if claim["id"] != "chen-1"]
    transfer_matrix(document, tmp_path / "bare.svg")
    assert "the task's own ticket (chen-1)" not in texts(tmp_path / "bare.svg")


def test_a_claim_that_was_not_run_is_hatched_without_a_number(document: dict[str, Any], tmp_path: Path) -> None:
    document["claims"][1] = transferred("sst2", "rte", None, "NOT RUN")
    transfer_matrix(document, tmp_path / "map.svg")
    assert ".87" not in texts(tmp_path / "map.svg")
    assert not ids(tmp_path / "map.svg", r"[A-Z]+-0-1")
    # One hatch fills the legend's sign and the cell.
    uses = re.findall(r'style="fill: url\(#(\w+)\)', (tmp_path / "map.svg").read_text())
    assert len(uses) == 2


def test_how_many_targets_each_source_reaches_is_counted_without_its_own(
    document: dict[str, Any], tmp_path: Path
) -> None:
    document["claims"][5] = transferred("rte", "mlm", None, "NOT RUN")
    transfer_matrix(document, tmp_path / "map.svg")
    counts = [text for text in written(tmp_path / "map.svg") if re.fullmatch(r"\d of \d", text)]
    assert counts == ["0 of 2", "0 of 1", "2 of 2"]


def test_a_ticket_whose_run_ended_in_nan_has_a_question_mark(document: dict[str, Any], tmp_path: Path) -> None:
    document["claims"][1] = transferred("sst2", "rte", None, "INCONCLUSIVE")
    transfer_matrix(document, tmp_path / "map.svg")
    assert "?" in texts(tmp_path / "map.svg")


def test_a_score_of_the_other_sign_is_a_negative_share(document: dict[str, Any], tmp_path: Path) -> None:
    document["claims"][1] = transferred("sst2", "rte", -0.034, "REFUTED")
    transfer_matrix(document, tmp_path / "map.svg")
    assert "−.03" in texts(tmp_path / "map.svg")


def test_a_ticket_of_a_task_on_itself_is_no_transfer(tmp_path: Path) -> None:
    claims = [transferred("mlm", "mlm", None, "NOT RUN") | {"id": "chen-6"}]
    claims += [transferred("", "sst2", None, "NOT RUN") | {"id": "chen-5"}]
    transfer_matrix({"claims": claims}, tmp_path / "map.svg")
    assert "no ticket was tried on another task" in texts(tmp_path / "map.svg")


def test_of_several_models_the_first_with_a_verdict_is_drawn(document: dict[str, Any], tmp_path: Path) -> None:
    idle = [transferred("sst2", "rte", None, "NOT RUN") | {"model": "idle"}]
    last = [transferred("sst2", "rte", 0.555, "REFUTED") | {"model": "last"}]
    document["claims"] = idle + document["claims"] + last
    transfer_matrix(document, tmp_path / "map.svg")
    assert "transfer at 70 % sparsity: model lab, data lab, measured" in texts(tmp_path / "map.svg")
    assert ".56" not in texts(tmp_path / "map.svg")


def test_eleven_tasks_have_a_number_and_a_sign_in_every_cell(eleven: dict[str, Any], tmp_path: Path) -> None:
    transfer_matrix(eleven, tmp_path / "map.svg")
    assert len([text for text in written(tmp_path / "map.svg") if re.fullmatch(r"1?\.\d\d", text)]) == 121
    assert len(ids(tmp_path / "map.svg", r"REFUTED-\d+-\d+")) == 121


def test_a_source_stands_where_its_size_and_mean_share_are(document: dict[str, Any], tmp_path: Path) -> None:
    document["transfer"]["train_examples"] = {"sst2": 1000, "rte": 192, "mlm": 2000}
    transfer_by_size(document, tmp_path / "size.svg")
    svg = (tmp_path / "size.svg").read_text()
    found = re.findall(r'id="source-(\w+)".*?<use [^>]*x="([\d.]+)" y="([\d.]+)"', svg, re.S)
    places = {name: (float(x), float(y)) for name, x, y in found}
    # sst2's ticket has .874 of rte, rte's .953 of sst2: the larger source stands to the right and lower.
    assert places["sst2"][0] > places["rte"][0]
    assert places["sst2"][1] > places["rte"][1]
    assert {"sst2", "rte", "single sentence", "inference", "200", "500", "1,000"} <= texts(tmp_path / "size.svg")


def test_masked_language_modelling_is_a_line_and_neither_source_nor_target(
    document: dict[str, Any], tmp_path: Path
) -> None:
    transfer_by_size(document, tmp_path / "size.svg")
    assert ids(tmp_path / "size.svg", r"source-\w+") == ["source-sst2", "source-rte"]
    assert {"mlm's ticket", "full model"} <= texts(tmp_path / "size.svg")
    before = (tmp_path / "size.svg").read_bytes()
    document["claims"][2]["effect"]["estimate"] = -0.5
    transfer_by_size(document, tmp_path / "size.svg")
    assert (tmp_path / "size.svg").read_bytes() == before


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (between(), "chen-7: ρ = 0.62 [−0.10, 0.87], SUPPORTED"),
        (between("NOT RUN", effect=None, reason="it compares tasks"), "chen-7 NOT RUN: it compares tasks"),
        (
            between("INCONCLUSIVE", effect={"label": "rho", "estimate": None, "low": None, "high": None}),
            "chen-7: ρ = ? [−∞, +∞], INCONCLUSIVE",
        ),
    ],
)
def test_rho_stands_above_with_its_interval_and_verdict(
    document: dict[str, Any], row: dict[str, Any], said: str, tmp_path: Path
) -> None:
    document["claims"][-1] = row
    transfer_by_size(document, tmp_path / "size.svg")
    assert said in texts(tmp_path / "size.svg")
    del document["claims"][-1]
    transfer_by_size(document, tmp_path / "without.svg")
    assert "chen-7" not in (tmp_path / "without.svg").read_text()


def test_the_whiskers_are_said_to_be_over_targets_at_the_reports_level(
    document: dict[str, Any], tmp_path: Path
) -> None:
    document["options"]["alpha"] = 0.01
    transfer_by_size(document, tmp_path / "size.svg")
    assert {"whiskers: 98 % t interval", "of the mean over targets"} <= texts(tmp_path / "size.svg")


def test_a_source_without_a_verdict_of_its_own_is_said_to_be_hollow(document: dict[str, Any], tmp_path: Path) -> None:
    transfer_by_size(document, tmp_path / "all.svg")
    assert "hollow: no verdict on the" not in texts(tmp_path / "all.svg")
    for number in (3, 6):
        document["claims"][number] |= {"verdict": "NOT RUN", "effect": None}
    document["claims"].append(transferred("rte", "cola", 0.9, "REFUTED"))
    document["claims"].append(transferred("sst2", "cola", 0.9, "REFUTED"))
    transfer_by_size(document, tmp_path / "hollow.svg")
    assert "hollow: no verdict on the" in texts(tmp_path / "hollow.svg")


def test_a_source_with_an_unknown_share_has_a_cross_and_no_mean(document: dict[str, Any], tmp_path: Path) -> None:
    document["claims"][1] = transferred("sst2", "rte", None, "INCONCLUSIVE")
    transfer_by_size(document, tmp_path / "size.svg")
    assert ids(tmp_path / "size.svg", r"source-\w+") == ["source-rte"]
    assert "× at the bottom: a share is not" in texts(tmp_path / "size.svg")
    assert "sst2" in texts(tmp_path / "size.svg")


def test_eleven_tasks_are_named_at_different_places_even_if_of_one_size(eleven: dict[str, Any], tmp_path: Path) -> None:
    eleven["transfer"]["train_examples"] = dict.fromkeys(TASKS, 3000)
    transfer_by_size(eleven, tmp_path / "size.svg")
    assert set(TASKS) - {"mlm"} <= texts(tmp_path / "size.svg")
    assert "sources of one size stand" in texts(tmp_path / "size.svg")
    svg = (tmp_path / "size.svg").read_text()
    names = re.findall(r"<!-- (\w+) -->\s*<g [^>]*translate\(([\d.]+) ([\d.]+)\)", svg)
    assert len({(x, y) for name, x, y in names if name in TASKS}) == 10


def test_an_overlap_shows_every_pair_and_the_level_of_chance(document: dict[str, Any], tmp_path: Path) -> None:
    overlap = document["transfer"]["overlap"]
    overlap["beyond"][0][1] = overlap["beyond"][1][0] = None
    mask_overlap(document, tmp_path / "masks.svg")
    shown = written(tmp_path / "masks.svg")
    # Four masks have six pairs, each shown twice; of the three pairs of tasks one is undefined.
    assert [shown.count(text) for text in (".90", ".85", ".23", "–")] == [6, 6, 4, 2]
    assert {
        "overlap of tickets' masks at 70 % sparsity; kept weights by chance .18",
        "weights that both keep",
        "where both differ from theta_0's mask",
        "Jaccard overlap",
    } <= set(shown)
    assert shown.count("theta_0") == 2


def test_the_masks_of_eleven_tasks_are_drawn(eleven: dict[str, Any], tmp_path: Path) -> None:
    mask_overlap(eleven, tmp_path / "masks.svg")
    assert written(tmp_path / "masks.svg").count(".23") == 110


def test_the_mask_of_one_task_is_compared_with_that_of_theta_0_alone(document: dict[str, Any], tmp_path: Path) -> None:
    overlap = {"names": ["sst2", "theta_0"], "jaccard": [[1.0, 0.83], [0.83, 1.0]], "beyond": [[1.0]]}
    document["transfer"]["overlap"] = overlap
    mask_overlap(document, tmp_path / "masks.svg")
    assert {".83", "no two tasks to compare", "beyond theta_0's mask"} <= texts(tmp_path / "masks.svg")
    assert "overlap of tickets' masks; kept weights by chance ?" in texts(tmp_path / "masks.svg")


def test_one_source_with_one_target_is_drawn_by_every_picture(tmp_path: Path) -> None:
    document = transfers({("sst2", "rte"): (0.9, "REFUTED")})
    for picture in PICTURES:
        picture(document, tmp_path / f"{picture.__name__}.svg")
    assert ".90" in texts(tmp_path / "transfer_matrix.svg")
    assert ids(tmp_path / "transfer_by_size.svg", r"source-\w+") == ["source-sst2"]


@pytest.mark.parametrize(
    "parts", [{}, {"transfer": None}, {"transfer": {}}, {"transfer": {"overlap": {"jaccard": None}}}]
)
def test_without_transfer_a_sentence_says_so(
    build: Callable[..., dict[str, Any]], parts: dict[str, Any], tmp_path: Path
) -> None:
    said = []
    for picture in PICTURES:
        picture(build("sst2") | parts, tmp_path / "none.svg")
        said.append(texts(tmp_path / "none.svg"))
    assert "no ticket was tried on another task" in said[0]
    assert "no ticket was tried on another task, or its source's size is not known" in said[1]
    assert "no ticket masks were compared" in said[2]


@pytest.mark.parametrize("suffix", ["svg", "png"])
@pytest.mark.parametrize("picture", PICTURES)
def test_the_same_transfers_give_the_same_bytes(
    document: dict[str, Any], picture: Callable[..., None], suffix: str, tmp_path: Path
) -> None:
    for number in (1, 2):
        picture(document, tmp_path / f"{number}.{suffix}")
    assert len((tmp_path / f"1.{suffix}").read_bytes()) > 1000
    assert (tmp_path / f"1.{suffix}").read_bytes() == (tmp_path / f"2.{suffix}").read_bytes()


@pytest.mark.parametrize("picture", PICTURES)
def test_a_suffix_that_is_no_picture_is_refused_for_transfers_too(
    document: dict[str, Any], picture: Callable[..., None], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"suffix '\.txt'; expected one of \.svg, \.png, \.pdf"):
        picture(document, tmp_path / "map.txt")


def test_the_pictures_of_transfer_are_imported_without_torch_matplotlib_scipy_or_numpy() -> None:
    heavy = "sorted({'torch', 'matplotlib', 'scipy', 'numpy'} & set(sys.modules))"
    code = f"import sys, lth.report.transfer_sizes; print({heavy})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
