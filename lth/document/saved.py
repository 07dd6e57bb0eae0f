"""A saved run as evidence: the scores in its JSON, to be judged again with another alpha, margin or correction.

Knows the report document and no rendering.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lth.claims.arm_id import ArmId
from lth.document.document import read_json
from lth.errors import EvidenceError
from lth.evidence.recorded import Figure, Recorded
from lth.verdict.samples import Sample, Scores, Summary

ABOUT = ("model", "data", "evidence", "seeds", "protocol", "schedule", "prunable", "sparsity")
CARRIED = ("structures", "transfer")
RULE = ("alpha", "margin", "method", "correction")


def read_saved(file: Path) -> Recorded:
    """The arms' scores of a run that was saved with --claims-json, under the rule it was judged by.

    Raises EvidenceError for a file that is not whole, for a run with --seeds=auto, and for scores that cannot be
    judged: it names claim and arm.
    """
    document = read_json(file)
    if document.get("sequential"):
        raise EvidenceError(
            f"{file}: its seeds were added while verdicts were open, each look with a part of alpha; expected a run of "
            f"fixed seeds, for judging these scores once more would err more often; run the claims with --seeds=N"
        )
    figures: dict[tuple[str, str, ArmId], Figure] = {}
    baselines: dict[str, float] = {}
    reasons: dict[tuple[str, str, str], str] = {}
    for number, claim in enumerate(document["claims"], start=1):
        paper, task = str(claim.get("paper")), str(claim["task"])
        if (baseline := claim.get("baseline")) is not None:
            baselines[task] = float(baseline)
        if claim["verdict"] == "NOT RUN":
            reasons[str(claim["id"]), str(claim["row"]), task] = str(claim.get("reason", ""))
        for name, arm in claim["arms"].items():
            place = f"{file}: claim {number} ({claim['id']} on {task}), arm {name}"
            figures.setdefault((paper, task, ArmId.parse(name)), _figure(arm, place))
    options: Mapping[str, Any] = document.get("options", {})
    about = {name: options[name] for name in (*ABOUT, *RULE) if options.get(name) not in (None, "")}
    about = {"model": "", "data": "", "evidence": "measured", "protocol": "paper"} | about
    carried = {name: document[name] for name in CARRIED if name in document}
    return Recorded(str(file), figures, baselines, about, reasons=reasons, carried=carried)


def _figure(arm: Any, place: str) -> Figure:
    try:
        if "scores" in arm:
            numbers = tuple(math.nan if score is None else float(score) for score in arm["scores"])
            scores: Scores = Sample(tuple(int(seed) for seed in arm["seeds"]), numbers)
        else:
            scores = Summary(float(arm["mean"]), float(arm["std"]), int(arm["n"]))
    except (KeyError, TypeError, ValueError, EvidenceError) as error:
        raise EvidenceError(f"{place}: {error}; expected seeds and scores, or mean, std and n; run it again") from error
    kept, densities = arm.get("kept_parameters"), arm.get("densities") or {}
    return Figure(scores.mean, scores, kept, densities)
