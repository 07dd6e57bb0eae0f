"""Which matrices of a network can be pruned, read from its structure: no architecture is known here by name.

Knows modules and their shapes; masks and training are not its business.
"""

from __future__ import annotations

from torch import nn

from lth.errors import ModelError, UsageError

SETS = ("encoder", "paper")


def prunable(model: nn.Module, which: str = "encoder") -> dict[str, nn.Parameter]:
    """Names and weights [out, in] of the prunable matrices, in the order in which the layers register them.

    "encoder" is every `nn.Linear` inside the encoder's layers: query, key, value, attention output, intermediate and
    output, 72 matrices in BERT-base. "paper" adds the pooler's, which makes the 73 of Chen et al. 2020 (section 3);
    where the network has no pooler (ELECTRA, DistilBERT, RoBERTa under a classification head) it is the same as
    "encoder". Biases, embeddings, LayerNorms and the task head are never among them. Names are relative to the base
    model ("encoder.layer.0.attention.self.query.weight"), so a mask fits every head.
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
    """Name and modules of the outermost list with one module for each of the layers that the config announces.

    Raises ModelError if there is none or the network has a decoder.
    """
    config = base.config
    if getattr(config, "is_encoder_decoder", False):
        raise _unsupported(base, "it has a decoder")
    count = getattr(config, "num_hidden_layers", None)
    for name, module in base.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == count:
            return name, module
    raise _unsupported(base, f"it has no list of {count} layers")


def _linear_weights(prefix: str, module: nn.Module) -> dict[str, nn.Parameter]:
    return {
        f"{name}.weight": part.get_parameter("weight")
        for name, part in module.named_modules(prefix=prefix)
        if isinstance(part, nn.Linear)
    }


def _unsupported(model: nn.Module, reason: str) -> ModelError:
    return ModelError(
        f"cannot tell what is prunable in {type(model).__name__}: {reason}; expected a BERT-like encoder with one "
        f"module a layer; use for example bert, roberta, distilbert or electra"
    )
