"""What a mask keeps of each head, each MLP and each layer: the same numbers for masks of gates and of weights.

Works on a network and a mask; see lth.verdict.survival for what seeds have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lth.engine.gates import layers
from lth.engine.prunable import prunable
from lth.engine.subnetworks import is_gates


@dataclass(frozen=True)
class Kept:
    """Shares kept, float64: of the weights of heads [layers, heads], of MLPs [layers] and of whole layers [layers].

    All layers of a model have equally many weights, so the mean of `weights` is the share of the encoder's.
    """

    heads: Tensor
    mlps: Tensor
    weights: Tensor


def kept(mask: Mapping[str, Tensor], model: nn.Module) -> Kept:
    """What `mask` keeps of the matrices in the encoder's layers; a mask of gates keeps all weights of an open gate.

    A head has its rows of query, key and value (and further projections) and its columns of the attention output. The
    biases and the pooler do not count. Raises ModelError for a model whose layers `lth.engine.gates.layers` does not
    know.
    """
    every = layers(model)
    names = {id(weight): name for name, weight in prunable(model).items()}
    heads, mlps, sizes = [], [], []
    for at, layer in enumerate(every):
        shape = (layer.heads, layer.head_size)
        into = [part.weight for part in layer.projections]
        of_mlp = [layer.intermediate.weight, layer.contraction.weight]
        in_mlp = sum(weight.numel() for weight in of_mlp)
        in_heads = sum(weight.numel() for weight in (*into, layer.output.weight))
        sizes.append((in_heads, in_mlp))
        if is_gates(mask):
            heads.append(mask["heads"][at].double().cpu())
            mlps.append(mask["mlps"][at].double().cpu())
            continue
        bits = {id(weight): mask[names[id(weight)]].cpu() for weight in (*into, layer.output.weight, *of_mlp)}
        count = bits[id(layer.output.weight)].unflatten(1, shape).sum((0, 2))
        for weight in into:
            count = count + bits[id(weight)].unflatten(0, (-1, *shape)).sum((0, 2, 3))
        heads.append(count.double() * layer.heads / in_heads)
        mlps.append(torch.stack([bits[id(weight)].sum() for weight in of_mlp]).sum().double() / in_mlp)
    of_heads, of_mlps = torch.stack(heads), torch.stack(mlps)
    share = torch.tensor([in_heads / (in_heads + in_mlp) for in_heads, in_mlp in sizes], dtype=torch.float64)
    return Kept(of_heads, of_mlps, share * of_heads.mean(1) + (1 - share) * of_mlps)
