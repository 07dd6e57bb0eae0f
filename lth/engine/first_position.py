"""Leaves out what a classifier does not read: of the last layer's output it reads the first position only.

Works on the classifiers of LAYOUTS with eager attention; leaves other networks as they are. Knows no data or training.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from torch.nn.functional import dropout
from transformers.models.auto.modeling_auto import MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES as CLASSIFIERS

from lth.engine.prunable import base_model, layer_list

_BERT = ("attention.self", "query", "key", "value", None)
LAYOUTS: dict[str, tuple[str, str, str, str, str | None]] = {
    "bert": _BERT,
    "roberta": _BERT,
    "xlm-roberta": _BERT,
    "camembert": _BERT,
    "electra": _BERT,
    "distilbert": ("attention", "q_lin", "k_lin", "v_lin", "out_lin"),
}
"""By type of model: a layer's attention, its query, key and value, and its output if the attention itself applies it.

These classifiers read the first position only. A layer of theirs adds its input to the output of its attention, and
treats each position by itself in all that follows.
"""


@contextmanager
def first_position(network: nn.Module) -> Iterator[None]:
    """While this context is active, a classifier's last layer computes its first position only; the logits are equal.

    Keys and values are not computed either. With the first position's query q of a head, the score of token t is
    q · (K x_t + k) = (K' q) · x_t + q · k, and the head's output is the sum of p_t (V x_t + v) = V (sum of p_t x_t) +
    v (sum of p_t), where p_t is the attention to t. The term q · k is the same for all t, so softmax ignores it: the
    bias k gets no gradient, where the whole layer gives it the rounding of zero. All else is equal up to rounding.

    Dropout in this layer is drawn for the first position only. All networks of one architecture draw the same, so arms
    stay paired, but the stream is not that of the network outside this context.
    Hooks on maps of this layer get [batch, 1, width]. Keys and values are not called, so their hooks do not run.
    Contexts of one network must not be nested.
    """
    names = _layout(network)
    if names is None:
        yield
        return
    layer = layer_list(base_model(network))[1][-1]
    attention = layer.get_submodule(names[0])
    seen: list[Tensor] = []

    def narrow(module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        seen[:] = inputs[:1]
        return (inputs[0][:, :1], *inputs[1:])

    def attend(first: Tensor, attention_mask: Tensor | None = None, **_: Any) -> tuple[Tensor, None]:
        context = _context(attention, names[1:4], first, seen.pop(), attention_mask)
        return getattr(attention, names[4])(context) if names[4] else context, None

    handle = layer.register_forward_pre_hook(narrow)
    if hasattr(attention, names[1]):  # a layer that was shrunk may have no attention
        attention.forward = attend
    try:
        yield
    finally:
        handle.remove()
        vars(attention).pop("forward", None)


def _context(attention: Any, names: tuple[str, str, str], first: Tensor, states: Tensor, mask: Tensor | None) -> Tensor:
    """The heads' outputs, [batch, 1, heads * size], for the position `first`, [batch, 1, width], of all `states`.

    `states` is [batch, length, width], and `mask` is [batch, 1, length, length], added to scores.
    """
    query, key, value = (getattr(attention, name) for name in names)
    by_head = (-1, attention.attention_head_size)
    keys, values = (part.weight.unflatten(0, by_head) for part in (key, value))  # [heads, size, width]
    asked = query(first)[:, 0].unflatten(-1, by_head) * attention.scaling  # [batch, heads, size]
    scores = torch.einsum("bhs,hsw->bhw", asked, keys) @ states.transpose(1, 2)  # [batch, heads, length]
    if mask is not None:
        scores = scores + mask[:, :, 0]
    shares = dropout(scores.softmax(-1), attention.dropout.p, attention.training)
    context = torch.einsum("bhw,hsw->bhs", shares @ states, values)  # [batch, heads, size]
    if value.bias is not None:
        context = context + shares.sum(-1, keepdim=True) * value.bias.unflatten(0, by_head)
    return context.flatten(1)[:, None]


def _layout(network: nn.Module) -> tuple[str, str, str, str, str | None] | None:
    config: Any = network.config
    own = getattr(transformers, CLASSIFIERS.get(config.model_type, ""), None)
    whole = config._attn_implementation != "eager" or getattr(config, "is_decoder", False)
    if whole or config.chunk_size_feed_forward or type(network) is not own:
        return None
    return LAYOUTS.get(config.model_type)
