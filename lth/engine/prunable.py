"""Finds the prunable matrices of a network by its structure; it knows no architecture by name.

Works on modules and their shapes; knows nothing of masks or training.
"""

from __future__ import annotations

from typing import Any

from torch import nn
from transformers.models.auto import modeling_auto

from lth.errors import ModelError, UsageError

SETS = ("encoder", "paper")
EXAMPLES = "bert, roberta, distilbert, electra, deberta-v2 or modernbert"


def prunable(model: nn.Module, which: str = "encoder") -> dict[str, nn.Parameter]:
    """Names and weights [out, in] of the prunable matrices, in the order in which the layers register them.

    "encoder" is every `nn.Linear` in the encoder's layers: query, key, value, attention output, intermediate and
    output, 72 matrices in BERT-base. It includes DeBERTa's projections of relative positions; a fused matrix
    (ModernBERT's query, key and value) counts as one. "paper" adds the pooler, which makes the 73 of Chen et al. 2020
    (section 3). If the base model has no pooler (ELECTRA, DistilBERT, DeBERTa, ModernBERT, RoBERTa with a
    classification head), "paper" is the same as "encoder". Biases, embeddings, convolutions, LayerNorms and the task
    head are not prunable. Names are relative to the base model ("encoder.layer.0.attention.self.query.weight"), so a
    mask fits every head.
    Raises ModelError for an architecture without such layers and UsageError for another `which`.
    """
    if which not in SETS:
        raise UsageError(f"prunable set {which!r}; expected one of: {', '.join(SETS)}; give --claims-prunable=encoder")
    base = base_model(model)
    prefix, layers = layer_list(base)
    found = _linear_weights(prefix, layers)
    if not found:
        raise _unsupported(base, "its layers have no torch.nn.Linear")
    pooler = getattr(base, "pooler", None)
    if which == "paper" and isinstance(pooler, nn.Module):
        found |= _linear_weights("pooler", pooler)
    return found


def base_model(model: nn.Module) -> nn.Module:
    """The network without its task head (transformers' `base_model`). Raises ModelError if `model` has none."""
    base = getattr(model, "base_model", None)
    if not isinstance(base, nn.Module) or not hasattr(base, "config"):
        raise _unsupported(model, "it is not a transformers model")
    return base


def layer_list(base: nn.Module) -> tuple[str, nn.ModuleList]:
    """Name and modules of the outermost list that has as many modules as the config has layers.

    Raises ModelError if there is no such list, if several of them have linear maps, if the network does not read text
    (a CNN), and if it has a decoder or is one.
    """
    config: Any = base.config
    if getattr(config, "is_encoder_decoder", False):
        raise _unsupported(base, "it has a decoder")
    if getattr(config, "vocab_size", None) is None:
        raise _unsupported(base, "it does not read text")
    count = getattr(config, "num_hidden_layers", None)
    lists: dict[str, nn.ModuleList] = {}
    for name, module in base.named_modules():
        inside = any(name.startswith(f"{outer}.") for outer in lists)
        if isinstance(module, nn.ModuleList) and len(module) == count and not inside:
            lists[name] = module
    if not lists:
        raise _unsupported(base, f"it has no list of {count} layers")
    with_maps = [name for name, layers in lists.items() if _linear_weights(name, layers)]
    if len(with_maps) > 1:
        raise _unsupported(base, f"its layers are spread over {' and '.join(with_maps)}")
    name = (with_maps or list(lists))[0]
    if any(getattr(part, "is_causal", False) for part in lists[name].modules()) or _writes(config.model_type):
        raise _unsupported(base, "it is a decoder: tokens attend only to earlier tokens")
    return name, lists[name]


def _linear_weights(prefix: str, module: nn.Module) -> dict[str, nn.Parameter]:
    return {
        f"{name}.weight": part.get_parameter("weight")
        for name, part in module.named_modules(prefix=prefix)
        if isinstance(part, nn.Linear)
    }


def _writes(kind: str) -> bool:
    """Whether transformers uses this type of model to continue a text and not to fill in masks."""
    fills_in = kind in modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES
    return kind in modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and not fills_in


def _unsupported(model: nn.Module, reason: str) -> ModelError:
    return ModelError(
        f"cannot find the prunable matrices of {type(model).__name__}: {reason}; expected a BERT-like encoder with one "
        f"module per layer; use for example {EXAMPLES}"
    )
