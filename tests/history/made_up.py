"""Claims and documents as a run saves them, made from scores that a test chooses."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lth.claims.arm_id import ArmId
from lth.claims.effects import FULL_SCORE
from lth.document.numbers import finite
from lth.document.rows import ArmRow, ClaimRow, Document, EffectRow, IntervalRow, OptionsRow, RegionRow, Term
from lth.verdict import Interval, Region, Verdict, above, judge, share
from lth.verdict.samples import Sample
from tests.report.made_up import changed

Scores = Sequence[float]
MATCHING = above(-0.02)
IMP_ARM, CONTROL_ARM, FULL_ARM = ArmId("imp", sparsity=0.7), ArmId("control"), ArmId("full")


def claim(
    imp: Scores,
    control: Scores,
    full: Scores = (0.9,) * 5,
    seeds: Sequence[int] | None = None,
    region: Region = MATCHING,
    method: str = "t",
    **fields: Any,
) -> ClaimRow:
    """chen-1 on sst2 with an effect imp - control in units of the mean of `full`, judged as lth judges."""
    seeds = tuple(seeds or range(len(imp)))
    full = full[: len(imp)]
    mean = sum(full) / len(full)
    estimate = share(
        ((1.0, Sample(seeds, tuple(imp))), (-1.0, Sample(seeds, tuple(control)))), Sample(seeds, tuple(full)), method
    )
    judgement = judge(estimate, region, 0.05)
    terms = (Term(1.0, IMP_ARM), Term(-1.0, CONTROL_ARM))
    made = ClaimRow(
        "chen-1",
        "",
        "IMP finds winning tickets",
        "chen2020",
        "sst2",
        EffectRow("imp@0.7 − control", FULL_SCORE, region_row(region), interval_row(judgement.interval), terms),
        judgement.verdict,
        judgement.verdict,
        model="lab",
        source="measured",
        arms=arm_rows({IMP_ARM: imp, CONTROL_ARM: control, FULL_ARM: full}, seeds),
        full_mean=mean,
    )
    return changed(made, **fields)


def plain(estimate: float, low: float | None, high: float | None, n: int = 5, **fields: Any) -> ClaimRow:
    """A claim of n seeds whose interval is known and whose scores are not."""
    made = claim((0.9,) * n, (0.9,) * n, (0.9,) * n)
    effect = EffectRow("kappa", "", RegionRow(low=0.0), IntervalRow("t", 0.05, estimate, low, high))
    return changed(replace(made, effect=effect, verdict=Verdict.SUPPORTED), **fields)


def not_run(of: ClaimRow, **fields: Any) -> ClaimRow:
    """The claim when it was not run: without an interval."""
    return changed(of, interval=None, verdict=Verdict.NOT_RUN, **fields)


def arm_rows(scores: Mapping[ArmId, Scores], seeds: Sequence[int]) -> tuple[ArmRow, ...]:
    """Arms with a score for each of the seeds."""
    return tuple(ArmRow(arm, tuple(seeds), tuple(of)) for arm, of in scores.items())


def region_row(region: Region) -> RegionRow:
    """The region with None for an open end."""
    return RegionRow(*(finite(end) for end in (region.low, region.high)))


def interval_row(interval: Interval) -> IntervalRow:
    """The interval with None for an open end."""
    low, high = finite(interval.low), finite(interval.high)
    return IntervalRow(interval.method, interval.alpha, interval.estimate, low, high, interval.reason)


def document(*claims: ClaimRow, **fields: Any) -> Document:
    """The claims as a run of the seeds 0 and 1."""
    made = Document(claims, created="2020-07-23T12:00:00+00:00", commit="0123abc", options=OptionsRow(seeds=(0, 1)))
    return replace(made, **fields)
