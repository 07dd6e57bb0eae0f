"""How often the rule is wrong, simulated: scores are drawn with the true effect exactly on the edge of the region.

SUPPORTED and REFUTED are then both wrong. Each scenario draws arms, and the whole decision is made as in a run: assay
sensitivity, interval, collapsed runs. `python -m benchmarks.calibration` prints the table of docs/rule.md from here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from lth.claims.arm import Arm
from lth.claims.arm_id import ArmId
from lth.claims.claim import Claim, Declaration
from lth.claims.effects import difference
from lth.evidence.decide import Decision, corrected, decide_one
from lth.spec.expressions import Expression
from lth.verdict import Verdict, above
from lth.verdict.agreement import kappa_over_seeds
from lth.verdict.judge import judge
from lth.verdict.region import below
from lth.verdict.rule import Method, Rule
from lth.verdict.samples import Sample, Scores
from lth.verdict.sequential import at_level, looks

ALPHA, FULL, EDGE, BASELINE = 0.05, 0.9, -0.02, 0.5
SIZES = (3, 5, 8)
Generator = np.random.Generator
Floats = NDArray[np.float64]
Draw = Callable[[Generator, int], tuple[Scores, Scores]]
"""From a stream of random numbers and a number of replicates: the ticket's scores and the full model's."""


@dataclass(frozen=True)
class Rates:
    """Shares of wrong verdicts. `seen` is the share of runs with a wrong verdict in which a collapse was seen."""

    scenario: str
    n: int
    supported: float
    refuted: float
    repetitions: int
    promised: bool = True
    seen: float | None = None

    @property
    def error(self) -> float:
        """The Monte Carlo standard error of a rate of alpha."""
        return math.sqrt(ALPHA * (1 - ALPHA) / self.repetitions)


class Drawn:
    """Evidence with scores that were drawn."""

    def __init__(self, scores: Mapping[tuple[str, str], Scores]) -> None:
        self.scores = scores

    def sample(self, arm: Arm) -> Scores:
        return self.scores[arm.task, arm.name]

    def baseline(self, arm: Arm) -> float:
        return BASELINE

    def cost(self, arms: tuple[Arm, ...]) -> Mapping[str, float]:
        return {}

    def details(self, experiment: Expression) -> Mapping[str, Any]:
        return {}

    def kept_parameters(self, arm: Arm) -> float | None:
        return None

    def densities(self, arm: Arm) -> Mapping[str, float]:
        return {}


def declared(task: str) -> Declaration:
    """The claim that tickets lose less than 2 % of the full score."""
    imp, full = (Arm(ArmId(name), task, (), ()) for name in ("imp", "full"))
    return Declaration(Claim("chen-1", "chen2020", True), "", "", full, difference(imp, full).lies_in(above(EDGE)))


DECLARED = declared("sst2")


def decided(ticket: Scores, full: Scores, method: Method = "crossed") -> Decision:
    """The decision on one pair of arms."""
    evidence = Drawn({("sst2", "imp"): ticket, ("sst2", "full"): full})
    return decide_one(DECLARED, evidence, Rule(ALPHA, method=method))


def rates(
    scenario: str, draw: Draw, n: int, repetitions: int, promised: bool = True, method: Method = "crossed"
) -> Rates:
    """The shares of wrong verdicts over `repetitions` experiments with n replicates."""
    rng = np.random.default_rng([n, *scenario.encode()])
    supported = refuted = seen = 0
    for _ in range(repetitions):
        decision = decided(*draw(rng, n), method)
        supported += decision.verdict is Verdict.SUPPORTED
        refuted += decision.verdict is Verdict.REFUTED
        wrong = decision.verdict in (Verdict.SUPPORTED, Verdict.REFUTED)
        seen += wrong and any(found.runs for found in decision.collapsed.values())
    shares = supported / repetitions, refuted / repetitions
    return Rates(scenario, n, *shares, repetitions, promised, seen / repetitions)


def sample(scores: Floats, first: int = 0) -> Sample:
    """The scores of consecutive seeds."""
    return Sample(tuple(range(first, first + len(scores))), tuple(scores.tolist()))


def normal(shared: float, ticket: float, full: float, paired: bool = True) -> Draw:
    """Normal scores, with a part of this spread that both arms share, and parts of their own."""

    def draw(rng: Generator, n: int) -> tuple[Scores, Scores]:
        common = rng.normal(0, shared, n) if paired else 0.0
        a = FULL * (1 + EDGE) + common + rng.normal(0, ticket, n)
        b = FULL + common + rng.normal(0, full, n)
        return sample(a), sample(b, 0 if paired else n)

    return draw


def skewed(rng: Generator, n: int) -> tuple[Scores, Scores]:
    """Scores with a long tail towards failure: a gamma distribution of shape 4 (skewness 1) below the best score."""
    a, b = (mean + 0.02 - 0.005 * rng.gamma(4.0, size=n) for mean in (FULL * (1 + EDGE), FULL))
    return sample(a), sample(b)


def sloped(slope: float) -> Draw:
    """A ticket whose score follows the full model's with this slope, as where both learn or fail together."""

    def draw(rng: Generator, n: int) -> tuple[Scores, Scores]:
        moves = rng.normal(0, 0.04, n)
        return sample(FULL * (1 + EDGE) + slope * moves + rng.normal(0, 0.005, n)), sample(FULL + moves)

    return draw


def collapsing(chance: float, ticket: bool, full: bool) -> Draw:
    """Runs that collapse to the baseline with this chance; the true means include them, and differ by the edge."""

    def draw(rng: Generator, n: int) -> tuple[Scores, Scores]:
        of_full, of_ticket = chance * full, chance * ticket
        b = FULL + rng.normal(0, 0.01, n)
        mean = (1 + EDGE) * (FULL * (1 - of_full) + BASELINE * of_full)
        a = (mean - BASELINE * of_ticket) / (1 - of_ticket) + rng.normal(0, 0.01, n)
        a = np.where(rng.random(n) < of_ticket, BASELINE, a)
        b = np.where(rng.random(n) < of_full, BASELINE, b)
        return sample(a), sample(b)

    return draw


def population(examples: int, paired: bool = True) -> Draw:
    """Right and wrong answers on dev examples drawn from a population, in which the truth lies on the edge.

    An answer is right where a normal sum is positive: of the arm, its seed, the example (shared by all arms and seeds),
    the example for this arm, and a rest. The accuracy in the population is the normal distribution of mean / spread.
    """
    seed, example, own, rest = 0.05, 1.5, 0.5, 1.0
    spread = math.sqrt(seed**2 + example**2 + own**2 + rest**2)

    def draw(rng: Generator, n: int) -> tuple[Scores, Scores]:
        difficulty = rng.normal(0, example, examples)
        arms = []
        for at, accuracy in enumerate((FULL * (1 + EDGE), FULL)):
            mean = float(ndtri(accuracy)) * spread + rng.normal(0, seed, (n, 1))
            answers = mean + difficulty + rng.normal(0, own, examples) + rng.normal(0, rest, (n, examples))
            right = (answers > 0).astype(np.float64)
            found = sample(right.mean(axis=1), 0 if paired else at * n)
            arms.append(replace(found, by_example=right))
        return arms[0], arms[1]

    return draw


def one_mask(shared: bool) -> Draw:
    """Tickets whose mask matters (spread .03): one mask of all seeds, or a mask of its own for each seed."""

    def draw(rng: Generator, n: int) -> tuple[Scores, Scores]:
        mask = rng.normal(0, 0.03, 1 if shared else n)
        return sample(FULL * (1 + EDGE) + mask + rng.normal(0, 0.01, n)), sample(FULL + rng.normal(0, 0.01, n))

    return draw


def rare_masks(share: float, n: int, repetitions: int) -> Rates:
    """Kappa of masks of 144 heads of which this share is of another kind; the claim's edge is the true kappa.

    A mask of the common kind keeps each of the first 72 heads with probability .9 and the others with .1, one of the
    rare kind the other way round.
    """
    rng = np.random.default_rng([n, int(100 * share)])
    likely = np.where(np.arange(144) < 72, 0.9, 0.1)
    probabilities = np.array([likely, 1 - likely])
    mean = (1 - share) * probabilities[0] + share * probabilities[1]
    truth = float(((mean - 0.5) ** 2).mean() / 0.25)  # Pe = .5, and two masks agree with .5 + 2 (p - .5)²
    supported = refuted = 0
    for _ in range(repetitions):
        kinds = (rng.random(n) < share).astype(int)
        estimate = kappa_over_seeds(rng.random((n, 144)) < probabilities[kinds])
        verdict = judge(estimate, below(truth), ALPHA).verdict
        supported += verdict is Verdict.SUPPORTED
        refuted += verdict is Verdict.REFUTED
    name = f"kappa, {share:.0%} of all masks of a rare kind" if share else "kappa, masks of one kind"
    return Rates(name, n, supported / repetitions, refuted / repetitions, repetitions, promised=not share)


def added_seeds(most: int, tasks: int, repetitions: int) -> Rates:
    """Seeds added while a corrected verdict is open, on several tasks: the share of runs with any wrong verdict."""
    rng = np.random.default_rng([most, tasks])
    names = [f"task {at}" for at in range(tasks)]
    declarations = {name: declared(name) for name in names}
    steps = looks(ALPHA, most)
    wrong = {Verdict.SUPPORTED: 0, Verdict.REFUTED: 0}
    for _ in range(repetitions):
        arms = {name: normal(0.02, 0.01, 0.01)(rng, most) for name in names}
        found: dict[str, Decision] = {}
        for look in steps:
            for name in names:
                if name in found and found[name].final:
                    continue
                a, b = (arm.without(range(look.seeds, most)) for arm in arms[name] if isinstance(arm, Sample))
                evidence = Drawn({(name, "imp"): a, (name, "full"): b})
                decision = decide_one(declarations[name], evidence, Rule(look.alpha))
                assert decision.judgement
                found[name] = replace(decision, judgement=at_level(decision.judgement, look, ALPHA))
            found = dict(zip(found, corrected(list(found.values()), Rule(ALPHA)), strict=True))
        adjusted = {decision.adjusted for decision in found.values()}
        for verdict in wrong:
            wrong[verdict] += verdict in adjusted
    shares = (wrong[verdict] / repetitions for verdict in (Verdict.SUPPORTED, Verdict.REFUTED))
    return Rates(f"seeds added up to {most}, {tasks} tasks, any wrong verdict", most, *shares, repetitions)


SCENARIOS: dict[str, tuple[Draw, bool]] = {
    "normal, unpaired": (normal(0, 0.01, 0.01, paired=False), True),
    "normal, correlated": (normal(0.02, 0.01, 0.01), True),
    "unequal spreads, 3 to 1, unpaired": (normal(0, 0.03, 0.01, paired=False), True),
    "skewed": (skewed, True),
    "share, ticket follows the full model with slope 1": (sloped(1.0), True),
    "share, with slope .3": (sloped(0.3), True),
    "share, with slope -.5": (sloped(-0.5), True),
    **{
        f"{who} at {chance:.0%}": (collapsing(chance, ticket, full), False)
        for who, ticket, full in (
            ("ticket collapses", True, False),
            ("full model collapses", False, True),
            ("both collapse", True, True),
        )
        for chance in (0.05, 0.1, 0.2)
    },
    "population of examples, dev of 277": (population(277), True),
    "population of examples, dev of 800": (population(800), True),
    "population of examples, dev of 277, other seeds in each arm": (population(277, paired=False), True),
    "one mask for all seeds": (one_mask(shared=True), False),
    "a mask for each seed": (one_mask(shared=False), True),
}
"""By name: how scores are drawn, and whether the rule promises its error rate there."""


def table(repetitions: int) -> Iterator[Rates]:
    """Every scenario at every size."""
    for name, (draw, promised) in SCENARIOS.items():
        for n in SIZES:
            yield rates(name, draw, n, repetitions, promised)
    for share in (0.0, 0.2):
        for n in SIZES:
            yield rare_masks(share, n, repetitions)
    for most in (5, 8):
        yield added_seeds(most, 8, max(200, repetitions // 8))
