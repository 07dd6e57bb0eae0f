"""A report document whose every number is made up here, so that a test can say what a view must show."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lth.document.files import from_json
from lth.document.rows import ClaimRow, Document
from lth.verdict import Verdict
from tests.report.made_up import changed

STATEMENTS = {
    ("chen-1", ""): "IMP finds winning tickets at non-trivial sparsity",
    ("chen-2a", ""): "IMP tickets beat random masks",
    ("chen-2b", ""): "IMP tickets beat re-initialised weights",
    ("chen-2c", ""): "IMP tickets beat weights shuffled between layers",
    ("chen-3", "5 %"): "rewinding notably helps",
    ("chen-3", "20 %"): "rewinding notably helps",
    ("chen-3", "50 %"): "rewinding notably helps",
    ("chen-4", ""): "IMP tickets match standard pruning",
}
# id and row -> effect label, estimate, low, high, region, verdict, what the paper says
OUTCOMES: dict[tuple[str, str], tuple[Any, ...]] = {
    ("chen-1", ""): ("imp@0.7 − full", 0.004, -0.009, 0.017, (-0.02, None), "SUPPORTED", True),
    ("chen-2a", ""): ("imp@0.7 − random@0.7", 0.453, 0.431, 0.475, (0.0, None), "SUPPORTED", True),
    ("chen-2b", ""): ("imp@0.7 − reinitialised@0.7", 0.4521, 0.44, 0.464, (0.0, None), "SUPPORTED", True),
    ("chen-2c", ""): ("imp@0.7 − shuffled@0.7", 0.39, 0.31, 0.47, (0.0, None), "SUPPORTED", True),
    ("chen-3", "5 %"): ("rewound 5%@0.7 − imp@0.7", -0.002, -0.014, 0.01, (0.02, None), "REFUTED", False),
    ("chen-3", "20 %"): ("rewound 20%@0.7 − imp@0.7", 0.011, -0.006, 0.028, (0.02, None), "INCONCLUSIVE", False),
    ("chen-3", "50 %"): ("rewound 50%@0.7 − imp@0.7", -0.031, -0.052, -0.01, (0.02, None), "REFUTED", False),
    ("chen-4", ""): ("imp@0.7 − standard@0.7", -0.044, -0.061, -0.027, (-0.02, None), "REFUTED", None),
}
MEANS = {"imp": 0.914, "random": 0.507, "reinitialised": 0.506, "shuffled": 0.558, "standard": 0.954}


def arm(treatment: str, sparsity: float, mean: float, spread: float = 0.02, n: int = 5) -> dict[str, Any]:
    scores = [round(mean + spread * (seed - (n - 1) / 2) / 2, 4) for seed in range(n)]
    return {"treatment": treatment, "sparsity": sparsity, "seeds": list(range(n)), "scores": scores}


def made_up_arms() -> dict[str, Any]:
    arms = {"full": arm("full", 0.0, 0.91)}
    for sparsity, drop in ((0.3, 0.0), (0.5, 0.005), (0.7, 0.0), (0.9, 0.24)):
        arms[f"imp@{sparsity}"] = arm("imp", sparsity, 0.914 - drop)
    for treatment in ("random", "reinitialised", "shuffled", "standard"):
        for sparsity, gain in ((0.5, 0.01), (0.7, 0.0)):
            arms[f"{treatment}@{sparsity}"] = arm(treatment, sparsity, MEANS[treatment] + gain)
    for at, gain in (("5%", -0.002), ("20%", 0.01), ("50%", -0.028)):
        arms[f"rewound {at}@0.7"] = arm("rewound", 0.7, 0.914 + gain)
    return arms


def made_up_claim(key: tuple[str, str], task: str) -> dict[str, Any]:
    label, estimate, low, high, region, verdict, paper = OUTCOMES[key]
    first, second = label.split(" − ")
    arms = made_up_arms()
    return {
        "id": key[0],
        "row": key[1],
        "statement": STATEMENTS[key],
        "paper": "chen2020",
        "task": task,
        "model": "lab",
        "data": "lab",
        "source": "measured",
        "metric": "accuracy",
        "arms": arms if key[0] == "chen-1" else {name: arms[name] for name in ("full", first, second)},
        "baseline": 0.5,
        "full_mean": 0.91,
        "effect": {"label": label, "estimate": estimate, "low": low, "high": high, "method": "paired t", "alpha": 0.05},
        "region": {"low": region[0], "high": region[1]},
        "verdict": verdict,
        "adjusted_verdict": verdict,
        "paper_verdict": paper,
        "paper_rule": None,
        "mde": 0.013,
        "seeds_needed": 12 if verdict == "INCONCLUSIVE" else None,
        "degenerate": {"random@0.7": 2} if key[0] == "chen-2a" else {},
        "outcome": "inconclusive" if verdict == "INCONCLUSIVE" else "passed",
        "reason": "",
        "cost": {"seconds": 12.5},
    }


@pytest.fixture
def build() -> Callable[..., Document]:
    """Build a document with the first `rows` claims for each of `tasks`."""

    def document(*tasks: str, rows: int = len(OUTCOMES)) -> Document:
        keys = list(OUTCOMES)[:rows]
        options = {"alpha": 0.05, "margin": 0.02, "task": ", ".join(tasks), "model": "lab", "seeds": "0, 1, 2, 3, 4"}
        made = {
            "schema": 1,
            "created": "2020-07-23T12:00:00+00:00",
            "commit": "0123abc",
            "environment": {"python": "3.11"},
            "options": options,
            "warnings": [],
            "claims": [made_up_claim(key, task) for task in tasks for key in keys],
        }
        return from_json(json.dumps(made))

    return document


@pytest.fixture
def not_run() -> Callable[..., ClaimRow]:
    """Turn a claim into one that was not run, for a reason."""

    def turned(claim: ClaimRow, reason: str = "the full model does not beat the majority baseline") -> ClaimRow:
        return changed(
            claim,
            interval=None,
            verdict=Verdict.NOT_RUN,
            adjusted_verdict=Verdict.NOT_RUN,
            mde=None,
            paper_rule=None,
            seeds_needed=None,
            collapsed=(),
            outcome="not run",
            reason=reason,
        )

    return turned
