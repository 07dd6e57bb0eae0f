"""How a claim was decided, term by term, and what its arms scored, all as text. Knows the document and no markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lth.document.document import FULL_SCORE, Claim, Document
from lth.report import cells

PAPERS = {
    "chen2020": ("Chen 2020", "Chen et al. 2020, arXiv 2007.12223", "https://arxiv.org/abs/2007.12223"),
    "prasanna2020": ("Prasanna 2020", "Prasanna et al. 2020, arXiv 2005.00561", "https://arxiv.org/abs/2005.00561"),
    "lth": ("lth", "this project's own claim", ""),
}
"""By the document's name of a paper: short, long and link; other names are shown as they are."""

MARKS = {True: "agrees", False: "disagrees", None: ""}


def paper_of(claim: Claim) -> tuple[str, str, str]:
    """The claim's paper: short, long and link."""
    name = str(claim.get("paper") or "")
    return PAPERS.get(name, (name, name, ""))


def typeset(text: str) -> str:
    """Numbers with a true minus and infinity sign.

    >>> typeset("-1.0 [-inf, +0.5]")
    '−1.0 [−∞, +0.5]'
    """
    return text.replace("-", "−").replace("inf", "∞")


def effect_text(claim: Claim, effect: Mapping[str, Any] | None) -> str:
    """Estimate and interval; empty where there is no effect."""
    unit = cells.unit(claim)
    if not effect:
        return ""
    return typeset(f"{cells.signed(effect['estimate'], unit=unit)} {cells.interval_text(effect, unit)}")


def terms(claim: Claim, document: Document) -> dict[str, str]:
    """How the claim was decided, term by term; an empty text is left out."""
    unit, effect, rule = cells.unit(claim), claim["effect"], claim.get("paper_rule")
    percent = " % of the full model's mean score" if unit == FULL_SCORE else ""
    short = " %" if unit == FULL_SCORE else ""
    ran = claim["verdict"] != "NOT RUN"
    options = document.get("options", {})
    p = claim.get("p") or {}
    beside = claim.get("published") or {}
    margin = options.get("margin")
    margin_text = f"{100 * margin:g} % of the full score counts as matching" if isinstance(margin, (int, float)) else ""
    shown = effect_text(claim, beside.get("effect")) or str(beside.get("reason") or "")
    return {
        "Decision": _sentence(claim),
        "Effect": f"{effect['label']}: {effect_text(claim, effect)}{percent}" if effect else "",
        "Region claimed": typeset(cells.region_text(claim["region"], unit)) + percent,
        "Margin": margin_text if unit == FULL_SCORE else "",
        "Method": f"{effect['method']}, alpha {effect['alpha']:g} on each side" if effect else "",
        "Caveat": str(claim.get("reason") or "") if ran else "",
        "p-values": f"support {_p(p.get('support'))}, refutation {_p(p.get('refute'))}" if ran and p else "",
        "Corrected for its family": str(claim.get("adjusted_verdict") or "") if ran else "",
        "The paper says": " ".join(filter(None, (cells.paper_text(claim), _bracket(MARKS[cells.agrees(claim)])))),
        "The paper's own rule": f"{rule['name']}: {rule['verdict']} ({MARKS[not cells.rule_differs(claim)]})"
        if ran and rule
        else "",
        "The paper's data show": f"{cells.published_text(claim)}{f': {shown}' if shown else ''}" if beside else "",
        "Minimal detectable effect": f"{text}{short}"
        if (text := cells.percent(claim.get("mde"), unit)) and ran
        else "",
        "Seeds": f"{cells.seeds_text(claim)}{_needed(claim)}" if ran else "",
        "Degenerate runs": cells.degenerate_text(claim.get("degenerate")),
        "Test": str(claim.get("outcome") or ""),
        "Cost": _cost(claim.get("cost") or {}),
        "Evidence": ", ".join(
            f"{word} {claim[part]}" if word else str(claim[part])
            for word, part in (("", "source"), ("model", "model"), ("data", "data"), ("metric", "metric"))
            if claim.get(part)
        ),
    }


def _sentence(claim: Claim) -> str:
    verdict, effect = claim["verdict"], claim["effect"]
    if verdict == "NOT RUN" or not effect:
        return cells.reason_text(claim) if verdict == "NOT RUN" else str(verdict)
    where = {"SUPPORTED": "lies inside", "REFUTED": "lies outside", "INCONCLUSIVE": "crosses the edge of"}
    level = f"{100 * (1 - 2 * float(effect['alpha'])):g} %"
    interval = typeset(cells.interval_text(effect, cells.unit(claim)))
    region = typeset(cells.region_text(claim["region"], cells.unit(claim)))
    return f"{verdict}: the {level} interval {interval} {where.get(verdict, 'against')} the region {region}."


def _bracket(text: str) -> str:
    return f"({text})" if text else ""


def _p(value: float | None) -> str:
    if cells.finite(value) is None or value is None:
        return "?"
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.4f}"


def _needed(claim: Claim) -> str:
    needed = claim.get("seeds_needed")
    return f"; about {needed} would decide" if needed and claim["verdict"] == "INCONCLUSIVE" else ""


def _cost(cost: Mapping[str, float]) -> str:
    parts = (("seconds", 1, "s of one worker"), ("energy_kwh", 1000, "Wh"), ("energy_kg_co2e", 1000, "g CO2e"))
    return ", ".join(
        f"{factor * amount:.3g} {what}" if what != "s of one worker" else f"{amount:.1f} {what}"
        for name, factor, what in parts
        if (amount := cells.finite(cost.get(name))) is not None
    )


def arms(claim: Claim) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows of the claim's arms, the full model and the majority baseline first; no empty column."""
    metric = claim.get("metric") or "score"
    header = (
        "Arm",
        "Seeds",
        f"{metric}, mean ± std",
        "% of full",
        "Scores by seed",
        "Parameters, %",
        "Degenerate runs",
    )
    full, baseline = cells.finite(claim.get("full_mean")), cells.finite(claim.get("baseline"))
    rows = []
    for name in sorted(claim["arms"], key=lambda name: name != "full"):
        arm = claim["arms"][name]
        scores = cells.scores_of(arm)
        lost = sum(score is None or score != score for score in arm.get("scores", ()))
        mean = f"no mean: {lost} of {scores.n} NaN" if lost else f"{scores.mean:.4f} ± {scores.std:.4f}"
        is_score = arm.get("quantity", "score") == "score"
        share = cells.percent(None if lost or not full or not is_score else scores.mean / full)
        pairs = zip(arm["seeds"], arm["scores"], strict=True) if "scores" in arm else ()
        listed = ", ".join(f"{seed}: {'NaN' if score is None else f'{score:.4g}'}" for seed, score in pairs)
        count = (claim.get("degenerate") or {}).get(name)
        kept = cells.percent(arm.get("kept_parameters"))
        rows.append((name, str(scores.n), mean.removesuffix(" ± nan"), share, listed, kept, str(count or "")))
    if baseline is not None and rows:
        share = cells.percent(baseline / full if full else None)
        rows.insert(
            1 if "full" in claim["arms"] else 0, ("majority baseline", "", f"{baseline:.4f}", share, "", "", "")
        )
    used = [place for place in range(len(header)) if place < 3 or any(row[place] for row in rows)]
    return tuple(header[place] for place in used), tuple(tuple(row[place] for place in used) for row in rows)
