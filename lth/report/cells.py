"""What the table, the Markdown and the plots say alike: numbers, intervals, regions, agreement with the paper.

Knows the document and nothing of how it is laid out. Effects and regions in units of the full model's mean score leave
as percent of it, others (kappa, shares, ratios) as plain numbers. None and non-finite numbers are treated alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lth.document.document import FULL_SCORE, PLAIN, Claim, Document
from lth.evidence.recorded import NO_FIGURES
from lth.verdict.samples import Sample, Scores, Summary

VERDICTS = ("SUPPORTED", "REFUTED", "INCONCLUSIVE", "NOT RUN")
CONCLUSIVE = ("SUPPORTED", "REFUTED")


def finite(value: float | None) -> float | None:
    """`value`, or None where it is NaN or infinite."""
    return value if value is not None and math.isfinite(value) else None


def unit(claim: Claim) -> str:
    """The unit of the claim's effect: shares of the full model's mean score, or plain numbers."""
    return str(claim.get("unit", FULL_SCORE))


def signed(value: float | None, unknown: str = "?", unit: str = FULL_SCORE) -> str:
    """A share as signed percent with one decimal; a plain number with two and a sign only where it is negative.

    >>> signed(0.0123), signed(-0.0001), signed(None, "-inf"), signed(0.4, unit=PLAIN)
    ('+1.2', '+0.0', '-inf', '0.40')
    """
    if finite(value) is None or value is None:
        return unknown
    return f"{value:z.2f}" if unit == PLAIN else f"{100 * value:+z.1f}"


def percent(value: float | None, unit: str = FULL_SCORE) -> str:
    """A share as percent with one decimal and no sign, a plain number with two; empty where not known."""
    if finite(value) is None or value is None:
        return ""
    return f"{value:.2f}" if unit == PLAIN else f"{100 * value:.1f}"


def interval_text(effect: Mapping[str, Any], unit: str = FULL_SCORE) -> str:
    """Both ends, as `signed` writes them.

    >>> interval_text({"low": -0.01, "high": None})
    '[-1.0, +inf]'
    """
    return f"[{signed(effect['low'], '-inf', unit)}, {signed(effect['high'], '+inf', unit)}]"


def region_text(region: Mapping[str, float | None] | None, unit: str = FULL_SCORE) -> str:
    """Where the claim says the effect lies, in percent or as plain numbers.

    >>> region_text({"low": -0.02, "high": None}), region_text({"low": None, "high": 0.4}, PLAIN)
    ('> -2', '< 0.4')
    >>> region_text({"low": -0.02, "high": 0.02})
    '-2..2'
    """
    factor = 1 if unit == PLAIN else 100
    low, high = (finite((region or {}).get(end)) for end in ("low", "high"))
    if low is not None and high is not None:
        return f"{factor * low:g}..{factor * high:g}"
    if low is not None:
        return f"> {factor * low:g}"
    return "any" if high is None else f"< {factor * high:g}"


def name(claim: Claim) -> str:
    """The claim's id with its row, as in `chen-3 5 %`."""
    return f"{claim['id']} {claim.get('row') or ''}".strip()


def elide(text: str, width: int) -> str:
    """`text` cut between words, where it can be, to at most `width` characters.

    >>> elide("tickets beat random masks", 17)
    'tickets beat...'
    """
    text = " ".join(text.split())
    if len(text) <= width:
        return text
    room = max(width - 3, 0)
    head = text[: room + 1].rsplit(" ", 1)[0] if " " in text[1 : room + 1] else text[:room]
    return (head.rstrip(" ,;:") + "...")[:width]


def groups(document: Document) -> dict[tuple[str, str, str, str], list[Claim]]:
    """The claims by (task, model, data, source), all in the order of their first row."""
    grouped: dict[tuple[str, str, str, str], list[Claim]] = {}
    for claim in document["claims"]:
        grouped.setdefault(group_of(claim), []).append(claim)
    return grouped


def group_of(claim: Claim) -> tuple[str, str, str, str]:
    """The task, model, data and source of a claim."""
    return claim["task"], str(claim.get("model") or ""), str(claim.get("data") or ""), str(claim.get("source") or "")


def group_title(key: tuple[str, str, str, str]) -> str:
    """A group's name: `sst2: model lab, data lab, measured`."""
    task, model, data, source = key
    parts = [f"model {model}" if model else "", f"data {data}" if data else "", source]
    return f"{task}: {', '.join(part for part in parts if part)}".rstrip(": ")


def scores_of(arm: Mapping[str, Any]) -> Scores:
    """The arm's scores, in units of the metric; a null score is NaN. Raises EvidenceError if they cannot be scores."""
    if "scores" not in arm:
        return Summary(arm["mean"], arm["std"], arm["n"])
    scores = tuple(math.nan if score is None else float(score) for score in arm["scores"])
    return Sample(tuple(arm["seeds"]), scores)


def arms_of(claims: Iterable[Claim]) -> dict[str, Mapping[str, Any]]:
    """Every arm of the claims once, by name, in the order of first mention."""
    arms: dict[str, Mapping[str, Any]] = {}
    for claim in claims:
        for arm, content in claim["arms"].items():
            arms.setdefault(arm, content)
    return arms


def seeds_text(claim: Claim) -> str:
    """How many seeds the effect rests on: `5`, or `5/3` where its two arms differ.

    The arms are those the effect's label names; where it names none, all arms that the claim has.
    """
    arms = claim["arms"]
    label = ((claim.get("effect") or {}).get("label") or "").replace(" - ", " − ")
    named = [arm for arm in label.split(" − ") if arm in arms] or list(arms)
    return "/".join(dict.fromkeys(str(scores_of(arms[arm]).n) for arm in named))


def reason_text(claim: Claim) -> str:
    """Why a claim was not run."""
    return f"NOT RUN: {claim.get('reason') or 'no reason was given'}"


def folded(claims: Sequence[Claim]) -> dict[str, list[Claim]]:
    """By reason: claims that were not run, if several share the reason; "" for a want of recorded figures."""
    reasons: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim["verdict"] == "NOT RUN":
            reason = str(claim.get("reason") or "")
            reasons.setdefault("" if reason.startswith(NO_FIGURES) else reason, []).append(claim)
    return {reason: alike for reason, alike in reasons.items() if not reason or len(alike) > 1}


def has_published(claims: Iterable[Claim]) -> bool:
    """Whether the papers' own figures say something of one of the claims."""
    return any(claim.get("published") for claim in claims)


def published_letter(claim: Claim) -> str:
    """`published_text` in a letter: S, R or I; a dash where the figures give no interval."""
    verdict = published_text(claim)
    return "–" if verdict == "NOT RUN" else verdict[0]


def published_text(claim: Claim) -> str:
    """The verdict that the papers' own figures give for the claim and task; a dash where they say nothing."""
    return str((claim.get("published") or {}).get("verdict") or "–")


def known_divergence(claim: Claim) -> str:
    """Why the model is known to contradict the paper on this claim; empty where it is not, or does not."""
    return str(claim.get("reason") or "") if claim.get("outcome") == "xfailed" else ""


def paper_text(claim: Claim) -> str:
    """What the paper says of the claim: true, false or depends."""
    return {True: "true", False: "false"}.get(claim.get("paper_verdict"), "depends")  # type: ignore[arg-type]


def agrees(claim: Claim) -> bool | None:
    """Whether the verdict is the paper's; None where either of them leaves it open."""
    said = claim.get("paper_verdict")
    if said is None or claim["verdict"] not in CONCLUSIVE:
        return None
    return bool(bool(said) == (claim["verdict"] == "SUPPORTED"))


def rule_differs(claim: Claim) -> bool:
    """Whether the paper's own rule, on the same evidence, ends in another verdict than ours."""
    rule = claim.get("paper_rule")
    return rule is not None and claim["verdict"] not in ("NOT RUN", rule["verdict"])


def adjusted_differs(claim: Claim) -> bool:
    """Whether the correction for the family of claims changes the verdict."""
    return claim.get("adjusted_verdict") not in (None, claim["verdict"])


def degenerate_text(counts: Mapping[str, int] | None) -> str:
    """Degenerate runs by arm: `random@0.7: 2`; empty where there are none."""
    return ", ".join(f"{arm}: {count}" for arm, count in (counts or {}).items() if count)


def confidence(document: Document) -> str:
    """The level of every interval, 1 - 2 alpha, as `90 %`."""
    return f"{100 * (1 - 2 * float(document.get('options', {}).get('alpha', 0.05))):g} %"


def summary_line(document: Document) -> str:
    """One line: how many claims got which verdict, and how many conclusive ones are the paper's.

    >>> summary_line({"claims": [{"verdict": "REFUTED", "paper_verdict": False}]})
    '1 claim: 0 supported, 1 refuted, 0 inconclusive, 0 not run; 1 of 1 decided as in the paper'
    """
    claims = document["claims"]
    counts = [f"{sum(claim['verdict'] == verdict for claim in claims)} {verdict.lower()}" for verdict in VERDICTS]
    judged = [answer for answer in map(agrees, claims) if answer is not None]
    line = f"{len(claims)} claim{'' if len(claims) == 1 else 's'}: {', '.join(counts)}"
    return f"{line}; {sum(judged)} of {len(judged)} decided as in the paper" if judged else line


def sequential_text(document: Document) -> str:
    """What adding seeds one look after the other took; empty for a run of fixed seeds.

    `seeds were looked at after 3, 5, 8 while a verdict was open: 60 of 110 results (55 %); each look has its own alpha`
    """
    about = document.get("sequential")
    if not about:
        return ""
    used, whole = about["experiments"], about["of"]
    after = ", ".join(str(look["seeds"]) for look in about["looks"])
    return (
        f"seeds were looked at after {after} while a verdict was open: {used} of {whole} results "
        f"({100 * used / whole:.0f} %); each look has its own alpha"
    )
