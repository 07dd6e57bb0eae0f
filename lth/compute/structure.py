"""Computes structured pruning: searches, subnetworks, their scores, and what is measured on them.

The numbers that claims need go into the entry's value as plain numbers: a verdict needs no tensors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict
from statistics import fmean
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save
from torch import Tensor, nn

from lth.compute.context import MASK, Context, Product
from lth.compute.materials import PREDICTIONS, baseline, examples, held_out, mask, network, objective, trained
from lth.engine import masks
from lth.engine.batches import Encoded
from lth.engine.gates import gated, open_gates
from lth.engine.importance import Importance, importance
from lth.engine.objectives import Predictions
from lth.engine.patterns import Pattern, shares
from lth.engine.prunable import prunable
from lth.engine.search import Found, m_prune, s_prune
from lth.engine.shrink import shrink_
from lth.engine.sizes import parameters, report
from lth.engine.streams import generator
from lth.engine.subnetworks import bad, is_gates, random_like, smallest, super_survivors
from lth.engine.survival import kept as kept_by
from lth.spec.expressions import FineTune
from lth.spec.subnetworks import (
    Agreement,
    Bad,
    Latency,
    Patterns,
    Pruned,
    Random,
    Smallest,
    Super,
    Survival,
    Survivors,
)
from lth.tasks import get_task, scores
from lth.tasks.contributions import contributions
from lth.verdict.agreement import cochran_q, fleiss_kappa, jaccard, kappa_over_seeds, pseudo_values
from lth.verdict.estimate import Unbounded
from lth.verdict.survival import spread_values, thirds

SEARCH_METRICS = {"stsb": ("pearson", "spearman")}
"""Tasks on which a search judges masks by the mean of several metrics, as in the code of Prasanna et al. 2020."""
LATENCY = {"batch": 8, "length": 64, "repeats": 15}


def survivors(experiment: Survivors, context: Context) -> Product:
    """Search a fine-tuned model for the smallest subnetwork that keeps its share of the score."""
    fit, store, device = experiment.of, context.store, context.device
    model, seen = trained(fit, store).to(device), _searched(experiment)
    value: dict[str, Any] = {"searched_on": experiment.on, "examples": len(seen)}
    if experiment.pruning == "structured":

        def rank(gates: Mapping[str, Tensor]) -> Importance:
            found = importance(model, seen, gates=dict(gates), objective=objective(fit.task), device=device)
            return found if experiment.norm == "all" else found.of_open(dict(gates))

        opened = open_gates(model)
        first = rank(opened)

        def rank_after(gates: Mapping[str, Tensor]) -> Importance:
            return first if all(part.all() for part in gates.values()) else rank(gates)

        def measure_gates(gates: Mapping[str, Tensor]) -> float:
            with gated(model, gates["heads"].to(device), gates["mlps"].to(device)):
                return _score(model, fit, seen, device)

        found = s_prune(
            measure_gates, rank_after, gates=opened, share_kept=experiment.share_kept, alone=experiment.alone
        )
        whole = first.normalised()
        value |= {"importance": {"heads": whole.heads.tolist(), "mlps": whole.mlps.tolist()}}
        value |= {"heads": found.mask["heads"].int().tolist(), "mlps": found.mask["mlps"].int().tolist()}
        value |= {"unimportant": float((whole.heads < whole.heads.max() / 2).float().mean())}
    else:
        weights = {name: weight.detach().clone() for name, weight in prunable(model, "encoder").items()}

        def measure_weights(kept: Mapping[str, Tensor]) -> float:
            _put(model, weights, kept)
            return _score(model, fit, seen, device)

        found = m_prune(weights, measure_weights, share_kept=experiment.share_kept, step=experiment.step)
    return value | _record(found, model), {MASK: masks.to_bytes(found.mask)}


def counterpart(experiment: Random | Bad | Smallest | Super, context: Context) -> Product:
    """Draw, select or intersect masks; of super-survivors, also record how much of the model they keep."""
    value: dict[str, Any] = {}
    match experiment:
        case Super(of=parts):
            made = super_survivors([mask(part, context.store) for part in parts])
            value = _sizes(made, network(parts[0].of, context.store))
        case Random(like=like, seed=seed):
            made = random_like(mask(like, context.store), generator(seed, "mask"))
        case Bad(of=good, seed=seed):
            made = bad(mask(good, context.store), generator(seed, "mask"))
        case Smallest(of=good):
            made = smallest(prunable(trained(good.of, context.store), "encoder"), mask(good, context.store))
    value |= {"sparsity": masks.sparsity(made), "densities": masks.densities(made)}
    return value, {MASK: masks.to_bytes(made)}


def pruned(experiment: Pruned, context: Context) -> Product:
    """Score a fine-tuned model under a mask, without more training."""
    fit, store, device = experiment.of, context.store, context.device
    task, recipe, kept = get_task(fit.task.name), fit.recipe, mask(experiment.mask, store)
    model = trained(fit, store)
    if not is_gates(kept):
        masks.apply_(prunable(model, "paper"), kept)
    sizes = _sizes(kept, model)
    model.to(device)
    dev = examples(fit.task, fit.start.pretrained, recipe.max_length, "dev", recipe.dev_examples)
    predictions, more = _predicted(model, fit, dev, device)
    answers = objective(fit.task).answers(dev)
    results = scores(task, predictions, answers) | dict(more)
    value: dict[str, Any] = {
        "score": results[task.metric],
        "scores": results,
        "majority": baseline(fit),
        "densities": masks.densities(kept),
        "kept_parameters": sizes["kept_parameters"],
    }
    if (by_example := contributions(task, predictions, answers)) is not None:
        value |= {"by_example": by_example}
    return value, {PREDICTIONS: save({"predictions": np.asarray(predictions)})}


def patterns(experiment: Patterns, context: Context) -> Product:
    """Classify the attention of each head of a fine-tuned model; count the kinds over all heads and over survivors."""
    fit, store, device = experiment.of, context.store, context.device
    model = (network if experiment.pretrained else trained)(fit, store).to(device)
    recipe, weighted = fit.recipe, bool(experiment.norm_weighted)
    dev = examples(fit.task, fit.start.pretrained, recipe.max_length, "dev", recipe.dev_examples)
    seen = shares(model, dev, device=device, limit=experiment.examples, norm_weighted=weighted)
    kept = mask(experiment.survivors, store)["heads"]
    all_heads, left = seen.shares_of(), seen.shares_of(kept)
    value = {
        "labels": [[str(label) for label in row] for row in seen.labels],
        "shares": {
            "all": {str(name): share for name, share in all_heads.items()},
            "survivors": {str(name): share for name, share in left.items()},
        },
        "heterogeneous_all": all_heads[Pattern.HETEROGENEOUS],
        "heterogeneous_survivors": left[Pattern.HETEROGENEOUS],
    }
    return value, {}


def survival(experiment: Survival, context: Context) -> Product:
    """What the masks of several seeds keep: one number for each seed, and of searches the share of unimportant parts.

    `later` is the share kept in the last third of the layers minus that in the first, `middle` that in the middle third
    minus that in the last. Where a number is NaN, `why_` and its name say why.
    """
    parts = experiment.of
    first = parts[0] if isinstance(parts[0], Survivors) else parts[0].of[0]
    model = network(first.of, context.store)
    found = [kept_by(mask(part, context.store), model) for part in parts]
    value: dict[str, Any] = {}
    for kind in ("heads", "mlps", "weights"):
        shares_kept = [getattr(each, kind).numpy() for each in found]
        by_third = [thirds(each) for each in shares_kept]
        spreads = spread_values([[each.mean()] if kind == "weights" else each.ravel() for each in shares_kept])
        value |= {
            f"kept_{kind}": [float(each.mean()) for each in shares_kept],
            f"later_{kind}": [last - first for first, _, last in by_third],
            f"middle_{kind}": [middle - last for _, middle, last in by_third],
            f"spread_{kind}": spreads,
        }
        if any(map(math.isnan, spreads)):
            value |= {f"why_spread_{kind}": f"{len(parts)} masks; expected at least 3 to estimate an error"}
        if any(map(math.isnan, value[f"middle_{kind}"])):
            value |= {f"why_middle_{kind}": f"a model of {len(shares_kept[0])} layers has no middle third"}
    if isinstance(parts[0], Survivors) and parts[0].pruning == "structured":
        searches = [context.store.read(part.key) or {} for part in parts]
        mlps = [torch.tensor(each["importance"]["mlps"]) for each in searches]
        value |= {"unimportant_mlps": [float((each < each.max() / 2).float().mean()) for each in mlps]}
    return value, {}


def latency(experiment: Latency, context: Context) -> Product:
    """Time the full and the shrunk model alternately, on the CPU."""
    full = network(experiment.of.of, context.store)
    small = deepcopy(full)
    shrink_(small, mask(experiment.of, context.store))
    sizes = report(full.eval(), small.eval(), **LATENCY)
    return {"speedup": sizes.speedup, "sizes": asdict(sizes)}, {}


def agreement(experiment: Agreement, context: Context) -> Product:
    """The agreement of masks for each kind of unit: kappa with its pseudo-values, Cochran's Q, Jaccard and chance.

    Where a number is NaN, `why_` and its name say why.
    """
    found = [mask(part, context.store) for part in experiment.of]
    gates = experiment.of[0].pruning == "structured"
    kinds = {name: [name] for name in ("heads", "mlps")} if gates else {"weights": list(found[0])}
    value: dict[str, Any] = {}
    for kind, names in kinds.items():
        ratings = np.stack([np.concatenate([part[name].numpy().ravel() for name in names]) for part in found])
        estimate, overlap, q = kappa_over_seeds(ratings), jaccard(ratings), cochran_q(ratings)
        kappa, known = fleiss_kappa(ratings), not isinstance(estimate, Unbounded)
        if isinstance(estimate, Unbounded):
            value |= {f"why_pseudo_{kind}": estimate.reason}
            value |= {f"why_kappa_{kind}": estimate.reason} if math.isnan(kappa) else {}
        value |= {
            f"kappa_{kind}": kappa,
            f"pseudo_{kind}": pseudo_values(ratings) if known else [math.nan] * len(found),
            f"cochran_{kind}": {"statistic": q.statistic, "p": q.p},
            f"jaccard_{kind}": {"mean": overlap.mean, "by_chance": overlap.by_chance},
        }
    return value, {}


def _searched(experiment: Survivors) -> Encoded:
    fit, count = experiment.of, experiment.examples
    model, recipe = fit.start.pretrained, fit.recipe
    if experiment.on == "dev":
        return examples(fit.task, model, recipe.max_length, "dev", recipe.dev_examples)
    assert count is not None
    return held_out(fit.task, model, recipe.max_length, recipe.train_examples, count)


def _predicted(
    model: nn.Module, fit: FineTune, seen: Encoded, device: str
) -> tuple[Predictions | list[str], Mapping[str, float]]:
    """The model's predictions, and the scores that they do not determine."""
    recipe, aim = fit.recipe, objective(fit.task)
    train = examples(fit.task, fit.start.pretrained, recipe.max_length, "train", recipe.train_examples)
    return aim.fitted(train).predict(model, seen, recipe, torch.device(device))


def _score(model: nn.Module, fit: FineTune, seen: Encoded, device: str) -> float:
    task = get_task(fit.task.name)
    predictions, more = _predicted(model, fit, seen, device)
    found = scores(task, predictions, objective(fit.task).answers(seen)) | dict(more)
    return fmean(found[metric] for metric in SEARCH_METRICS.get(task.name, (task.metric,)))


def _put(model: nn.Module, weights: Mapping[str, Tensor], kept: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in prunable(model, "paper").items():
            if name in kept:
                parameter.copy_(weights[name] * kept[name].to(parameter.device))


def _record(found: Found, model: nn.Module) -> dict[str, Any]:
    """The steps and the result of a search, and how many of the model's parameters the subnetwork keeps."""
    return {
        "sparsity": masks.sparsity(found.mask),
        "densities": masks.densities(found.mask),
        "score": found.score,
        "full_score": found.full_score,
        "steps": [asdict(step) for step in found.steps],
        "reason": found.reason,
    } | _sizes(found.mask, model)


def _sizes(kept: Mapping[str, Tensor], model: nn.Module) -> dict[str, Any]:
    """How many of the model's parameters a mask keeps; heads and MLPs that gates close are cut out of the model."""
    whole = parameters(model)
    if is_gates(kept):
        shrink_(model, dict(kept))
        left = parameters(model)
    else:
        left = whole - sum(int((~part).sum()) for part in kept.values())
    return {"parameters": {"full": whole, "kept": left}, "kept_parameters": left / whole}
