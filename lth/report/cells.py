"""The texts that all views share: numbers, intervals, regions, agreement with the paper.

Knows the document and no layout. Effects and regions are written in percent of the full model's mean score, in points
of the metric (pts), or as plain numbers (kappa, shares, ratios).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lth.claims.arm_id import ArmId
from lth.claims.claim import BETWEEN_TASKS
from lth.claims.effects import FULL_SCORE, PLAIN, POINTS, Unit
from lth.document.rows import ArmRow, ClaimRow, CollapsedRow, Document, FamilyRow, IntervalRow, RegionRow
from lth.evidence.recorded import NO_FIGURES
from lth.verdict import Verdict

CONCLUSIVE = (Verdict.SUPPORTED, Verdict.REFUTED)
UNITS = (
    "Effects, regions and minimal detectable effects (MDE) are in % of the full model's mean score; pts are points of "
    "the metric; numbers with two decimals are plain."
)
FACTOR: dict[Unit, int] = {FULL_SCORE: 100, POINTS: 1, PLAIN: 1}
"""What a number of the document is multiplied by to be shown in its unit."""
MEANING: dict[Unit, str] = {FULL_SCORE: " % of the full model's mean score", POINTS: " of the metric", PLAIN: ""}
"""What follows an interval or a region to say its unit in full; points already end in `pts`."""
SUFFIX: dict[Unit, str] = {FULL_SCORE: " %", POINTS: " pts", PLAIN: ""}
UNKNOWN = "no reason was given"
AGREEMENT = {True: "agrees", False: "disagrees", None: ""}


def tasks_of(claims: Iterable[ClaimRow]) -> str:
    """The tasks of these claims for a title. Claims about several tasks count where there are no others."""
    found = dict.fromkeys(claim.task for claim in claims)
    return ", ".join([task for task in found if task != BETWEEN_TASKS] or found)


class Group(NamedTuple):
    """Claims that are shown together: those of one task, model, data and source of evidence."""

    task: str
    model: str
    data: str
    source: str

    @property
    def title(self) -> str:
        """As in `sst2: model lab, data lab, measured`; of a folder, its name."""
        model, data = _short(self.model), _short(self.data)
        parts = [f"model {model}" if model else "", f"data {data}" if data else "", self.source]
        return f"{self.task}: {', '.join(part for part in parts if part)}".rstrip(": ")


def _short(place: str) -> str:
    """The name of a folder; a hub id and the lab's name as they are."""
    return place.rstrip("/").rpartition("/")[2] if place.startswith((".", "/", "~")) or place.count("/") > 1 else place


def group_of(claim: ClaimRow) -> Group:
    """The group that a claim belongs to."""
    return Group(claim.task, claim.model, claim.data, claim.source)


def groups(claims: Iterable[ClaimRow]) -> dict[Group, list[ClaimRow]]:
    """The claims by group, in the order of their first row."""
    grouped: dict[Group, list[ClaimRow]] = {}
    for claim in claims:
        grouped.setdefault(group_of(claim), []).append(claim)
    return grouped


def signed(value: float | None, unknown: str = "?", unit: Unit = FULL_SCORE) -> str:
    """Percent or points with a sign and one decimal; a plain number with two decimals and a sign only if negative.

    >>> signed(0.0123), signed(-0.0001), signed(None, "-inf"), signed(-9.51, unit=POINTS), signed(0.4, unit=PLAIN)
    ('+1.2', '+0.0', '-inf', '-9.5', '0.40')
    """
    if value is None:
        return unknown
    return f"{value:z.2f}" if unit == PLAIN else f"{FACTOR[unit] * value:+z.1f}"


def percent(value: float | None, unit: Unit = FULL_SCORE) -> str:
    """Percent or points with one decimal, a plain number with two; empty for None."""
    if value is None:
        return ""
    return f"{value:.2f}" if unit == PLAIN else f"{FACTOR[unit] * value:.1f}"


def interval_parts(interval: IntervalRow, unit: Unit = FULL_SCORE) -> tuple[str, str, str, str]:
    """Estimate and both ends, as `signed` writes them: `+1.2`, `[-0.3,` and `+2.7]`; and `pts` after points."""
    low, high = signed(interval.low, "-inf", unit), signed(interval.high, "+inf", unit)
    return signed(interval.estimate, unit=unit), f"[{low},", f"{high}]", "pts" if unit == POINTS else ""


def interval_text(interval: IntervalRow, unit: Unit = FULL_SCORE) -> str:
    """Estimate and ends: `+1.2 [-0.3, +2.7]`."""
    return " ".join(filter(None, interval_parts(interval, unit)))


def ends_text(interval: IntervalRow, unit: Unit = FULL_SCORE) -> str:
    """Both ends of an interval.

    >>> ends_text(IntervalRow("paired t", 0.05, low=-0.01))
    '[-1.0, +inf]'
    """
    return " ".join(filter(None, interval_parts(interval, unit)[1:]))


def typeset(text: str) -> str:
    """The text with true minus and infinity signs.

    >>> typeset("-1.0 [-inf, +0.5]")
    '−1.0 [−∞, +0.5]'
    """
    return text.replace("-", "−").replace("inf", "∞")


def effect_text(interval: IntervalRow | None, unit: Unit) -> str:
    """Estimate and ends with true signs; empty without an interval."""
    return typeset(interval_text(interval, unit)) if interval else ""


def region_text(region: RegionRow, unit: Unit = FULL_SCORE) -> str:
    """Where the claim says that the effect lies, in percent, in points or as plain numbers.

    >>> region_text(RegionRow(low=-0.02)), region_text(RegionRow(high=0.4), PLAIN), region_text(RegionRow(-0.02, 0.02))
    ('> -2', '< 0.4', '-2..2')
    >>> region_text(RegionRow(low=-10.0), POINTS)
    '> -10 pts'
    """
    factor, low, high = FACTOR[unit], region.low, region.high
    suffix = SUFFIX[unit] if unit == POINTS else ""
    if low is not None and high is not None:
        return f"{factor * low:g}..{factor * high:g}{suffix}"
    if low is not None:
        return f"> {factor * low:g}{suffix}"
    return "any" if high is None else f"< {factor * high:g}{suffix}"


def elide(text: str, width: int) -> str:
    """`text` shortened to at most `width` characters, between words if possible.

    >>> elide("tickets beat random masks", 17)
    'tickets beat...'
    """
    text = " ".join(text.split())
    if len(text) <= width:
        return text
    room = max(width - 3, 0)
    head = text[: room + 1].rsplit(" ", 1)[0] if " " in text[1 : room + 1] else text[:room]
    return (head.rstrip(" ,;:") + "...")[:width]


def arm_rows(claims: Iterable[ClaimRow]) -> dict[ArmId, ArmRow]:
    """Every arm of the claims once, in the order of first mention."""
    arms: dict[ArmId, ArmRow] = {}
    for claim in claims:
        for arm in claim.arms:
            arms.setdefault(arm.id, arm)
    return arms


def scored_arms(claims: Iterable[ClaimRow]) -> dict[ArmId, ArmRow]:
    """Every arm of the claims that has scores and not another measure."""
    return {id: arm for id, arm in arm_rows(claims).items() if id.measure == "score"}


def seed_counts(claim: ClaimRow) -> list[int]:
    """The number of seeds that the effect rests on; two numbers if its two arms differ.

    If the effect is not a sum of arms, all arms of the claim count.
    """
    named = [arm for term in claim.effect.terms if (arm := claim.arm(term.arm))]
    return list(dict.fromkeys(arm.samples.n for arm in named or claim.arms))


def seeds_text(claim: ClaimRow) -> str:
    """The numbers of seeds as text: `5`, or `5/3`."""
    return "/".join(map(str, seed_counts(claim)))


def reason_text(claim: ClaimRow) -> str:
    """Why a claim was not run."""
    return f"NOT RUN: {claim.reason or UNKNOWN}"


def folded(claims: Sequence[ClaimRow]) -> dict[str, list[ClaimRow]]:
    """The claims that were not run, by a reason that several share; by "" if the evidence has no figures for them."""
    return {reason: alike for reason, alike in by_reason(claims).items() if not reason or len(alike) > 1}


def by_reason(claims: Iterable[ClaimRow]) -> dict[str, list[ClaimRow]]:
    """All claims that were not run, by the reason; by "" if the evidence has no figures for them."""
    reasons: dict[str, list[ClaimRow]] = {}
    for claim in claims:
        if claim.verdict is Verdict.NOT_RUN:
            why = "" if claim.reason.startswith(NO_FIGURES) else claim.reason or UNKNOWN
            reasons.setdefault(why, []).append(claim)
    return reasons


def has_published(claims: Iterable[ClaimRow]) -> bool:
    """Whether the papers' own figures say something about one of the claims."""
    return any(claim.published for claim in claims)


def published_letter(claim: ClaimRow) -> str:
    """`published_text` as a letter: S, R or I; a dash if the figures give no interval."""
    verdict = published_text(claim)
    return "–" if verdict == Verdict.NOT_RUN else verdict[0]


def published_text(claim: ClaimRow) -> str:
    """The verdict that the papers' own figures give for the claim and task; a dash if there are none."""
    return str(claim.published.verdict) if claim.published else "–"


def known_divergence(claim: ClaimRow) -> str:
    """Why this model is known to contradict the paper on this claim; empty if it does not contradict it."""
    return claim.reason if claim.outcome == "xfailed" else ""


def caveat(claim: ClaimRow) -> str:
    """What is special about a verdict that was reached; empty if nothing is, or if it is a known divergence."""
    return "" if claim.verdict is Verdict.NOT_RUN or known_divergence(claim) else claim.reason


def paper_text(claim: ClaimRow) -> str:
    """What the paper says about the claim: true, false or depends."""
    return "depends" if claim.paper_verdict is None else "true" if claim.paper_verdict else "false"


def agrees(claim: ClaimRow) -> bool | None:
    """Whether the verdict is the paper's; None if either of them is open."""
    if claim.paper_verdict is None or claim.verdict not in CONCLUSIVE:
        return None
    return claim.paper_verdict == (claim.verdict is Verdict.SUPPORTED)


def rule_differs(claim: ClaimRow) -> bool:
    """Whether the paper's own rule gives another verdict than ours on the same evidence."""
    return claim.paper_rule is not None and claim.verdict not in (Verdict.NOT_RUN, claim.paper_rule.verdict)


def adjusted_differs(claim: ClaimRow) -> bool:
    """Whether the correction for the family of claims changes the verdict."""
    return claim.adjusted_verdict is not claim.verdict


def collapsed_arms(claims: Iterable[ClaimRow]) -> dict[ArmId, CollapsedRow]:
    """The arms of the claims that have collapsed runs, each once."""
    return {count.arm: count for claim in claims for count in claim.collapsed if count.runs}


def collapsed_text(counts: Iterable[CollapsedRow]) -> str:
    """Collapsed runs by arm, with the interval for the share of all its runs; empty if there are none.

    >>> collapsed_text([CollapsedRow(ArmId("random", 0.7), 2, 5, 0.0764, 0.8107)])
    'random@0.7: 2 of 5 [8 %, 81 %]'
    """
    return ", ".join(f"{count.arm}: {count_text(count)}" for count in counts if count.runs)


def count_text(count: CollapsedRow) -> str:
    """How many runs of an arm collapsed, with the interval for the share of all its runs, if it is known."""
    if count.n is None or count.low is None or count.high is None:
        return str(count.runs)
    return f"{count.runs} of {count.n} [{100 * count.low:.0f} %, {100 * count.high:.0f} %]"


def family_text(family: FamilyRow) -> str:
    """A claim's rows over tasks in one line.

    >>> family_text(FamilyRow("chen-1", "", "tickets win", tasks=9, judged=8, supported=6, refuted=1))
    'chen-1 holds on at least 6 of 8 tasks, and is refuted on at least 1'
    """
    if not family.judged:
        return f"{family.name} was judged on none of {family.tasks} tasks"
    if not family.supported and not family.refuted:
        return f"{family.name} is decided on none of {family.judged} tasks"
    if not family.supported:
        return f"{family.name} is refuted on at least {family.refuted} of {family.judged} tasks"
    refuted = f", and is refuted on at least {family.refuted}" if family.refuted else ""
    return f"{family.name} holds on at least {family.supported} of {family.judged} tasks{refuted}"


def over_texts(claims: Iterable[ClaimRow]) -> dict[str, list[ClaimRow]]:
    """The claims with an interval by what their verdicts generalise over."""
    found: dict[str, list[ClaimRow]] = {}
    for claim in claims:
        if claim.interval and claim.over:
            found.setdefault(claim.over, []).append(claim)
    return found


def confidence(document: Document) -> str:
    """The level of every interval, 1 - 2 alpha, as `90 %`."""
    return f"{100 * (1 - 2 * document.options.alpha):g} %"


def summary_line(document: Document) -> str:
    """One line: how many claims got which verdict, and how many conclusive ones are the paper's.

    `1 claim: 0 supported, 1 refuted, 0 inconclusive, 0 not run; 1 of 1 decided as in the paper`
    """
    claims = document.claims
    counts = [f"{sum(claim.verdict is verdict for claim in claims)} {verdict.lower()}" for verdict in Verdict]
    judged = [answer for answer in map(agrees, claims) if answer is not None]
    line = f"{len(claims)} claim{'' if len(claims) == 1 else 's'}: {', '.join(counts)}"
    return f"{line}; {sum(judged)} of {len(judged)} decided as in the paper" if judged else line


def sequential_text(document: Document) -> str:
    """How many results were needed with --seeds=auto; empty for a run with fixed seeds.

    `seeds were added while a verdict was INCONCLUSIVE (looks after 3, 5, 8): 60 of 110 results (55 %) were needed; …`
    """
    about = document.sequential
    if about is None:
        return ""
    after = ", ".join(str(look.seeds) for look in about.looks)
    return (
        f"seeds were added while a verdict was INCONCLUSIVE (looks after {after}): {about.experiments} of {about.of} "
        f"results ({100 * about.experiments / about.of:.0f} %) were needed; each look has its own alpha"
    )
