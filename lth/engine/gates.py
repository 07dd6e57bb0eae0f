"""Puts one gate on each head and each MLP of any BERT-like encoder; a closed gate removes that part from the forward.

Works on modules and their shapes; it does not choose which gates to close.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lth.engine.masks import WeightMask
from lth.engine.prunable import EXAMPLES, base_model, layer_list
from lth.errors import EngineError, ModelError

GateMask = WeightMask
"""{"heads": bool [layers, heads], "mlps": bool [layers]}, True = open."""


@dataclass(frozen=True)
class Layer:
    """The linear maps of an encoder layer, and how its attention is divided into heads."""

    projections: tuple[nn.Linear, ...]  # hidden -> n * heads * head_size: query, key, value and perhaps more
    output: nn.Linear  # of attention, heads * head_size -> hidden
    intermediate: nn.Linear  # hidden -> branches * width
    contraction: nn.Linear  # width -> hidden
    heads: int
    head_size: int
    branches: int  # 1, or 2 if one half of the MLP gates the other (GLU)


def layers(model: nn.Module) -> tuple[Layer, ...]:
    """The encoder's layers, first to last, recognised by their structure.

    A layer must register its `nn.Linear` modules in the order of their use:

    1. Attention, all under one child of the layer. First query, key and value: three maps hidden -> hidden whose names
       begin with q, k and v, or one map hidden -> 3 hidden. Then any number of other projections hidden -> hidden
       (DeBERTa's relative positions). Then the output, hidden -> hidden.
    2. The MLP, under other children: one map to its width, or to twice its width (ModernBERT's GeGLU), and one back.

    bert, roberta, distilbert, electra, deberta-v2, modernbert and models built like them do so. Biases may be missing,
    and LayerNorms may be anywhere. Raises ModelError for anything else.
    """
    base = base_model(model)
    prefix, modules = layer_list(base)
    config: Any = base.config
    hidden, heads = getattr(config, "hidden_size", None), getattr(config, "num_attention_heads", None)
    if not isinstance(hidden, int) or not isinstance(heads, int) or hidden % heads:
        raise _unsupported(base, f"{heads} heads do not divide a width of {hidden}")
    return tuple(_layer(base, f"{prefix}.{at}", module, hidden, heads) for at, module in enumerate(modules))


def open_gates(model: nn.Module) -> GateMask:
    """A mask with all gates of the model open. Raises ModelError as `layers` does."""
    found = layers(model)
    return {
        "heads": torch.ones(len(found), found[0].heads, dtype=torch.bool),
        "mlps": torch.ones(len(found), dtype=torch.bool),
    }


@contextmanager
def gated(model: nn.Module, heads: Tensor, mlps: Tensor) -> Iterator[None]:
    """While this context is active, forward passes of `model` are gated; the result is differentiable in the gates.

    `heads` is [layers, heads] or [batch, layers, heads] and `mlps` [layers] or [batch, layers], bool or float. A head's
    gate multiplies its slice of the context, the input of attention's output projection; an MLP's gate multiplies the
    output of its second linear map, bias included (Prasanna et al. 2020, section 3; heads: Michel et al. 2019, section
    2.3). Attention with all heads closed (exactly zero) passes its residual only: its output bias is dropped too. So
    does a closed MLP. With all gates at one nothing changes. LayerNorms stay.
    Raises EngineError for gates of other shapes and ModelError as `layers` does.
    """
    found = layers(model)
    _check(found, heads, mlps)
    with ExitStack() as stack:
        for at, layer in enumerate(found):
            by_head = heads[..., at, :].to(layer.output.weight)
            by_layer = mlps[..., at].to(layer.output.weight)
            stack.callback(layer.output.register_forward_pre_hook(_scale_heads(by_head, layer.head_size)).remove)
            stack.callback(layer.contraction.register_forward_hook(_scale_output(by_layer)).remove)
            without_heads = (by_head == 0).all(-1)
            if without_heads.any():
                passes = (~without_heads).to(layer.output.weight)
                stack.callback(layer.output.register_forward_hook(_scale_output(passes)).remove)
        yield


def _scale_heads(gates: Tensor, size: int) -> Callable[[nn.Module, tuple[Tensor]], tuple[Tensor]]:
    """A hook that multiplies an input [batch, length, heads * size] by `gates`, [heads] or [batch, heads]."""

    def hook(module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        (context,) = inputs
        gate = gates if gates.dim() == 1 else gates[:, None]
        return ((context.unflatten(-1, (-1, size)) * gate[..., None]).flatten(-2),)

    return hook


def _scale_output(gates: Tensor) -> Callable[[nn.Module, tuple[Tensor], Tensor], Tensor]:
    """A hook that multiplies an output [batch, length, hidden] by `gates`, a scalar or [batch]."""

    def hook(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor:
        return output * (gates if gates.dim() == 0 else gates[:, None, None])

    return hook


def _check(found: tuple[Layer, ...], heads: Tensor, mlps: Tensor) -> None:
    wanted = (len(found), found[0].heads)
    batches = (heads.shape[:-2], mlps.shape[:-1])
    if heads.shape[-2:] != wanted or mlps.shape[-1:] != wanted[:1] or batches[0] != batches[1] or len(batches[0]) > 1:
        raise EngineError(
            f"gates of heads are {tuple(heads.shape)} and of MLPs {tuple(mlps.shape)}; expected {wanted} and "
            f"{wanted[:1]}, or one more dimension first for a batch; use gates made for this architecture"
        )


def _layer(base: nn.Module, name: str, module: nn.Module, hidden: int, heads: int) -> Layer:
    linears = [(path, part) for path, part in module.named_modules() if isinstance(part, nn.Linear)]
    shapes = [(part.in_features, part.out_features) for _, part in linears]
    paths = [path for path, _ in linears]
    of_attention = sum(path.split(".")[0] == paths[0].split(".")[0] for path in paths)
    at_least = [(hidden, 3 * hidden)] if shapes[:1] == [(hidden, 3 * hidden)] else [(hidden, hidden)] * 3
    more = [(hidden, hidden)] * (of_attention - len(at_least))
    width = shapes[-1][0] if shapes else 0
    mlps = {branches: [(hidden, branches * width), (width, hidden)] for branches in (1, 2)}
    branches = next((number for number, mlp in mlps.items() if more and shapes == at_least + more + mlp), None)
    if branches is None:
        raise _unsupported(base, f"{name} maps {', '.join(f'{i} -> {o}' for i, o in shapes) or 'nothing linearly'}")
    projections = paths[: of_attention - 1]
    letters = {path.rpartition(".")[2][0] for path in projections[:3]}
    if len({path.rpartition(".")[0] for path in projections}) > 1 or (len(at_least) == 3 and letters != set("qkv")):
        raise _unsupported(base, f"{name} does not begin with query, key and value but {', '.join(projections)}")
    parts = [part for _, part in linears]
    return Layer(
        projections=tuple(parts[: of_attention - 1]),
        output=parts[of_attention - 1],
        intermediate=parts[-2],
        contraction=parts[-1],
        heads=heads,
        head_size=hidden // heads,
        branches=branches,
    )


def _unsupported(base: nn.Module, reason: str) -> ModelError:
    return ModelError(
        f"cannot put gates on {type(base).__name__}: {reason}; expected layers of query, key and value, attention "
        f"output and a two-layer MLP, each a torch.nn.Linear; use for example {EXAMPLES}"
    )
