"""Builds the document, which all views read, from decisions."""

from __future__ import annotations

import datetime
import platform
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from itertools import zip_longest
from pathlib import Path

from lth.claims.arm import Arm
from lth.claims.claim import Declaration
from lth.document.numbers import finite
from lth.document.rows import (
    ArmRow,
    ClaimRow,
    CollapsedRow,
    CostRow,
    Document,
    EffectRow,
    FamilyRow,
    IntervalRow,
    OptionsRow,
    PaperRuleRow,
    PublishedRow,
    PValues,
    RegionRow,
    Setting,
    StructureRow,
    Term,
)
from lth.document.structures import structures
from lth.document.transfers import transfers
from lth.evidence.decide import Decision, Evidence, families
from lth.spec.settings import Settings
from lth.tasks import get_task
from lth.verdict import Interval, Verdict
from lth.verdict.samples import Sample, Scores

STARVED = 0.01
"""A ticket that keeps less than this share of a matrix gets a warning. An example: a pooler that was never trained."""

OUTCOMES = {True: "passed", False: "failed", None: "inconclusive"}


def build(
    decisions: Sequence[Decision],
    evidence: Evidence,
    settings: Settings,
    root: Path,
    published: Sequence[Decision | None] = (),
) -> Document:
    """The document of one run; `root` is the folder whose commit is recorded.

    `published` is empty, or has for each claim the decision on the papers' own figures, or None.
    """
    found = structures(decisions, evidence, settings)
    return Document(
        claims=tuple(
            claim_row(decision, evidence, settings, beside) for decision, beside in zip_longest(decisions, published)
        ),
        families=_families(decisions),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        commit=_commit(root),
        environment={
            "lth": version("lth"),
            "python": platform.python_version(),
            **{package: _version(package) for package in ("torch", "transformers")},
            "machine": platform.machine(),
        },
        options=_options(settings),
        warnings=tuple(
            sorted({*_starved(decisions, evidence), *_fresh_heads(decisions, evidence), *_first_alone(found, settings)})
        ),
        structures=found,
        transfer=transfers(decisions, evidence, settings),
        total_cost=CostRow(**evidence.cost(_arms(decisions))),
    )


def outcome(decision: Decision, settings: Settings) -> str:
    """The outcome of the claim's test: passed, failed, xfailed, inconclusive or not run."""
    if decision.reason and decision.judgement is None:
        return "not run"
    known = divergence(decision, settings)
    return "xfailed" if known and decision.agrees is False else OUTCOMES[decision.agrees]


def divergence(decision: Decision, settings: Settings) -> str | None:
    """The reason why this model is known to contradict the paper on this claim and task, if so."""
    return decision.declaration.claim.diverges.get(f"{settings.model_text}/{decision.declaration.task}")


def claim_row(decision: Decision, evidence: Evidence, settings: Settings, beside: Decision | None) -> ClaimRow:
    """A claim's row of the document; `beside` is the decision on the papers' own figures, if they have any."""
    declaration, judgement, rule = decision.declaration, decision.judgement, decision.paper_rule
    claim = declaration.claim
    return ClaimRow(
        id=claim.id,
        row=declaration.row,
        statement=declaration.statement,
        paper=claim.paper,
        task=declaration.task,
        effect=effect_row(declaration, judgement.interval if judgement else None),
        verdict=decision.verdict,
        adjusted_verdict=decision.adjusted,
        outcome=outcome(decision, settings),
        over=_over(decision, settings),
        model=settings.model_text,
        data=claim.paper if settings.evidence == "published" else settings.data,
        source=settings.source,
        metric=get_task(declaration.task).metric if declaration.full else "",
        arms=tuple(_arm(arm, decision.scores[arm.id], evidence) for arm in declaration.arms if not arm.missing),
        baseline=finite(decision.baseline),
        full_mean=finite(decision.full_mean),
        p=PValues(judgement.p_support, judgement.p_refute) if judgement else None,
        paper_verdict=declaration.says,
        paper_rule=PaperRuleRow(claim.rule, Verdict.SUPPORTED if rule else Verdict.REFUTED)
        if claim.rule and rule is not None
        else None,
        mde=finite(decision.mde),
        seeds_needed=decision.seeds_needed,
        collapsed=tuple(
            CollapsedRow(arm, found.runs, found.n, round(found.low, 4), round(found.high, 4))
            for arm, found in decision.collapsed.items()
        ),
        reason=decision.reason or divergence(decision, settings) or "",
        cost=CostRow(**{name: round(number, 9) for name, number in decision.cost.items()}),
        published=_published(beside) if beside else None,
    )


def _over(decision: Decision, settings: Settings) -> str:
    """What the verdict generalises over; recorded figures may know only the paper's dev set."""
    recorded = settings.source == "recorded" and decision.over in ("seeds", "models")
    return f"{decision.over}, this dev set" if recorded else decision.over


def _families(decisions: Sequence[Decision]) -> tuple[FamilyRow, ...]:
    """A row for each claim that was declared on several tasks."""
    rows = []
    for (id, row), members in families(decisions).items():
        found = [decisions[at] for at in members]
        if len(found) > 1:
            counts = Counter(decision.adjusted for decision in found)
            judged = len(found) - counts[Verdict.NOT_RUN]
            numbers = judged, counts[Verdict.SUPPORTED], counts[Verdict.REFUTED]
            rows.append(FamilyRow(id, row, found[0].declaration.statement, len(found), *numbers))
    return tuple(rows)


def effect_row(declaration: Declaration, interval: Interval | None = None) -> EffectRow:
    """The number that the claim is about, with its interval if it was judged."""
    effect, region = declaration.assertion.effect, declaration.assertion.region
    return EffectRow(
        effect.label,
        effect.unit,
        RegionRow(finite(region.low), finite(region.high)),
        _interval(interval) if interval else None,
        tuple(Term(factor, arm.id) for factor, arm in effect.terms),
    )


def _interval(interval: Interval) -> IntervalRow:
    estimate, low, high = (finite(end) for end in (interval.estimate, interval.low, interval.high))
    return IntervalRow(interval.method, interval.alpha, estimate, low, high, interval.reason)


def _published(decision: Decision) -> PublishedRow:
    """The verdict on a claim from the papers' own figures, before any correction, with its interval or reason."""
    judgement = decision.judgement
    interval = _interval(judgement.interval) if judgement else None
    return PublishedRow(decision.verdict, decision.declaration.claim.paper, interval, decision.reason)


def _options(settings: Settings) -> OptionsRow:
    protocol, rule, measured = settings.protocol, settings.rule, settings.source == "measured"
    common, own = _recipes(settings) if measured else ({}, {})
    search = protocol.search
    held_out = f"{search.examples} examples held out from training"
    return OptionsRow(
        tasks=tuple(task.name for task in settings.tasks),
        model=settings.model_text,
        data=settings.data,
        evidence=settings.evidence,
        protocol=protocol.text,
        schedule=protocol.schedule,
        prunable=protocol.prunable,
        sparsity=protocol.sparsity,
        criterion=str(protocol.criterion or "magnitude"),
        seeds=settings.seeds if measured else (),
        searched_on=("dev, as the paper does" if search.on == "dev" else held_out) if measured else "",
        super_seeds=search.group if measured else None,
        recipe=common,
        recipe_by_task=own,
        alpha=rule.alpha,
        margin=rule.margin,
        method=rule.method,
        correction=rule.correction,
        shrink_variance=rule.shrink_variance,
    )


def _recipes(settings: Settings) -> tuple[dict[str, Setting], dict[str, dict[str, Setting]]]:
    """The settings that the recipes of all tasks share, and the others by task."""
    each = {task.name: asdict(settings.protocol.recipe_for(task)) for task in (*settings.tasks, *settings.sources)}
    first, *others = each.values()
    common = {name: value for name, value in first.items() if all(other[name] == value for other in others)}
    own = {task: {name: recipe[name] for name in recipe.keys() - common.keys()} for task, recipe in each.items()}
    return common, own if len(common) < len(first) else {}


def _arm(arm: Arm, scores: Scores, evidence: Evidence) -> ArmRow:
    densities, kept = evidence.densities(arm), evidence.kept_parameters(arm)
    if isinstance(scores, Sample):
        known = tuple(map(finite, scores.scores))
        return ArmRow(arm.id, scores.seeds, known, densities=densities, kept_parameters=kept, of=scores.of)
    return ArmRow(arm.id, mean=scores.mean, std=scores.std, n=scores.n, densities=densities, kept_parameters=kept)


def _starved(decisions: Sequence[Decision], evidence: Evidence) -> Iterable[str]:
    """One line for each arm with a weight mask that keeps almost nothing of a matrix."""
    for decision in decisions:
        for arm in _scored(decision):
            densities = evidence.densities(arm)
            starved = {matrix: share for matrix, share in densities.items() if share < STARVED}
            if starved and "heads" not in densities:
                matrix, share = min(starved.items(), key=lambda item: item[1])
                others = f" and under {STARVED:.0%} of {len(starved) - 1} more" if len(starved) > 1 else ""
                yield f"{decision.declaration.task} {arm.name} keeps only {share:.2%} of {matrix}{others}"


def _fresh_heads(decisions: Sequence[Decision], evidence: Evidence) -> Iterable[str]:
    """One line for each task whose head is missing from the model, although pre-training used such a head."""
    fulls = {decision.declaration.full for decision in decisions if decision.declaration.full}
    for full in fulls:
        if any(evidence.details(experiment).get("fresh_head") for experiment in full.experiments):
            yield f"{full.task}: the model has no head for masked words; a new one, tied to its embeddings, is trained"


def _first_alone(found: Sequence[StructureRow], settings: Settings) -> Iterable[str]:
    """One line if the run is on several models, because pictures of subnetworks are of the first."""
    if found and len(settings.models) > 1:
        yield f"the pictures and sizes of subnetworks are those of the first of {len(settings.models)} models alone"


def _scored(decision: Decision) -> list[Arm]:
    """The claim's arms that have scores."""
    return [arm for arm in decision.declaration.arms if arm.quantity == "score" and not arm.missing]


def _arms(decisions: Sequence[Decision]) -> tuple[Arm, ...]:
    return tuple(arm for decision in decisions for arm in decision.declaration.arms if not arm.missing)


def _version(package: str) -> str:
    """The version of a package that evidence can be judged without."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _commit(root: Path) -> str:
    """The commit checked out at `root`, with + if files differ from it; empty outside a git checkout."""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
