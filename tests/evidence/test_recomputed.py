"""The papers' figures in the package, computed again from what the authors recorded: a test a kind of figure."""

import csv
from collections.abc import Callable, Mapping

import pytest

from lth.evidence.recorded import FIGURES
from tests.evidence.recomputed import Row, every_row, folder

EIGHT = ("cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte")
Held = Mapping[str, Mapping[str, float]]


@pytest.fixture(scope="module")
def recomputed() -> list[Row]:
    if not (folder() / "prasanna2020_masks.csv").is_file():
        pytest.skip(f"no recorded results in '{folder()}'; set LTH_PUBLISHED to their folder")
    return list(every_row(folder()))


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, str], dict[str, str]]:
    """The lines about Prasanna et al. 2020, by task and arm."""
    with FIGURES.open(encoding="utf-8", newline="") as file:
        return {(row["task"], row["arm"]): row for row in csv.DictReader(file) if row["paper"] == "prasanna2020"}


def held(table: Mapping[tuple[str, str], Mapping[str, str]]) -> Callable[..., dict[str, float]]:
    def by_task(arm: str, tasks: tuple[str, ...] = EIGHT, column: str = "mean") -> dict[str, float]:
        return {task: float(table[task, arm][column]) for task in tasks}

    return by_task


KINDS = {
    "kept shares": "kept",
    "spreads over seeds": "spread of",
    "differences between thirds": "third of",
    "kappas": "kappa of",
    "kinship between tasks": "kinship of",
    "unimportant heads and MLPs": "unimportant",
    "attention patterns": "heterogeneous of",
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_has_what_the_recorded_results_give(
    kind: str, recomputed: list[Row], table: Mapping[tuple[str, str], Mapping[str, str]]
) -> None:
    found = [row for row in recomputed if KINDS[kind] in row.arm]
    assert found
    for row in found:
        line = table[row.task, row.arm]
        assert float(line["mean"]) == pytest.approx(row.mean, abs=1e-3)
        assert (line["metric"], line["source"]) == (row.metric, row.source)
        assert line["n"] == ("" if row.n is None else str(row.n))
        if row.std is None:
            assert line["std"] == ""
        else:
            assert float(line["std"]) == pytest.approx(row.std, abs=1e-3)


def test_every_recomputed_figure_is_of_one_kind(recomputed: list[Row]) -> None:
    assert [row.arm for row in recomputed if sum(part in row.arm for part in KINDS.values()) != 1] == []


def test_m_pruning_keeps_what_its_recorded_mean_and_deviation_say(
    recomputed: list[Row], table: Mapping[tuple[str, str], Mapping[str, str]]
) -> None:
    with (folder() / "prasanna2020_m_kept.csv").open(encoding="utf-8", newline="") as file:
        recorded = {row["task"]: row for row in csv.DictReader(file)}
    for task in EIGHT:
        line = table[task, "m-kept weights"]
        assert float(line["mean"]) == pytest.approx(float(recorded[task]["mean"]), abs=1e-3)
        assert float(line["std"]) == pytest.approx(float(recorded[task]["std"]), abs=1e-3)


def test_the_spread_of_survival_is_the_papers(table: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
    # Figure 1 and appendix: .33 to .40 for heads under s-pruning, .01 to .02 for QNLI under m-pruning.
    spreads = held(table)("s-spread of heads").values()
    assert (round(min(spreads), 2), round(max(spreads), 2)) == (0.33, 0.40)
    assert 0.01 < float(table["qnli", "m-spread of weights"]["mean"]) < 0.02


def test_m_pruning_keeps_less_than_s_pruning_on_every_task_but_wnli(
    table: Mapping[tuple[str, str], Mapping[str, str]],
) -> None:
    by_task = held(table)
    m, s = (by_task(f"{letter}-kept weights", (*EIGHT, "wnli")) for letter in "ms")
    assert [task for task in m if m[task] > s[task]] == ["wnli"]


def test_the_scores_in_the_table_are_the_recorded_ones(table: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
    file = folder() / "prasanna2020_scores.csv"
    if not file.is_file():
        pytest.skip(f"no recorded scores in '{folder()}'; set LTH_PUBLISHED to their folder")
    letters, names = {"m-pruning": "m", "s-pruning": "s"}, {"super-good": "super"}
    seen = 0
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["method"] not in letters or row["metric"] != table[row["task"], "full"]["metric"]:
                continue
            subnetwork = names.get(row["subnetwork"], row["subnetwork"])
            line = table[row["task"], f"{letters[row['method']]}-{subnetwork} {row['weights']}"]
            assert float(line["mean"]) == pytest.approx(float(row["mean"]), abs=1e-3)
            assert float(line["std"]) == pytest.approx(float(row["std"]), abs=1e-3)
            seen += 1
    assert seen == 9 * (6 + 12)
