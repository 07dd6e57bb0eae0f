"""From decisions to the report document: the plain dictionary that everything in this package renders."""

from __future__ import annotations

import datetime
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from itertools import zip_longest
from pathlib import Path
from typing import Any

from lth.claims.arm import Arm
from lth.document.document import SCHEMA
from lth.document.structures import structures
from lth.document.transfers import transfers
from lth.evidence.decide import Decision, Evidence
from lth.spec.settings import Settings
from lth.tasks import get_task
from lth.verdict.samples import Sample, Scores

STARVED = 0.01
"""A ticket that keeps less than this share of a matrix is worth a warning: a pooler that was never trained, say."""

OUTCOMES = {True: "passed", False: "failed", None: "inconclusive"}


def build(
    decisions: Sequence[Decision],
    evidence: Evidence,
    settings: Settings,
    root: Path,
    published: Sequence[Decision | None] = (),
) -> dict[str, Any]:
    """The document of one run; `root` is the folder whose commit is recorded.

    `published` holds what the papers' own figures say of each claim, None where nothing; or it is empty.
    """
    return {
        "schema": SCHEMA,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": _commit(root),
        "environment": {
            "lth": version("lth"),
            "python": platform.python_version(),
            "torch": version("torch"),
            "transformers": version("transformers"),
            "machine": platform.machine(),
        },
        "options": {
            "task": ", ".join(task.name for task in settings.tasks),
            "model": settings.model.model,
            "data": settings.data,
            "evidence": settings.evidence,
            "protocol": settings.protocol.text,
            "schedule": settings.protocol.schedule,
            "prunable": settings.protocol.prunable,
            "sparsity": settings.protocol.sparsity,
            **(_training(settings) if settings.source == "measured" else {}),
            "alpha": settings.rule.alpha,
            "margin": settings.rule.margin,
            "method": settings.rule.method,
            "correction": settings.rule.correction,
        },
        "warnings": sorted({*_starved(decisions, evidence), *_fresh_heads(decisions, evidence)}),
        "claims": [
            _claim(decision, evidence, settings) | {"published": beside and _published(beside)}
            for decision, beside in zip_longest(decisions, published)
        ],
        "structures": structures(decisions, evidence, settings),
        "transfer": transfers(decisions, evidence, settings),
        "total_cost": dict(evidence.cost(_arms(decisions))),
    }


def outcome(decision: Decision, settings: Settings) -> str:
    """How the claim's test ends: passed, failed, xfailed, inconclusive or not run."""
    if decision.reason and decision.judgement is None:
        return "not run"
    known = divergence(decision, settings)
    return "xfailed" if known and decision.agrees is False else OUTCOMES[decision.agrees]


def divergence(decision: Decision, settings: Settings) -> str | None:
    """Why this model is known to contradict the paper on this claim and task, if it is."""
    return decision.declaration.claim.diverges.get(f"{settings.model.model}/{decision.declaration.task}")


def _claim(decision: Decision, evidence: Evidence, settings: Settings) -> dict[str, Any]:
    declaration = decision.declaration
    claim, effect, region = declaration.claim, declaration.assertion.effect, declaration.assertion.region
    judgement = decision.judgement
    rule = decision.paper_rule
    return {
        "id": claim.id,
        "row": declaration.row,
        "statement": declaration.statement,
        "paper": claim.paper,
        "task": declaration.task,
        "model": settings.model.model,
        "data": claim.paper if settings.evidence == "published" else settings.data,
        "source": settings.source,
        "metric": get_task(declaration.task).metric if declaration.full else "",
        "arms": {arm.name: _arm(arm, decision.scores[arm.id], evidence) for arm in declaration.arms if not arm.missing},
        "baseline": decision.baseline,
        "full_mean": decision.full_mean,
        "effect": {"label": effect.label, **asdict(judgement.interval)} if judgement else None,
        "unit": effect.unit,
        "region": {"low": region.low, "high": region.high},
        "verdict": str(decision.verdict),
        "adjusted_verdict": str(decision.adjusted),
        "p": {"support": judgement.p_support, "refute": judgement.p_refute} if judgement else None,
        "paper_verdict": claim.says,
        "paper_rule": None if rule is None else {"name": claim.rule, "verdict": "SUPPORTED" if rule else "REFUTED"},
        "mde": decision.mde,
        "seeds_needed": decision.seeds_needed,
        "degenerate": {str(arm): count for arm, count in decision.degenerate.items()},
        "outcome": outcome(decision, settings),
        "reason": decision.reason or divergence(decision, settings) or "",
        "cost": {name: round(number, 9) for name, number in decision.cost.items()},
    }


def _published(decision: Decision) -> dict[str, Any]:
    """What the papers' own figures say of a claim: its verdict before any correction, and what it rests on."""
    effect, judgement = decision.declaration.assertion.effect, decision.judgement
    return {
        "verdict": str(decision.verdict),
        "effect": {"label": effect.label, **asdict(judgement.interval)} if judgement else None,
        "reason": decision.reason,
        "data": decision.declaration.claim.paper,
    }


def _training(settings: Settings) -> dict[str, Any]:
    return {
        "seeds": ", ".join(map(str, settings.seeds)),
        "searched on": _searched(settings),
        **_recipes(settings),
    }


def _recipes(settings: Settings) -> dict[str, Any]:
    """What all tasks' recipes have in common, and by task what they do not."""
    each = {task.name: asdict(settings.protocol.recipe_for(task)) for task in (*settings.tasks, *settings.sources)}
    first, *others = each.values()
    common = {name: value for name, value in first.items() if all(other[name] == value for other in others)}
    own = {task: {name: recipe[name] for name in recipe.keys() - common.keys()} for task, recipe in each.items()}
    return {"recipe": common} | ({"recipe by task": own} if len(common) < len(first) else {})


def _arm(arm: Arm, scores: Scores, evidence: Evidence) -> dict[str, Any]:
    about: dict[str, Any] = {"treatment": arm.id.treatment, "sparsity": arm.id.sparsity, "quantity": arm.quantity}
    if isinstance(scores, Sample):
        about |= {"seeds": list(scores.seeds), "scores": list(scores.scores)}
    else:
        about |= asdict(scores)
    densities, kept = evidence.densities(arm), evidence.kept_parameters(arm)
    about |= {"densities": densities} if densities else {}
    return about | ({} if kept is None else {"kept_parameters": kept})


def _starved(decisions: Sequence[Decision], evidence: Evidence) -> Iterable[str]:
    """One line for each arm with a weight mask that leaves next to nothing of a matrix."""
    for decision in decisions:
        for arm in _scored(decision):
            densities = evidence.densities(arm)
            starved = {matrix: share for matrix, share in densities.items() if share < STARVED}
            if starved and "heads" not in densities:
                matrix, share = min(starved.items(), key=lambda item: item[1])
                others = f" and under {STARVED:.0%} of {len(starved) - 1} more" if len(starved) > 1 else ""
                yield f"{decision.declaration.task} {arm.name} keeps only {share:.2%} of {matrix}{others}"


def _fresh_heads(decisions: Sequence[Decision], evidence: Evidence) -> Iterable[str]:
    """One line for a task whose head, although pre-training had one like it, does not come with the model."""
    fulls = {decision.declaration.full for decision in decisions if decision.declaration.full}
    for full in fulls:
        if any(evidence.details(experiment).get("fresh_head") for experiment in full.experiments):
            yield f"{full.task}: the model has no head for masked words; a new one, tied to its embeddings, is trained"


def _scored(decision: Decision) -> list[Arm]:
    """The claim's arms that stand for scores, and were measured."""
    return [arm for arm in decision.declaration.arms if arm.quantity == "score" and not arm.missing]


def _arms(decisions: Sequence[Decision]) -> tuple[Arm, ...]:
    return tuple(arm for decision in decisions for arm in decision.declaration.arms if not arm.missing)


def _searched(settings: Settings) -> str:
    search = settings.protocol.search
    return "dev, as the paper does" if search.on == "dev" else f"{search.examples} examples held out from training"


def _commit(root: Path) -> str | None:
    """The commit checked out at `root`, with + if files differ from it; None outside a git checkout."""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip() or None
    except (OSError, subprocess.SubprocessError):
        return None
