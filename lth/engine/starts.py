"""Starts of tickets that are computed, not stored: re-initialised weights, and weights shuffled between layers.

Changes a network's base model in place, never its task head. Torch's global generators keep their state.
"""

from __future__ import annotations

import re
from collections import defaultdict

import torch
from torch import Tensor, nn

from lth.engine.prunable import base_model, prunable
from lth.engine.streams import generator, global_stream
from lth.errors import EngineError


def reinitialise_(network: nn.Module, seed: int) -> None:
    """Re-initialise the whole base model by its own rule: embeddings, encoder and pooler, never the head.

    This is theta_0' of Chen et al. 2020; their code builds this network from its config, embeddings included.
    """
    base = base_model(network)
    with global_stream(seed, "reinitialised"):
        fresh = type(base)(base.config).state_dict()
    base.load_state_dict({name: fresh[name] for name in base.state_dict()})


def shuffle_(network: nn.Module, seed: int) -> None:
    """Exchange the prunable matrices of the layers by one random permutation; change nothing else.

    This is theta_0'' of Chen et al. 2020 as in their code: one permutation for all kinds of matrices; biases,
    LayerNorms, embeddings and the pooler stay. Only shapes must be equal. If layers differ in other ways (ModernBERT's
    first has no LayerNorm before it, and some attend to a window), matrices may move to layers of another kind. The
    permutation is not the identity, but single layers may stay in place. Raises EngineError for a network with one
    layer or with layers of unequal shapes.
    """
    kinds: dict[str, list[Tensor]] = defaultdict(list)
    for name, weight in prunable(network, "encoder").items():
        kinds[re.sub(r"\.\d+\.", ".*.", name, count=1)].append(weight.detach())
    layers = {len(weights) for weights in kinds.values()}
    uneven = [kind for kind, weights in kinds.items() if len({weight.shape for weight in weights}) > 1]
    if len(layers) > 1 or layers == {1} or uneven:
        what = f"layers of unequal shapes ({uneven[0]})" if uneven else f"matrices in {sorted(layers)} layers"
        raise EngineError(
            f"cannot shuffle {what}; expected two or more layers with matrices of the same shapes; leave out the "
            f"shuffled control for this model"
        )
    order = permutation(layers.pop(), seed)
    for weights in kinds.values():
        before = [weight.clone() for weight in weights]
        for target, source in zip(weights, order, strict=True):
            target.copy_(before[source])


def permutation(layers: int, seed: int) -> list[int]:
    """A random permutation of `layers` >= 2 layers that is not the identity: layer i receives the matrices of entry i.

    >>> permutation(2, seed=0)
    [1, 0]
    """
    stream = generator(seed, "shuffled")
    identity = list(range(layers))
    while (order := torch.randperm(layers, generator=stream).tolist()) == identity:
        pass
    return order
