"""The two searches of Prasanna et al. 2020 for the smallest subnetwork that keeps a share of a model's score.

Works on masks and two functions: one scores a mask, one measures the importance of its gates. No model, no data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import torch
from torch import Tensor

from lth.engine.importance import Importance
from lth.engine.masks import WeightMask, magnitude
from lth.errors import EngineError

MOST_REMOVED = 0.99
"""The share of weights that `m_prune` removes at most."""


@dataclass(frozen=True)
class Step:
    """One mask that was tried: its phase, how many elements of each kind it keeps, and its score."""

    phase: str  # "both", "heads" or "mlps" when gates are closed; "weights" when weights are removed
    kept: Mapping[str, int]  # of "heads" and "mlps", or of "weights"
    score: float
    passed: bool


@dataclass(frozen=True)
class Found:
    """The result of a search, and the steps to it."""

    mask: WeightMask
    score: float  # of `mask`
    full_score: float  # of the model before the search
    steps: tuple[Step, ...]
    reason: str | None = None  # why the search ended, unless it ended at a mask that failed


def s_prune(
    measure: Callable[[WeightMask], float],
    importance: Callable[[WeightMask], Importance],
    *,
    gates: Mapping[str, Tensor],
    share_kept: float = 0.9,
    alone: Literal["heads", "mlps"] | None = None,
) -> Found:
    """Close the least important gates until the score falls below `share_kept` × the score of `gates`.

    Prasanna et al. 2020, section 3. `gates` is {"heads": bool [layers, heads], "mlps": bool [layers]}, True = open.
    There are three phases. In "both" a step closes 10 % of all heads and one MLP; in "heads", 5 % of all heads; in
    "mlps", one MLP. The shares are of all heads of the model, open or closed, rounded down, at least one head (14 and 7
    of 144), as in the masks that the authors recorded. A phase ends with a step that does not pass, which is undone, or
    when no gate of its kind is open. `alone` leaves out the phases of other gates (appendix B).
    Each step ranks the open gates by their normalised importance under the last mask that passed; equal ones are closed
    in the order of their position. (The authors' code begins a phase with the importance under the failed mask.) A
    layer may lose all its gates, and so may the model: it then predicts the same for every example, which on WNLI is
    enough to pass (four of the authors' five masks for it are empty).
    A NaN score does not pass. If the score of `gates` is not a positive number (a correlation may be negative), no
    share of it can be kept: nothing is closed, and `Found.reason` says so.
    Raises EngineError for a `share_kept` outside (0, 1] and for an importance that is not finite.
    """
    _check_share_kept(share_kept)
    kept = {name: gates[name].clone() for name in ("heads", "mlps")}
    full = score = float(measure(kept))
    if not _can_lose(full):
        return Found(kept, full, full, (), _hopeless(full))
    heads = kept["heads"].numel()
    phases = {
        "both": {"heads": max(1, heads // 10), "mlps": 1},
        "heads": {"heads": max(1, heads // 20)},
        "mlps": {"mlps": 1},
    }
    steps: list[Step] = []
    ranks: Mapping[str, Tensor] | None = None  # of `kept`
    for phase, closing in phases.items():
        if alone not in (None, phase):
            continue
        while all(kept[kind].any() for kind in closing):
            ranks = ranks or _ranks(importance(kept))
            tried = {
                kind: _without_least(part, ranks[kind], closing[kind]) if kind in closing else part
                for kind, part in kept.items()
            }
            step = _step(phase, tried, float(measure(tried)), share_kept * full)
            steps.append(step)
            if not step.passed:
                break
            kept, score, ranks = tried, step.score, None
    left = any(part.any() for kind, part in kept.items() if alone in (None, kind))
    reason = None if left else f"every gate{f' of {alone}' if alone else ''} is closed, nothing is left to prune"
    return Found(kept, score, full, tuple(steps), reason)


def m_prune(
    weights: Mapping[str, Tensor],
    measure: Callable[[WeightMask], float],
    *,
    share_kept: float = 0.9,
    step: float = 0.1,
) -> Found:
    """Remove the smallest magnitudes of `weights` until the score falls below `share_kept` × the full model's score.

    Prasanna et al. 2020, section 3. Each step removes the share `step` of the remaining weights (rounded, at least
    one), over all matrices together; its mask is nested in the mask before. The paper's text says .1; in the authors'
    recorded runs each kept share is a power of .95. The result is the last mask that passed. Nothing is trained. The
    search also ends, with a `Found.reason`, if the next mask would remove more than 99 % of all weights. A NaN score
    does not pass. A full model whose score is not a positive number is not pruned, as in `s_prune`.
    Raises EngineError for a `share_kept` outside (0, 1] and for a NaN weight.
    """
    _check_share_kept(share_kept)
    kept = {name: torch.ones_like(weight, dtype=torch.bool) for name, weight in weights.items()}
    full = score = float(measure(kept))
    if not _can_lose(full):
        return Found(kept, full, full, (), _hopeless(full))
    total = left = sum(weight.numel() for weight in weights.values())
    steps: list[Step] = []
    reason = f"the next mask would remove more than {MOST_REMOVED} of all weights"
    while (sparsity := (total - left + max(1, round(step * left))) / total) <= MOST_REMOVED:
        tried = magnitude(weights, sparsity, within=kept)
        done = _step("weights", tried, float(measure(tried)), share_kept * full)
        steps.append(done)
        if not done.passed:
            return Found(kept, score, full, tuple(steps))
        kept, score, left = tried, done.score, done.kept["weights"]
    return Found(kept, score, full, tuple(steps), reason)


def _ranks(found: Importance) -> dict[str, Tensor]:
    for kind, values in (("heads", found.heads), ("MLPs", found.mlps)):
        if not values.isfinite().all():
            raise EngineError(
                f"an importance of the {kind} is NaN or infinite; expected numbers; check the loss of the model to "
                f"prune"
            )
    scaled = found.normalised()
    return {"heads": scaled.heads.cpu(), "mlps": scaled.mlps.cpu()}


def _without_least(part: Tensor, ranks: Tensor, count: int) -> Tensor:
    """`part` with its `count` least important open gates closed; with all closed if fewer are open."""
    flat = part.flatten().clone()
    open_gates = flat.nonzero().flatten()
    least = torch.argsort(ranks.flatten()[open_gates.cpu()], stable=True)[:count]
    flat[open_gates[least.to(flat.device)]] = False
    return flat.view(part.shape)


def _step(phase: str, tried: WeightMask, score: float, least: float) -> Step:
    kept = {kind: int(torch.count_nonzero(part)) for kind, part in tried.items()}
    return Step(phase, {"weights": sum(kept.values())} if phase == "weights" else kept, score, score >= least)


def _can_lose(full: float) -> bool:
    return isfinite(full) and full > 0


def _hopeless(full: float) -> str:
    return (
        f"the full model scores {full:.4g}, which is no positive number: no share of it can be kept, nothing was pruned"
    )


def _check_share_kept(share: float) -> None:
    if not 0 < share <= 1:
        raise EngineError(f"share of the score to keep: {share}; expected more than 0 and at most 1; give 0.9 for 90 %")
