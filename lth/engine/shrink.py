"""From closed gates to a physically smaller model, and that model to and from a folder or ONNX.

Knows models and gate masks; which gates to close is not its business. What it gained is measured in `sizes`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lth.engine import masks
from lth.engine.gates import GateMask, Layer, layers, open_gates
from lth.engine.prunable import base_model
from lth.errors import DataError, EngineError, ModelError, UsageError

SHRINKABLE = ("bert", "roberta", "distilbert", "electra")
"""Kinds of models (`config.model_type`) whose attention tells the number of heads from its projections' width."""

CONFIG, GATES, WEIGHTS = "config.json", "gates.safetensors", "model.safetensors"


class Nothing(nn.Module):
    """In place of a linear map whose result is zero: input [..., any] to zeros [..., 1], which add to any residual."""

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs.new_zeros(*inputs.shape[:-1], 1)


class NoAttention(Nothing):
    """In place of a layer's attention that has no head left: zeros and no attention weights, whatever else is given."""

    def forward(self, hidden_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, None]:  # type: ignore[override]
        return super().forward(hidden_states), None


def shrink_(model: nn.Module, gates: GateMask) -> None:
    """Cut closed gates out of `model` in place; it then gives the logits of the gated model.

    Query, key and value lose the rows of closed heads and attention's output projection their columns. A layer without
    a head, or with a closed MLP, loses all these matrices and their biases and passes its residual to the LayerNorm,
    which stays. The config stays that of the full model: `save` and `load` keep the gates beside it. What is left can
    be trained; an optimizer must be made anew. A layer without heads gives no attention maps.
    Raises ModelError for a model that is not one of SHRINKABLE or is shrunk already, and EngineError for gates that
    are not bool [layers, heads] and [layers]; nothing is changed then.
    """
    kind = getattr(base_model(model).config, "model_type", None)
    if kind not in SHRINKABLE:
        raise ModelError(
            f"model of type {kind!r} cannot be made smaller; expected one of: {', '.join(SHRINKABLE)}; keep it whole "
            f"and use its gates"
        )
    found = layers(model)
    _check(gates, open_gates(model))
    names = {part: name for name, part in model.named_modules()}
    for at, layer in enumerate(found):
        heads = gates["heads"][at].cpu()
        if not heads.any():
            _without_attention(model, layer, names)
        elif not heads.all():
            rows = heads.repeat_interleave(layer.head_size).nonzero().flatten()
            for projection in (layer.query, layer.key, layer.value):
                _keep_outputs(projection, rows)
            _keep_inputs(layer.output, rows)
        if not gates["mlps"][at]:
            model.set_submodule(names[layer.intermediate], Nothing())
            model.set_submodule(names[layer.contraction], Nothing())


def save(model: nn.Module, gates: GateMask, folder: Path, tokenizer: Any = None) -> None:
    """Write a classifier that was shrunk by `gates`: config.json, gates.safetensors, model.safetensors, the tokenizer.

    The folder is made if it is not there. Only `load` builds the model again: transformers would build a full one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config: Any = base_model(model).config
    config.save_pretrained(folder)
    masks.save(gates, folder / GATES)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / WEIGHTS)
    if tokenizer is not None:
        tokenizer.save_pretrained(folder)


def load(folder: Path) -> nn.Module:
    """The sequence classifier that `save` wrote, on the CPU and in evaluation mode.

    Raises DataError where there are no gates or the file holds none, and ModelError where config or weights are
    missing, corrupt or do not fit each other.
    """
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig, AutoModelForSequenceClassification

    if not (folder / GATES).is_file():
        raise DataError(f"{folder} has no {GATES}; expected a folder with a shrunk model; make one with lth shrink")
    gates = masks.load(folder / GATES)
    try:
        config = AutoConfig.from_pretrained(str(folder))
        with torch.random.fork_rng():
            model = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager")
        shrink_(model, gates)
        model.load_state_dict(load_file(folder / WEIGHTS))
    except (EngineError, OSError, ValueError, RuntimeError, SafetensorError, StrictDataclassError) as cause:
        reason = " ".join(str(cause).split())[:200] or type(cause).__name__
        raise ModelError(
            f"{folder} holds no shrunk model that can be loaded ({reason}); expected {CONFIG}, {GATES} and {WEIGHTS} "
            f"written together; shrink the full model again"
        ) from cause
    assert isinstance(model, nn.Module)
    return model.eval()


def export_onnx(model: nn.Module, path: Path, *, length: int = 16) -> None:
    """Write a classifier as ONNX: int64 input_ids and attention_mask, both [batch, length], to logits [batch, outputs].

    Batch and length are free; `length` is only that of the example it is traced with. Token types are all zero. The
    weights stand in `path` with .data at its end. `model` is left in evaluation mode.
    Raises UsageError if the extra packages are not installed.
    """
    try:
        for package in ("onnx", "onnxscript"):
            import_module(package)
    except ImportError as cause:
        raise UsageError(
            f"ONNX export without the package {cause.name!r}; expected the extra lth[onnx]; run pip install 'lth[onnx]'"
        ) from cause
    place = next(model.parameters()).device
    inputs = {name: torch.ones(2, length, dtype=torch.long, device=place) for name in ("input_ids", "attention_mask")}
    free = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length")}
    torch.onnx.export(
        _Logits(model).eval(),
        tuple(inputs.values()),
        path,
        input_names=list(inputs),
        output_names=["logits"],
        dynamic_shapes=(free, free),
        dynamo=True,
        verbose=False,
    )


class _Logits(nn.Module):
    """A classifier with two tensors in and one out."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits: Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def _without_attention(model: nn.Module, layer: Layer, names: dict[nn.Module, str]) -> None:
    """The module of the projections goes, and the output projection with it or, where it stands beside it, after it."""
    attention = names[layer.query].rpartition(".")[0]
    model.set_submodule(attention, NoAttention())
    if not names[layer.output].startswith(f"{attention}."):
        model.set_submodule(names[layer.output], Nothing())


def _keep_outputs(linear: nn.Linear, rows: Tensor) -> None:
    linear.weight = _part(linear.weight, 0, rows)
    if linear.bias is not None:
        linear.bias = _part(linear.bias, 0, rows)
    linear.out_features = len(rows)


def _keep_inputs(linear: nn.Linear, columns: Tensor) -> None:
    linear.weight = _part(linear.weight, 1, columns)
    linear.in_features = len(columns)


def _part(parameter: Tensor, dim: int, kept: Tensor) -> nn.Parameter:
    return nn.Parameter(parameter.detach().index_select(dim, kept.to(parameter.device)), parameter.requires_grad)


def _check(gates: GateMask, wanted: GateMask) -> None:
    given = {name: (tuple(part.shape), part.dtype) for name, part in gates.items()}
    expected = {name: (tuple(part.shape), part.dtype) for name, part in wanted.items()}
    if given != expected:
        raise EngineError(
            f"gates are {_described(gates)}; expected {_described(wanted)}; use gates made for this architecture"
        )


def _described(gates: GateMask) -> str:
    return ", ".join(f"{name}: {str(part.dtype)[6:]} {list(part.shape)}" for name, part in gates.items()) or "none"
