"""Examples that can be summed by hand, laws, the published kappas, and the simulated error rate of kappa's interval."""

import csv
import math
import os
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lth.claims.claim import BETWEEN_TASKS
from lth.errors import EvidenceError, UsageError
from lth.evidence.recorded import FIGURES
from lth.verdict import Verdict, above, below, decide
from lth.verdict import agreement as module
from lth.verdict.agreement import EqualMasks, cochran_q, fleiss_kappa, jaccard, kappa_over_seeds
from lth.verdict.estimate import Student, Unbounded

MASKS = arrays.arrays(np.bool_, st.tuples(st.integers(2, 6), st.integers(1, 12)))

# Prasanna et al. 2020 (arXiv 2005.00561), Fleiss' kappa of the heads that survive s-pruning, over five seeds.
PUBLISHED = {
    "cola": 0.228,
    "mnli": 0.258,
    "mrpc": 0.215,
    "qnli": 0.302,
    "qqp": 0.191,
    "rte": 0.180,
    "sst2": 0.325,
    "stsb": 0.222,
    "wnli": -0.250,
}


@pytest.fixture(scope="module")
def recorded() -> dict[str, np.ndarray]:
    """Heads that survived, [seeds, 144] by task, from $LTH_PUBLISHED or shared/published beside the repository."""
    given = os.environ.get("LTH_PUBLISHED")
    folder = Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / "published"
    file = folder / "prasanna2020_masks.csv"
    if not file.is_file():
        pytest.skip(f"no recorded masks in '{folder}'; set LTH_PUBLISHED to the folder of prasanna2020_masks.csv")
    masks: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            masks[row["task"]][row["seed"]] += [int(row[f"head{head}"]) for head in range(12)]
    return {task: np.array(list(of_seed.values())) for task, of_seed in masks.items()}


@pytest.mark.parametrize("task", PUBLISHED)
def test_the_recorded_masks_have_the_published_kappa(recorded: dict[str, np.ndarray], task: str) -> None:
    assert recorded[task].shape == (5, 144)
    assert fleiss_kappa(recorded[task]) == pytest.approx(PUBLISHED[task], abs=1e-3)


@pytest.mark.parametrize("task", ["cola", "mnli", "mrpc", "qnli", "qqp", "stsb"])
def test_the_recorded_masks_of_five_seeds_agree_by_less_than_two_fifths(
    recorded: dict[str, np.ndarray], task: str
) -> None:
    effect = kappa_over_seeds(recorded[task])
    assert decide(effect.interval(0.05), above(0.4)) is Verdict.REFUTED
    assert effect.value == pytest.approx(PUBLISHED[task], abs=0.03)


def test_the_recorded_masks_of_two_tasks_agree_as_the_table_of_figures_says(recorded: dict[str, np.ndarray]) -> None:
    """For each seed, the mean over the 28 pairs of tasks without WNLI, where four seeds keep nothing."""
    learnt = [masks for task, masks in recorded.items() if task != "wnli"]
    by_seed = [[fleiss_kappa([a[seed], b[seed]]) for a, b in combinations(learnt, 2)] for seed in range(5)]
    means = [fmean(kappas) for kappas in by_seed]
    with FIGURES.open(encoding="utf-8", newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if row["arm"] == "s-kappa of heads between tasks"]
    assert (row["task"], row["n"]) == (BETWEEN_TASKS, "5")
    assert float(row["mean"]) == pytest.approx(fmean(means), rel=1e-5)
    assert float(row["std"]) == pytest.approx(stdev(means), rel=1e-5)


def test_masks_of_wnli_where_four_seeds_keep_nothing_decide_nothing(recorded: dict[str, np.ndarray]) -> None:
    effect = kappa_over_seeds(recorded["wnli"])
    assert effect.value == pytest.approx(-0.25)
    assert effect.interval(0.05).reason == "with one mask left out, all others keep everything or nothing"


def test_kappa_step_by_step() -> None:
    # Pairs of three raters that agree on units 1 to 4: 3, 1, 1, 3 of 3, so P = 8/12 = 2/3. Kept: 6 of 12, so
    # Pe = 1/4 + 1/4 = 1/2 and kappa = (2/3 - 1/2) / (1/2) = 1/3.
    assert fleiss_kappa([[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]]) == pytest.approx(1 / 3)


def test_cochrans_q_step_by_step() -> None:
    # Sizes 3, 1, 1 (total 5) of four units kept by 2, 2, 1, 0 raters:
    # Q = 2 (3 (9 + 1 + 1) - 25) / (3 * 5 - (4 + 4 + 1)) = 2 * 8 / 6 = 2.667; p = exp(-Q / 2) with two df.
    found = cochran_q([[1, 1, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]])
    assert found.statistic == pytest.approx(8 / 3)
    assert found.p == pytest.approx(math.exp(-4 / 3))


def test_cochrans_q_compares_sizes_and_not_places() -> None:
    assert cochran_q([[1, 1, 0, 0], [0, 0, 1, 1]]) == (pytest.approx(0), pytest.approx(1))
    assert cochran_q([[1, 1, 0], [1, 1, 0]]) == (0.0, 1.0)


@given(MASKS)
def test_sums_over_many_units_are_those_of_statsmodels(masks: np.ndarray) -> None:
    kappa, q = fleiss_kappa(masks), cochran_q(masks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MANY", 0)
        patch.setattr(module, "_CHUNK", 5)
        assert fleiss_kappa(masks) == pytest.approx(kappa, abs=1e-12, nan_ok=True)
        assert cochran_q(masks) == pytest.approx(q, abs=1e-9)


@given(MASKS)
def test_agreement_depends_neither_on_the_order_of_raters_nor_on_that_of_units(masks: np.ndarray) -> None:
    turned = np.ascontiguousarray(masks[::-1, ::-1])
    assert fleiss_kappa(turned) == pytest.approx(fleiss_kappa(masks), nan_ok=True)
    assert kappa_over_seeds(turned).value == pytest.approx(kappa_over_seeds(masks).value, nan_ok=True)
    assert jaccard(turned).mean == pytest.approx(jaccard(masks).mean)


@given(MASKS)
def test_kappa_is_that_of_what_is_removed_and_lies_within_its_bounds(masks: np.ndarray) -> None:
    kappa = fleiss_kappa(masks)
    assert kappa == pytest.approx(fleiss_kappa(~masks), nan_ok=True)
    assert math.isnan(kappa) or -1 / (len(masks) - 1) - 1e-9 <= kappa <= 1 + 1e-9


@given(arrays.arrays(np.bool_, st.integers(1, 12)), st.integers(2, 6))
def test_equal_masks_agree_fully_unless_they_keep_all_or_nothing(mask: np.ndarray, raters: int) -> None:
    masks = np.tile(mask, (raters, 1))
    assert fleiss_kappa(masks) == pytest.approx(math.nan if mask.all() or not mask.any() else 1.0, nan_ok=True)
    assert cochran_q(masks) == (0.0, 1.0)
    assert jaccard(masks).mean == 1.0


def test_jaccard_step_by_step() -> None:
    # Two masks keep 1 of 2 units: they overlap fully (index 1) or not at all (0), each with probability 1/2.
    found = jaccard([[1, 0], [0, 1]])
    assert (found.mean, found.by_chance) == (0.0, pytest.approx(0.5))


def test_masks_that_keep_nothing_count_as_equal() -> None:
    # Pairs: two empty masks 1, an empty and a full one 0, twice; chance can do nothing else.
    found = jaccard([[0, 0], [0, 0], [1, 1]])
    assert found.mean == found.by_chance == pytest.approx(1 / 3)


@pytest.mark.parametrize("exact", [True, False])
def test_the_jaccard_of_chance_is_that_of_independent_masks(exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    sizes = (10, 25, 50, 80)
    units = 100
    drawn = [rng.permuted(np.tile(np.arange(units) < size, (4_000, 1)), axis=1) for size in sizes]
    indices = np.array([jaccard(masks).mean for masks in np.stack(drawn, axis=1)[:500]])
    error = indices.std(ddof=1) / math.sqrt(len(indices))
    if not exact:
        monkeypatch.setattr(module, "EXACT", 0)
    tolerated = 4 * error + (0 if exact else 1 / units)
    assert jaccard(np.stack([part[0] for part in drawn])).by_chance == pytest.approx(indices.mean(), abs=tolerated)


def test_kappa_over_seeds_step_by_step() -> None:
    # All three: kappa = 1/3 as above. Without the first, second, third mask:
    # 1 0 0 0 | 1 1 1 0: agree on 2 of 4, kept 4 of 8: P = Pe = 1/2, kappa 0.
    # 1 1 0 0 | 1 1 1 0: P = 3/4, kept 5 of 8: Pe = 34/64, kappa = (48 - 34) / (64 - 34) = 7/15.
    # 1 1 0 0 | 1 0 0 0: P = 3/4, kept 3 of 8: Pe = 34/64, kappa 7/15.
    # Pseudo-values 3 * 1/3 - 2 κ₋ᵢ = 1, 1/15, 1/15: mean 17/45, std 14/15 / sqrt(3) = .53889, error .53889 / sqrt(3).
    effect = kappa_over_seeds([[1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]])
    assert isinstance(effect, Student)
    assert effect.method == "jackknife"
    assert effect.value == pytest.approx(17 / 45)
    assert effect.spread.error == pytest.approx(14 / 45)
    assert effect.spread.df == 2


def test_equal_masks_may_still_hide_a_rare_kind() -> None:
    # If a share q of all masks is of another kind, five equal ones have probability (1 - q)⁵. It is .05 where
    # 1 - q = .05^(1/5) = .549, and .549² = .302 of all pairs are of the common kind.
    effect = kappa_over_seeds(np.tile([1, 0, 1, 1], (5, 1)))
    assert isinstance(effect, EqualMasks)
    interval = effect.interval(0.05)
    assert (interval.estimate, interval.low, interval.high) == (1, pytest.approx(0.302, abs=5e-4), 1)
    assert interval.method == "equal masks"
    assert decide(interval, above(0.3)) is Verdict.SUPPORTED
    assert decide(interval, above(0.31)) is Verdict.INCONCLUSIVE
    assert decide(interval, below(0.9)) is Verdict.INCONCLUSIVE
    with pytest.raises(UsageError, match=r"^alpha 2; expected"):
        effect.interval(2)


@given(st.integers(3, 30), st.floats(0.001, 0.49), st.floats(-0.5, 1.5))
def test_equal_masks_have_an_interval_and_p_values_of_one_test(n: int, alpha: float, x: float) -> None:
    effect = EqualMasks(n)
    assume(abs(x - effect.interval(alpha).low) > 1e-9)
    assert (effect.interval(alpha).low > x) == (effect.p_greater(x) <= alpha)
    assert (effect.interval(alpha).high < x) == (effect.p_less(x) <= alpha)


@pytest.mark.parametrize(
    ("masks", "reason"),
    [
        ([[1, 0], [0, 1]], "2 masks; expected at least 3 to estimate an error"),
        (
            [[1, 1], [1, 1], [1, 1]],
            "all 3 masks keep everything: they agree on 100 % of the units, as by chance, so kappa is undefined",
        ),
        (
            [[0, 0], [0, 0]],
            "all 2 masks keep nothing: they agree on 100 % of the units, as by chance, so kappa is undefined",
        ),
        ([[0, 0], [0, 0], [1, 1]], "with one mask left out, all others keep everything or nothing"),
        (
            [[0, 1, 1], [1, 0, 1], [1, 1, 0]],
            "the masks differ, but all change kappa by the same amount",
        ),
    ],
)
def test_masks_that_tell_no_error_give_an_unbounded_interval_that_says_why(masks: list[list[int]], reason: str) -> None:
    effect = kappa_over_seeds(masks)
    assert isinstance(effect, Unbounded)
    assert (effect.reason, effect.method) == (reason, "jackknife")


@pytest.mark.parametrize("judge", [fleiss_kappa, cochran_q, jaccard, kappa_over_seeds])
@pytest.mark.parametrize(
    ("ratings", "text"),
    [
        (
            [1, 0, 1],
            "masks of shape (3,); expected [raters, units] with at least two raters; give one row per seed",
        ),
        (
            [[1, 0, 1]],
            "masks of shape (1, 3); expected [raters, units] with at least two raters; give one row per seed",
        ),
        (
            [[], []],
            "masks of shape (2, 0); expected [raters, units] with at least two raters; give one row per seed",
        ),
        (
            [[0.5, 1], [0, 1]],
            "a mask with values other than 0 and 1; expected 1 for kept, 0 for removed; give masks, not scores",
        ),
    ],
)
def test_what_is_no_mask_of_two_raters_is_refused(judge: object, ratings: list[object], text: str) -> None:
    assert callable(judge)
    with pytest.raises(EvidenceError) as caught:
        judge(ratings)
    assert str(caught.value) == text


# Population: units with keep probabilities drawn once from a beta distribution. Two independent masks differ on a unit
# of probability p with probability 2 p (1 - p), so that kappa tends to var(p) / (mean(p) (1 - mean(p))).
POPULATIONS = {
    "heads that hardly agree": (144, 60.0, 60.0, 0.0),
    "heads": (144, 1.5, 1.5, 0.0),
    "heads, masks of scattered sizes": (144, 1.5, 1.5, 1.0),
    "MLPs": (12, 0.7, 0.4, 0.0),
    "weights that agree": (1_000, 0.02, 0.08, 0.0),
}
ALPHA, EXPERIMENTS = 0.05, 1_000


def probabilities(units: int, a: float, b: float, scatter: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits of the units [units] and their mean keep probabilities over masks whose logits are shifted normally."""
    p = np.clip(np.random.default_rng(1).beta(a, b, units), 1e-6, 1 - 1e-6)
    logits = np.log(p / (1 - p))
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    shifted = 1 / (1 + np.exp(-(logits + scatter * nodes[:, None])))
    return logits, weights @ shifted / weights.sum()


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5])
@pytest.mark.parametrize("name", POPULATIONS)
def test_kappas_interval_rarely_leaves_out_the_kappa_of_the_population(
    name: str, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MANY", 0)  # the same sums as those of statsmodels, in less time
    units, a, b, scatter = POPULATIONS[name]
    logits, p = probabilities(units, a, b, scatter)
    kappa = p.var() / (p.mean() * (1 - p.mean()))
    rng = np.random.default_rng([n, units])
    shifts = rng.normal(0, scatter, (EXPERIMENTS, n, 1))
    masks = rng.random((EXPERIMENTS, n, units)) < 1 / (1 + np.exp(-(logits + shifts)))
    intervals = [kappa_over_seeds(of_seeds).interval(ALPHA) for of_seeds in masks]
    tolerated = ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / EXPERIMENTS)
    assert np.mean([interval.low > kappa for interval in intervals]) <= tolerated
    assert np.mean([interval.high < kappa for interval in intervals]) <= tolerated
    assert np.mean([interval.estimate for interval in intervals]) == pytest.approx(kappa, abs=0.02)
