"""The report as GitHub Markdown: a summary by claim, then details that unfold, with pictures beside what they show.

Knows the report document and the paths of the pictures. Nothing is measured or decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from lth.claims.effects import PLAIN
from lth.document.printable import printable
from lth.document.rows import AgreementRow, ClaimRow, CostRow, Document
from lth.report import cells
from lth.report.arms import BY_SEED, arms_table
from lth.report.columns import COLUMNS, LEVEL
from lth.report.escaping import escape, laid_out, table
from lth.report.pictures import Picture
from lth.report.settings import options_text
from lth.report.strip import strip
from lth.verdict import Verdict

FIRST_OPTIONS = ("task", "model", "data", "seeds", "protocol", "schedule")
FIRST_PICTURES = ("forest", "transfer", "transfer-sizes", "overlap")
PICTURES_OF_ARMS = ("curve", "subnetworks")
PICTURES_OF_SUBNETWORKS = ("survival", "importance")
ICONS = {Verdict.SUPPORTED: "🟢", Verdict.REFUTED: "🔴", Verdict.INCONCLUSIVE: "🟡", Verdict.NOT_RUN: "⚪"}
IN_SUMMARY = ("statement", "region", "verdict", "paper")
"""Columns that the summary has, so that the table of all columns leaves them out."""
SIZES = (
    "Parameters: the share of the full model's parameters that is kept, embeddings included. DistilBERT has 60 % of "
    "BERT-base's (66 M of 110 M: Sanh et al. 2019, arXiv 1910.01108, table 3)."
)


def markdown(document: Document, plots: Sequence[tuple[Picture, str]] = ()) -> str:
    """The whole report, ending in a newline: verdicts first, then details that unfold, settings last.

    `plots` are the pictures with their paths, relative to the report; each is shown beside what it draws.
    """
    document = printable(document)
    tasks = escape(cells.tasks_of(document.claims))
    level = cells.confidence(document)
    blocks = [f"# Verdicts: {tasks or 'no claim'}", f"**{cells.summary_line(document)}.**"]
    if text := cells.sequential_text(document):
        blocks.append(f"{text[0].upper()}{text[1:]}.")
    blocks += [f"> Warning: {escape(text)}" for text in document.warnings]
    if any(family.judged for family in document.families):
        blocks += ["## Over tasks", _families(document)]
    for group, claims in cells.groups(document.claims).items():
        mine = [(picture, place) for picture, place in plots if picture.task == group.task]
        blocks += [f"## {escape(group.title)}", *_summary(claims)]
        if notes := [f"- {escape(claim.name)}: {escape(text)}." for claim in claims if (text := cells.caveat(claim))]:
            blocks.append("\n".join(notes))
        blocks += _shown(mine, FIRST_PICTURES)
        if columns := _verdicts(claims, level):
            blocks += _unfolding("Every column of these claims", columns)
        if arms := _arms(claims):
            sized = any(arm.kept_parameters is not None for arm in cells.arm_rows(claims).values())
            blocks += _unfolding("Arms", arms, *[SIZES] * sized, *_shown(mine, PICTURES_OF_ARMS))
        if found := _structures(document, group):
            blocks += _unfolding("Subnetworks", found, *_shown(mine, PICTURES_OF_SUBNETWORKS))
    if cost := _cost(document):
        blocks += _unfolding("Cost", cost)
    blocks += _unfolding("How to read this", _how_to_read(document))
    return "\n\n".join([*blocks, *_unfolding("Settings", _settings(document))]) + "\n"


def _unfolding(title: str, *blocks: str) -> list[str]:
    """The blocks under a title that a click unfolds."""
    return [f"<details><summary>{title}</summary>", *blocks, "</details>"]


def _shown(plots: Sequence[tuple[Picture, str]], kinds: Sequence[str]) -> list[str]:
    return [
        f"![{_alternative(picture.title)}]({quote(place)})"
        for kind in kinds
        for picture, place in plots
        if picture.kind == kind
    ]


def _alternative(title: str) -> str:
    return escape(title).replace("[", "\\[").replace("]", "\\]")


def _settings(document: Document) -> str:
    options = options_text(document.options)
    rows = [(name, options.pop(name)) for name in FIRST_OPTIONS if name in options] + sorted(options.items())
    rows += [(name, text) for name, text in (("created", document.created), ("commit", document.commit)) if text]
    return table(["setting", "value"], [*rows, *document.environment.items(), *document.notes.items()])


def _summary(claims: Sequence[ClaimRow]) -> list[str]:
    """A row for each claim that was judged, and a line for those that were not, by reason."""
    judged = [claim for claim in claims if claim.verdict is not Verdict.NOT_RUN]
    rows = [
        [
            ICONS[claim.verdict],
            f"**{escape(claim.name)}** {escape(claim.statement)}",
            f"{claim.verdict}{_agreement(claim)}",
            _unbroken(escape(cells.effect_text(claim.interval, claim.effect.unit))),
            escape(cells.typeset(cells.region_text(claim.effect.region, claim.effect.unit))),
            _unbroken(f"`{strip(claim.interval, claim.effect.region)}`") if claim.interval else "",
        ]
        for claim in judged
    ]
    header = ["", "claim", "verdict", "effect", "region", "interval and region"]
    names = {why: ", ".join(each.name for each in alike) for why, alike in cells.by_reason(claims).items()}
    icon = ICONS[Verdict.NOT_RUN]
    lines = [f"- {icon} NOT RUN, {escape(why or 'no figures')}: {escape(alike)}" for why, alike in names.items()]
    return [*[laid_out(header, rows)] * bool(rows), *["\n".join(lines)] * bool(lines)]


def _unbroken(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _agreement(claim: ClaimRow) -> str:
    """How the verdict compares with the paper's, after a line break, if both are conclusive."""
    if known := cells.known_divergence(claim):
        return f"<br>**the paper says otherwise**; known divergence of this model: {escape(known)}"
    return {True: "<br>as in the paper", False: "<br>**the paper says otherwise**", None: ""}[cells.agrees(claim)]


def _verdicts(claims: Sequence[ClaimRow], level: str) -> str:
    """The columns that the summary does not have, of the claims that were judged; empty without any."""
    columns = {name: column for name, column in COLUMNS.items() if name not in IN_SUMMARY}
    header = ["claim", *(column.title.replace(LEVEL, level) for column in columns.values())]
    judged = [claim for claim in claims if claim.verdict is not Verdict.NOT_RUN]
    rows = [[escape(claim.name), *(column.cell(claim).markdown for column in columns.values())] for claim in judged]
    return laid_out(header, rows) if rows else ""


def _families(document: Document) -> str:
    """How many tasks each claim holds on, corrected over its tasks."""
    rows = [
        [family.name, family.statement, f"{family.supported} of {family.judged}", str(family.refuted or "")]
        for family in document.families
        if family.judged
    ]
    return table(["claim", "statement", "holds on at least", "refuted on at least"], rows)


def _arms(claims: Sequence[ClaimRow]) -> str:
    """The group's arms with scores, without the score of each seed."""
    header, rows = arms_table(claims, list(cells.scored_arms(claims).values()))
    titles, *others = ([*row[:BY_SEED], *row[BY_SEED + 1 :]] for row in (header, *rows))
    return table([title.lower() for title in titles], others) if rows else ""


def _structures(document: Document, group: cells.Group) -> str:
    """What the searches left, and how far the masks of different seeds agree."""
    rows = []
    for entry in document.structures:
        if (entry.task, entry.model) != (group.task, group.model) or not entry.seeds:
            continue
        masks: dict[str, Sequence[Sequence[int | Sequence[int]]]] = {"weights": ()}
        if entry.pruning == "structured":
            masks = {"heads": entry.heads, "mlps": entry.mlps}
        for units, kept in masks.items():
            agreed = entry.agreement.get(units, AgreementRow())
            rows.append(
                [
                    entry.pruning,
                    units,
                    ", ".join(f"{100 * _mean(mask):.0f}" for mask in kept),
                    ", ".join(f"{100 * share:.0f}" for share in entry.kept_parameters),
                    cells.percent(agreed.kappa, PLAIN),
                    f"{cells.percent(agreed.jaccard, PLAIN)} / {cells.percent(agreed.by_chance, PLAIN)}",
                    cells.percent(agreed.p, PLAIN),
                ]
            )
    header = ["pruning", "units", "kept by seed, %", "parameters kept by seed, %", "Fleiss' kappa"]
    return table([*header, "Jaccard / by chance", "Cochran's Q, p"], rows) if rows else ""


def _mean(mask: Sequence[int | Sequence[int]]) -> float:
    """The share of ones in a mask of one or two dimensions."""
    flat = [unit for row in mask for unit in ((row,) if isinstance(row, int) else row)]
    return sum(flat) / len(flat)


def _cost(document: Document) -> str:
    """Wall time and energy by claim. An experiment that claims share counts for each of them, and once in the total."""
    costs = [(f"{claim.task} {claim.name}", claim.cost) for claim in document.claims]
    if document.total_cost != CostRow():
        costs.append(("all, each experiment once", document.total_cost))
    if all(cost.energy_kwh is None and cost.energy_kg_co2e is None for _, cost in costs):
        return ""
    rows = [[name, *_amounts(cost)] for name, cost in costs]
    return table(["claim", "worker time, s", "energy, Wh", "CO2e, g"], rows)


def _amounts(cost: CostRow) -> list[str]:
    energy = ["" if amount is None else f"{1000 * amount:.3f}" for amount in (cost.energy_kwh, cost.energy_kg_co2e)]
    return ["" if cost.seconds is None else f"{cost.seconds:.1f}", *energy]


def _how_to_read(document: Document) -> str:
    alpha, margin = document.options.alpha, document.options.margin
    matching = "" if margin is None else f" A loss below {100 * margin:g} % counts as matching."
    level = cells.confidence(document)
    return f"""\
A claim says that an effect lies in a region. Effects, intervals, regions and the minimal detectable effect (MDE) are in
% of the full model's mean score, in points of the metric (pts) where the paper speaks of points, or plain numbers with
two decimals (kappa, shares, ratios).{matching}

- **SUPPORTED**: the {level} interval of the effect lies inside the region. **REFUTED**: it lies outside altogether.
  **INCONCLUSIVE**: it crosses the region's edge; "seeds needed" estimates how many seeds would decide. Each side of the
  interval errs with a probability of at most {alpha:g}.
- **NOT RUN**: there is no evidence to judge, for example because the full model does not beat the majority baseline, or
  because an arm that learnt nothing would support the claim, too.
- "Generalises over" says what the interval allows for: other seeds, other pre-trained models, other dev examples. A
  verdict over seeds alone is about this model and this dev set.
- The corrected verdict accounts for the claim's other tasks (Holm). "Holds on at least u of N tasks" counts corrected
  verdicts; the count is too high with a probability of at most {alpha:g}. A run on one task is not corrected.
- The paper's own rule is applied to the same scores; **disagrees** means that it gives another verdict than ours.
- "Paper's data show" is our rule's verdict on the figures that the paper published, for bert-base-uncased at the
  paper's own sparsity; – means that it published no figures for the claim.
- Collapsed runs ended in NaN or at the majority baseline. They are counted and stay in the means. A verdict that is
  not reached again with them set aside is INCONCLUSIVE. The interval beside a count is that of the share of all runs.
- MDE: the smallest distance from the region's edge that this number of seeds can be expected to detect."""
