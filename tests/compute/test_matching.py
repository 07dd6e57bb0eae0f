"""The highest matching sparsity, from scores in a store."""

import math
from pathlib import Path

import pytest

from lth.claims.arms import Arms
from lth.compute.context import Context
from lth.compute.registry import compute
from lth.runtime.store import FolderStore
from lth.spec.matching import HighestMatch


def highest(arms: Arms, store: FolderStore, full: float, *rounds: float, majority: float = 0.5) -> dict[str, object]:
    """The result for seed 0, with these scores after 30, 50 and 70 %."""
    match = arms.highest_match("imp").experiments[0]
    assert isinstance(match, HighestMatch)
    for fit, score in zip(match.inputs, (full, *rounds), strict=True):
        failure = "the loss was nan" if math.isnan(score) else None
        store.write(fit.key, {"score": score, "majority": majority, "failure": failure})
    value, files = compute(match, Context(store, "cpu"))
    assert not files
    return value


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        ((0.9, 0.9, 0.9), 0.7),
        ((0.9, 0.883, 0.881), 0.5),  # the margin is 2 % of .9: .882 matches
        ((0.7, 0.9, 0.7), 0.5),  # the last round that matches, whatever the earlier ones did
        ((0.8, 0.8, 0.8), 0.0),
        ((0.9, math.nan, math.nan), 0.3),  # a run without a score does not match
    ],
)
def test_it_is_the_last_round_within_the_margin_of_the_full_model_at_the_same_seed(
    arms: Arms, tmp_path: Path, rounds: tuple[float, float, float], expected: float
) -> None:
    assert highest(arms, FolderStore(tmp_path), 0.9, *rounds)["highest"] == expected


def test_a_ticket_at_the_majority_baseline_matches_nothing(arms: Arms, tmp_path: Path) -> None:
    assert highest(arms, FolderStore(tmp_path), 0.505, 0.52, 0.5, 0.5)["highest"] == 0.3


@pytest.mark.parametrize("full", [0.5, 0.4, math.nan])
def test_nothing_can_match_a_full_model_that_learnt_nothing(arms: Arms, tmp_path: Path, full: float) -> None:
    value = highest(arms, FolderStore(tmp_path), full, 0.9, 0.9, 0.9)
    assert math.isnan(value["highest"])  # type: ignore[arg-type]  # a number
    assert value["why_highest"] == "the full model of a seed learnt nothing, so nothing can match it"
