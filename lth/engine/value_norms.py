"""How long the vectors are that heads add up: the weights of norm-based attention.

Kobayashi et al. 2020 ("Attention is Not Only a Weight", arXiv 2004.10102, section 2.3): a head's output for a token is
the sum over tokens j of attention to j times f(x_j) = (x_j W_V + b_V) W_O, so attention to a short f(x_j) has little
effect.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn

from lth.engine.gates import Layer, layers


@contextmanager
def value_norms(model: nn.Module, wanted: bool = True) -> Iterator[list[Tensor]]:
    """A list that each forward pass of `model` fills: for each layer the norms of f(x), float32 [batch, heads, tokens].

    It stays empty unless `wanted`. Raises ModelError for a model whose layers `lth.engine.gates.layers` does not know.
    """
    found: list[Tensor] = []
    with ExitStack() as hooks:
        if wanted:
            every = layers(model)
            found.extend([torch.empty(0)] * len(every))
            for at, layer in enumerate(every):
                hooks.enter_context(_filled(found, at, layer))
        yield found


@contextmanager
def _filled(found: list[Tensor], at: int, layer: Layer) -> Iterator[None]:
    fused = layer.projections[0].out_features == 3 * layer.projections[0].in_features
    value = layer.projections[0 if fused else 2]  # query, key and value are registered in this order

    def hook(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        values = output[..., -layer.heads * layer.head_size :].float().unflatten(-1, (layer.heads, layer.head_size))
        weight = layer.output.weight.float().unflatten(-1, (layer.heads, layer.head_size))
        added = torch.einsum("bths,dhs->bthd", values, weight)
        found[at] = added.norm(dim=-1).transpose(1, 2)

    handle = value.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()
