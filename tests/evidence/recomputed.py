"""The figures of Prasanna et al. 2020 that can be computed from the results that the authors recorded.

`python -m tests.evidence.recomputed` prints them as lines of lth/evidence/published/figures.csv. The results are not
part of this repository: sai-prasanna/bert-experiments at f02280f, see `folder`.
"""

import csv
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray

from lth.claims.shared_masks import kinship_of_masks
from lth.tasks import TASKS
from lth.verdict.agreement import fleiss_kappa, kappa_over_seeds, pseudo_values
from lth.verdict.estimate import Unbounded
from lth.verdict.survival import spread_values, thirds

Floats = NDArray[np.float64]
OF_HEADS = 1 / 3
"""The share of a layer's encoder weights that its 12 heads have: 4 of 12 times hidden size²; the MLP has 8."""
MASKS = "sai-prasanna/bert-experiments f02280f masks of s-pruning"
WEAK = "wnli"
"""The task whose full model does not beat the majority class."""
WEIGHTS = {"pre-trained": "", "fine-tuned": ", trained"}
ATTENTION = {"raw": "s-heterogeneous", "norm-weighted": "s-norm-weighted heterogeneous"}


@dataclass(frozen=True)
class Row:
    """One figure; std and n are None if they are not known."""

    task: str
    arm: str
    metric: str
    mean: float
    std: float | None
    n: int | None
    source: str


def folder() -> Path:
    """$LTH_PUBLISHED or shared/published beside the repository."""
    given = os.environ.get("LTH_PUBLISHED")
    return Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / "published"


def every_row(where: Path) -> Iterator[Row]:
    masks = by_seed(where / "prasanna2020_masks.csv")
    for task in TASKS:
        if task in masks:
            yield from of_masks(task, np.stack(list(masks[task].values())))
            yield from of_importances(task, by_seed(where / "prasanna2020_importances.csv")[task])
            yield from of_magnitude(where, task)
            yield from of_patterns(where, task)
    yield from between(masks)


def by_seed(file: Path) -> dict[str, dict[int, Floats]]:
    """By task and seed: numbers [layers, 13], the MLP's and then each head's."""
    found: dict[str, dict[int, list[list[float]]]] = {}
    for row in rows(file):
        values = [float(row["mlp"]), *(float(row[f"head{at}"]) for at in range(12))]
        found.setdefault(row["task"], {}).setdefault(int(row["seed"]), []).append(values)
    return {task: {seed: np.array(layers) for seed, layers in runs.items()} for task, runs in found.items()}


def of_masks(task: str, masks: Floats) -> Iterator[Row]:
    """Kept shares, their spread over seeds, their differences between thirds, and kappa: masks [seeds, 12, 13]."""
    parts = {"heads": masks[:, :, 1:], "mlps": masks[:, :, :1]}
    kept = OF_HEADS * parts["heads"].mean((1, 2)) + (1 - OF_HEADS) * parts["mlps"].mean((1, 2))
    yield over_seeds(task, "s-kept weights", "share", kept, f"{MASKS}; share of the encoder's weights")
    for units, part in parts.items():
        each, flat = [thirds(seed) for seed in part], part.reshape(len(part), -1)
        yield over_seeds(task, f"s-kept {units}", "share", part.mean((1, 2)), MASKS)
        middle = [middle - last for _, middle, last in each]
        yield over_seeds(
            task, f"s-middle minus last third of {units}", "share", middle, f"{MASKS}; layers 4-7 and 8-11"
        )
        note = f"{MASKS}; standard deviation over seeds, mean over {units}; its error by the jackknife"
        yield over_seeds(task, f"s-spread of {units}", "share", spread_values(flat), note)
        yield from kappa(task, units, flat)
    survive = {units: part.all(0).mean() for units, part in parts.items()}
    share = OF_HEADS * survive["heads"] + (1 - OF_HEADS) * survive["mlps"]
    note = f"{MASKS}; share of the encoder's weights in the heads and MLPs that survive in all five seeds: one mask"
    yield Row(task, "s-kept weights of super-survivors", "share", float(share), None, 1, note)


def kappa(task: str, units: str, flat: Floats) -> Iterator[Row]:
    """Fleiss' kappa over seeds, if it is defined."""
    value, estimate = fleiss_kappa(flat), kappa_over_seeds(flat)
    note = f"{MASKS}; jackknife over seeds; Fleiss' kappa itself {value:.3f}"
    if not isinstance(estimate, Unbounded):
        yield over_seeds(task, f"s-kappa of {units}", "fleiss_kappa", pseudo_values(flat), note)
    elif not np.isnan(value):
        why = note.replace("jackknife over seeds", "without one seed the others keep all so kappa has no error")
        yield Row(task, f"s-kappa of {units}", "fleiss_kappa", value, None, len(flat), why)


def of_importances(task: str, importances: Mapping[int, Floats]) -> Iterator[Row]:
    """The share of heads and of MLPs below half the largest importance."""
    note = "sai-prasanna/bert-experiments f02280f importances at the last step of s-pruning"
    for units, part in (("heads", slice(1, None)), ("mlps", slice(1))):
        low = [float((seed[:, part] < seed[:, part].max() / 2).mean()) for seed in importances.values()]
        yield over_seeds(task, f"s-unimportant {units}", "share", low, note)


def of_magnitude(where: Path, task: str) -> Iterator[Row]:
    """What m-pruning keeps: each seed's number of steps that remove 5 % of the weights that are left."""
    (row,) = (row for row in rows(where / "prasanna2020_m_kept.csv") if row["task"] == task)
    kept = [0.95 ** int(steps) for steps in row["steps"].split()]
    note = "sai-prasanna/bert-experiments f02280f results of m-pruning"
    yield over_seeds(task, "m-kept weights", "share", kept, f"{note}; share of the encoder's weights")
    note = f"{note}; standard deviation over seeds of the share of all weights; its error by the jackknife"
    yield over_seeds(task, "m-spread of weights", "share", spread_values(np.array(kept)[:, None]), note)


def of_patterns(where: Path, task: str) -> Iterator[Row]:
    """The share of heads with heterogeneous attention: means of five seeds without their deviation."""
    note = "sai-prasanna/bert-experiments f02280f attention patterns; mean of five seeds"
    for row in rows(where / "prasanna2020_patterns.csv"):
        if (row["task"], row["pattern"]) == (task, "heterogeneous"):
            arm = f"{ATTENTION[row['attention']]} of {row['heads']}{WEIGHTS[row['weights']]}"
            yield Row(task, arm, "share", float(row["share"]), None, 5, note)


def between(masks: Mapping[str, Mapping[int, Floats]]) -> Iterator[Row]:
    """Fleiss' kappa of the heads of two tasks, over all pairs, and within kinds of tasks minus between them."""
    learnt = [task for task in sorted(masks) if task != WEAK]
    kappas = [
        {
            (a, b): fleiss_kappa([masks[task][seed][:, 1:].ravel() for task in (a, b)])
            for a, b in combinations(learnt, 2)
        }
        for seed in masks[learnt[0]]
    ]
    note = "the 28 pairs of two of the eight tasks without WNLI whose full model does not beat the majority class"
    yield over_seeds(
        "all tasks",
        "s-kappa of heads between tasks",
        "fleiss_kappa",
        [fmean(pairs.values()) for pairs in kappas],
        f"{MASKS}; for each seed the mean over {note}; then over seeds",
    )
    yield over_seeds(
        "all tasks",
        "s-kinship of heads between tasks",
        "fleiss_kappa",
        [kinship_of_masks(pairs) for pairs in kappas],
        f"{MASKS}; for each seed same kind minus other kind adjusted for tasks over {note}; then over seeds",
    )


def over_seeds(task: str, arm: str, metric: str, values: Iterable[float], source: str) -> Row:
    each = [float(value) for value in values]
    return Row(task, arm, metric, fmean(each), stdev(each), len(each), source)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


if __name__ == "__main__":
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for row in every_row(folder()):
        numbers = [f"{row.mean:.6g}", "" if row.std is None else f"{row.std:.6g}", "" if row.n is None else row.n]
        writer.writerow(["prasanna2020", row.task, row.arm, row.metric, *numbers, row.source])
