"""How a claim was decided, point by point, and the scores of its arms, all as text. Knows no markup."""

from __future__ import annotations

import math

from lth.claims.citations import CITATIONS
from lth.claims.effects import FULL_SCORE
from lth.document.rows import ClaimRow, CostRow, Document, IntervalRow, RegionRow
from lth.report import cells
from lth.report.arms import ArmCells, arms_table
from lth.verdict import Verdict

WHERE = {
    Verdict.SUPPORTED: "lies inside",
    Verdict.REFUTED: "lies outside",
    Verdict.INCONCLUSIVE: "crosses the edge of",
}


def paper_of(claim: ClaimRow) -> tuple[str, str, str]:
    """The claim's paper: short name, long name and link."""
    return CITATIONS.get(claim.paper, (claim.paper, claim.paper, ""))


def terms(claim: ClaimRow, document: Document) -> dict[str, str]:
    """How the claim was decided, point by point. Empty texts are not shown."""
    unit, interval, rule, beside = claim.effect.unit, claim.interval, claim.paper_rule, claim.published
    percent, short = cells.MEANING[unit], cells.SUFFIX[unit]
    ran = claim.verdict is not Verdict.NOT_RUN
    margin, agrees = document.options.margin, cells.AGREEMENT[cells.agrees(claim)]
    why = cells.effect_text(beside.interval, unit) or beside.reason if beside else ""
    mde = cells.percent(claim.mde, unit) if ran else ""
    about = {"": claim.source, "model ": claim.model, "data ": claim.data, "metric ": claim.metric}
    return {
        "Decision": _sentence(claim),
        "Effect": f"{claim.effect.label}: {cells.effect_text(interval, unit)}{percent}" if interval else "",
        "Region claimed": cells.typeset(cells.region_text(claim.effect.region, unit)) + percent,
        "Margin": f"a loss below {100 * margin:g} % counts as matching"
        if unit == FULL_SCORE and margin is not None
        else "",
        "Method": f"{interval.method}, alpha {interval.alpha:g} on each side" if interval else "",
        "Generalises over": claim.over if interval else "",
        "Caveat": claim.reason if ran else "",
        "p-values": f"support {_p(claim.p.support)}, refutation {_p(claim.p.refute)}" if ran and claim.p else "",
        "Corrected for its tasks": claim.adjusted_verdict if ran else "",
        "The paper says": cells.paper_text(claim) + (f" ({agrees})" if agrees else ""),
        "The paper's own rule": f"{rule.name}: {rule.verdict} ({cells.AGREEMENT[not cells.rule_differs(claim)]})"
        if ran and rule
        else "",
        "The paper's data show": f"{cells.published_text(claim)}{f': {why}' if why else ''}" if beside else "",
        "Minimal detectable effect": f"{mde}{short}" if mde else "",
        "Seeds": f"{cells.seeds_text(claim)}{_needed(claim)}" if ran else "",
        "Collapsed runs": cells.collapsed_text(claim.collapsed),
        "Test": claim.outcome,
        "Cost": _cost(claim.cost),
        "Evidence": ", ".join(f"{word}{text}" for word, text in about.items() if text),
    }


def _sentence(claim: ClaimRow) -> str:
    verdict, interval, unit = claim.verdict, claim.interval, claim.effect.unit
    if verdict is Verdict.NOT_RUN:
        return cells.reason_text(claim)
    if interval is None:
        return verdict
    level = f"{100 * (1 - 2 * interval.alpha):g} %"
    ends, region = cells.ends_text(interval, unit), cells.region_text(claim.effect.region, unit)
    lies = _lies(interval, claim.effect.region)
    but = f", but the verdict {claim.reason}" if lies is not verdict is Verdict.INCONCLUSIVE and claim.reason else ""
    where = WHERE[lies if but else verdict]
    return f"{verdict}: the {level} interval {cells.typeset(ends)} {where} the region {cells.typeset(region)}{but}."


def _lies(interval: IntervalRow, region: RegionRow) -> Verdict:
    """The verdict by the interval alone, which is another than the claim's if it turns on collapsed runs."""
    low, high = (
        -math.inf if interval.low is None else interval.low,
        math.inf if interval.high is None else interval.high,
    )
    if (region.low is None or low > region.low) and (region.high is None or high < region.high):
        return Verdict.SUPPORTED
    outside = (region.low is not None and high <= region.low) or (region.high is not None and low >= region.high)
    return Verdict.REFUTED if outside else Verdict.INCONCLUSIVE


def _p(value: float | None) -> str:
    if value is None:
        return "?"
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.4f}"


def _needed(claim: ClaimRow) -> str:
    needed = claim.seeds_needed if claim.verdict is Verdict.INCONCLUSIVE else None
    return f"; about {needed} would decide" if needed else ""


def _cost(cost: CostRow) -> str:
    seconds = "" if cost.seconds is None else f"{cost.seconds:.1f} s of one worker"
    energy = ((cost.energy_kwh, "Wh"), (cost.energy_kg_co2e, "g CO2e"))
    return ", ".join(
        filter(None, (seconds, *(f"{1000 * amount:.3g} {unit}" for amount, unit in energy if amount is not None)))
    )


def arms(claim: ClaimRow) -> tuple[ArmCells, tuple[ArmCells, ...]]:
    """Header and rows of the claim's arms, without empty columns."""
    header, rows = arms_table([claim], claim.arms)
    used = [place for place in range(len(header)) if place < 3 or any(row[place] for row in rows)]
    return tuple(header[place] for place in used), tuple(tuple(row[place] for place in used) for row in rows)
