"""The report as GitHub Markdown: settings, verdicts, arms, pictures and how to read them.

Knows the report document and the places of the pictures; nothing is measured or decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from lth.document.document import PLAIN, Claim, Document
from lth.report import cells

FIRST_OPTIONS = ("task", "model", "data", "seeds", "protocol", "schedule")
SIZES = (
    "Parameters: the share of the full model's, embeddings included, that is kept. DistilBERT has 60 % of BERT-base's "
    "(66 M of 110 M: Sanh et al. 2019, arXiv 1910.01108, table 3)."
)
MARKS = {True: " (agrees)", False: " (**disagrees**)", None: ""}


def markdown(document: Document, plots: Mapping[str, str]) -> str:
    """The whole report, ending in a newline. `plots` maps a picture's title to its path, relative to the report."""
    blocks = [f"# Verdicts: {', '.join(dict.fromkeys(claim['task'] for claim in document['claims'])) or 'no claim'}"]
    blocks += [f"{cells.summary_line(document)}.", _settings(document)]
    if text := cells.sequential_text(document):
        blocks.append(f"{text[0].upper()}{text[1:]}.")
    blocks += [f"> Warning: {_escape(text)}" for text in document.get("warnings", [])]
    for key, claims in cells.groups(document).items():
        blocks += [f"## {_escape(cells.group_title(key))}", _verdicts(claims, cells.confidence(document))]
        if arms := _arms(claims):
            sized = any("kept_parameters" in arm for arm in cells.arms_of(claims).values())
            blocks += ["### Arms", arms, *[SIZES] * sized]
        if found := _structures(document, key):
            blocks += ["### Subnetworks", found]
    if cost := _cost(document):
        blocks += ["## Cost", cost]
    if plots:
        blocks += ["## Pictures", *(f"![{_escape(title)}]({quote(place)})" for title, place in plots.items())]
    return "\n\n".join([*blocks, "## How to read this", _how_to_read(document)]) + "\n"


def _settings(document: Document) -> str:
    options: Mapping[str, Any] = document.get("options", {})
    names = [name for name in FIRST_OPTIONS if name in options] + sorted(set(options) - set(FIRST_OPTIONS))
    rows = [[name, _plain(options[name])] for name in names if options[name] not in (None, "", [])]
    rows += [[name, document[name]] for name in ("created", "commit") if document.get(name)]
    rows += [[name, _plain(value)] for name, value in document.get("environment", {}).items()]
    return _table(["setting", "value"], rows)


def _verdicts(claims: Sequence[Claim], level: str) -> str:
    header = ["claim", "statement", "effect", f"estimate [{level} interval], % of full", "region, % of full", "seeds"]
    header += [
        "verdict",
        "corrected verdict",
        "paper says",
        *["paper's data show"] * _beside(claims),
        "paper's own rule",
        "MDE, % of full",
        "seeds needed",
        "degenerate runs",
    ]
    return _table(header, [_verdict(claim, _beside(claims)) for claim in claims])


def _beside(claims: Sequence[Claim]) -> bool:
    """Whether the run looked at what the papers published beside its own evidence."""
    return any("published" in claim for claim in claims)


def _published(claim: Claim) -> str:
    """What the paper's own figures show: verdict and interval, or why there is none."""
    beside, unit = claim.get("published"), cells.unit(claim)
    if not beside:
        return "–"
    effect = beside["effect"]
    if not effect:
        return f"{beside['verdict']}: {beside['reason']}"
    return f"{beside['verdict']}: {cells.signed(effect['estimate'], unit=unit)} {cells.interval_text(effect, unit)}"


def _verdict(claim: Claim, beside: bool) -> list[str]:
    published = [_published(claim)] * beside
    unit = cells.unit(claim)
    effect, region = claim["effect"], cells.region_text(claim["region"], unit)
    degenerate = cells.degenerate_text(claim.get("degenerate"))
    if claim["verdict"] == "NOT RUN":
        head = [
            cells.name(claim),
            claim["statement"],
            "",
            "",
            region,
            "",
            cells.reason_text(claim),
            "",
            cells.paper_text(claim),
        ]
        return [*head, *published, "", "", "", degenerate]
    rule = claim.get("paper_rule")
    known = cells.known_divergence(claim)
    return [
        cells.name(claim),
        claim["statement"],
        effect["label"] if effect else "",
        f"{cells.signed(effect['estimate'], unit=unit)} {cells.interval_text(effect, unit)} ({effect['method']})"
        if effect
        else "",
        region,
        cells.seeds_text(claim),
        f"**{claim['verdict']}**",
        (claim.get("adjusted_verdict") or "") + (" (**differs**)" if cells.adjusted_differs(claim) else ""),
        cells.paper_text(claim) + MARKS[cells.agrees(claim)] + (f": {known}" if known else ""),
        *published,
        f"{rule['verdict']}: {rule['name']}{MARKS[not cells.rule_differs(claim)]}" if rule else "",
        cells.percent(claim.get("mde"), unit),
        str(claim.get("seeds_needed") or "") if claim["verdict"] == "INCONCLUSIVE" else "",
        degenerate,
    ]


def _arms(claims: Sequence[Claim]) -> str:
    """Every arm of the group, the full model and the majority baseline first."""
    arms = {name: arm for name, arm in cells.arms_of(claims).items() if arm.get("quantity", "score") == "score"}
    full = next((claim["full_mean"] for claim in claims if cells.finite(claim.get("full_mean"))), None)
    baseline = next((claim["baseline"] for claim in claims if cells.finite(claim.get("baseline")) is not None), None)
    degenerate = {arm: count for claim in claims for arm, count in (claim.get("degenerate") or {}).items()}
    rows = []
    for arm in sorted(arms, key=lambda arm: arm != "full"):
        scores = cells.scores_of(arms[arm])
        lost = sum(score is None or score != score for score in arms[arm].get("scores", ()))
        score = f"no mean: {lost} of {scores.n} NaN" if lost else f"{scores.mean:.4f} ± {scores.std:.4f}"
        share = cells.percent(None if lost or full is None else scores.mean / full)
        kept = cells.percent(arms[arm].get("kept_parameters"))
        rows.append([arm, str(scores.n), score.removesuffix(" ± nan"), share, kept, str(degenerate.get(arm) or "")])
    if baseline is not None and rows:
        share = cells.percent(None if full is None else baseline / full)
        rows.insert(1 if "full" in arms else 0, ["majority baseline", "", f"{baseline:.4f}", share, "", ""])
    metric = claims[0].get("metric") or "score"
    return (
        _table(["arm", "seeds", f"{metric}, mean ± std", "% of full", "parameters, %", "degenerate runs"], rows)
        if rows
        else ""
    )


def _structures(document: Document, key: tuple[str, str, str, str]) -> str:
    """What the searches left, and how far the masks of different seeds agree."""
    rows = []
    for entry in document.get("structures", ()):
        if entry["task"] != key[0] or entry["model"] != key[1] or not entry["seeds"]:
            continue
        agreement = entry.get("agreement", {})
        for units in ("heads", "mlps") if entry["pruning"] == "structured" else ("weights",):
            kept = [_mean(mask) for mask in entry[units]] if units in entry else []
            overlap = agreement.get(f"jaccard_{units}") or {}
            cochran = agreement.get(f"cochran_{units}") or {}
            rows.append(
                [
                    entry["pruning"],
                    units,
                    ", ".join(f"{100 * share:.0f}" for share in kept),
                    ", ".join(f"{100 * share:.0f}" for share in entry["kept_parameters"]),
                    cells.percent(agreement.get(f"kappa_{units}"), PLAIN),
                    f"{cells.percent(overlap.get('mean'), PLAIN)} / {cells.percent(overlap.get('by_chance'), PLAIN)}",
                    cells.percent(cochran.get("p"), PLAIN),
                ]
            )
    header = ["pruning", "units", "kept by seed, %", "parameters kept by seed, %", "Fleiss' kappa"]
    return _table([*header, "Jaccard / by chance", "Cochran's Q, p"], rows) if rows else ""


def _mean(mask: Sequence[Any]) -> float:
    """The share of ones in a nested list."""
    flat = [unit for row in mask for unit in (row if isinstance(row, (list, tuple)) else (row,))]
    return float(sum(flat) / len(flat))


def _cost(document: Document) -> str:
    """Wall time and energy by claim; what several claims share is counted for each of them, and once in the total."""
    rows = [
        [f"{claim['task']} {cells.name(claim)}", *_amounts(claim.get("cost") or {})] for claim in document["claims"]
    ]
    if total := document.get("total_cost"):
        rows.append(["all, each experiment once", *_amounts(total)])
    if not any(cell for _, *amounts in rows for cell in amounts[1:]):
        return ""
    return _table(["claim", "worker time, s", "energy, Wh", "CO2e, g"], rows)


def _amounts(cost: Mapping[str, float]) -> list[str]:
    kwh, kg = cost.get("energy_kwh"), cost.get("energy_kg_co2e")
    energy = ["" if amount is None else f"{1000 * amount:.3f}" for amount in (kwh, kg)]
    return [f"{cost['seconds']:.1f}" if "seconds" in cost else "", *energy]


def _how_to_read(document: Document) -> str:
    options = document.get("options", {})
    alpha, margin = options.get("alpha", 0.05), options.get("margin")
    matching = f" A loss below {100 * margin:g} % counts as matching." if isinstance(margin, (int, float)) else ""
    level = cells.confidence(document)
    return f"""\
A claim says that an effect lies in a region. Effects, intervals, regions and the minimal detectable effect (MDE) are in
% of the full model's mean score, so that they mean the same on every metric; numbers with two decimals (kappa, shares,
ratios) are plain.{matching}

- **SUPPORTED**: the {level} interval of the effect lies inside the region. **REFUTED**: it lies outside altogether.
  **INCONCLUSIVE**: it crosses the region's edge; "seeds needed" says about how many would decide. Each side errs with a
  probability of at most {alpha:g}.
- **NOT RUN**: there is no evidence to judge, for example because the full model does not beat the majority baseline.
- The corrected verdict accounts for the other claims of the same family (Holm); a run on one task is not corrected.
- The paper's own rule is applied to the same scores; **disagrees** means that it ends in another verdict than ours.
- "Paper's data show" is our rule on the figures that the paper published, for bert-base-uncased at the paper's own
  sparsity; – where it published none that speak to the claim.
- Degenerate runs ended in NaN or at the majority baseline; they are counted, never dropped.
- MDE: the smallest distance from the region's edge that this many seeds can be expected to tell."""


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    from tabulate import tabulate

    lines = [[_escape(cell) for cell in row] for row in rows]
    return tabulate(lines, headers=[_escape(title) for title in header], tablefmt="github", disable_numparse=True)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _escape(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
