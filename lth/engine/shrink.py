"""Cuts closed gates out of a model to make it physically smaller; saves and loads that model, or exports it as ONNX.

Works on models and gate masks; it does not choose which gates to close. `sizes` measures the gain.
"""

from __future__ import annotations

import copy
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSequenceClassification

from lth.engine import masks
from lth.engine.gates import GateMask, Layer, gated, layers, open_gates
from lth.engine.prunable import base_model, layer_list
from lth.errors import DataError, EngineError, ModelError, UsageError, reason

SAME = 0.02
"""States of a trial layer count as the same if their mean difference is below this share of their standard deviation.
Our choice: more than rounding in half precision, and far less than the effect of heads cut in the wrong places."""

CONFIG, GATES, WEIGHTS = "config.json", "gates.safetensors", "model.safetensors"


class Nothing(nn.Module):
    """Replaces a linear map whose result is zero: input [..., any] to zeros [..., width].

    A width of 1 is enough, because addition to a residual broadcasts it.
    """

    def __init__(self, width: int = 1) -> None:
        super().__init__()
        self.width = width

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs.new_zeros(*inputs.shape[:-1], self.width)


class NoAttention(nn.Module):
    """Replaces the attention of a layer without heads: returns zeros and no attention weights, and ignores the rest."""

    def forward(self, hidden_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, None]:
        return hidden_states.new_zeros(*hidden_states.shape[:-1], 1), None


def shrink_(model: nn.Module, gates: GateMask) -> None:
    """Cut closed gates out of `model` in place; it then gives the logits of the gated model.

    The projections of attention (query, key, value, and DeBERTa's relative positions) lose the rows of closed heads;
    attention's output projection loses their columns. If a layer has no open head, or a closed MLP, these matrices and
    their biases are removed, and the residual is passed on. All LayerNorms stay: after the sum (BERT) they still
    matter; before a removed part (ModernBERT) they do nothing. The config stays that of the full model; `save` and
    `load` keep the gates beside it. The shrunk model can be trained with a new optimizer. A layer without heads returns
    no attention maps.
    The structure of a model does not show whether its class can compute with narrower projections. This is therefore
    tried first, on one layer of random weights.
    Raises ModelError for a class that cannot, for a model that is already shrunk, and as `layers` does; EngineError for
    gates that are not bool [layers, heads] and [layers]. Nothing is changed then.
    """
    _check(gates, open_gates(model))
    _try_on_one_layer(base_model(model))
    _cut(model, gates)


def save(model: nn.Module, gates: GateMask, folder: Path, tokenizer: Any = None) -> None:
    """Write a classifier that was shrunk by `gates`: config.json, gates.safetensors, model.safetensors, the tokenizer.

    The folder is made if it does not exist. Only `load` can read it; transformers would build a full model.
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

    Raises DataError if the file of gates is missing or holds none, and ModelError if config or weights are missing,
    corrupt or do not fit each other.
    """
    if not (folder / GATES).is_file():
        raise DataError(f"{folder} has no {GATES}; expected a folder with a shrunk model; make one with lth shrink")
    gates = masks.load(folder / GATES)
    try:
        config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False)
        with torch.random.fork_rng():
            model = AutoModelForSequenceClassification.from_config(
                config, attn_implementation="eager", trust_remote_code=False
            )
        shrink_(model, gates)
        model.load_state_dict(load_file(folder / WEIGHTS))
    except ModelError:
        raise
    except Exception as cause:  # which errors transformers raises depends on its release and on the fault
        raise ModelError(
            f"cannot load a shrunk model from {folder} ({reason(cause)}); expected {CONFIG}, {GATES} and {WEIGHTS} "
            f"written together; shrink the full model again"
        ) from cause
    assert isinstance(model, nn.Module)
    return model.eval()


def export_onnx(model: nn.Module, path: Path) -> None:
    """Write a classifier as ONNX: int64 input_ids and attention_mask, both [batch, length], to logits [batch, outputs].

    Batch and length are free. Token types are all zero. The weights are written to `path` + ".data". `model` is left in
    evaluation mode.
    Raises UsageError if the extra packages are not installed.
    """
    try:
        for package in ("onnx", "onnxscript"):
            import_module(package)
    except ImportError as cause:
        raise UsageError(
            f"ONNX export needs the package {cause.name!r}; expected the extra lth[onnx]; run pip install 'lth[onnx]'"
        ) from cause
    place = next(model.parameters()).device
    inputs = {name: torch.ones(2, 16, dtype=torch.long, device=place) for name in ("input_ids", "attention_mask")}
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
    """A classifier that takes two tensors and returns one."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        logits: Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def _try_on_one_layer(base: nn.Module) -> None:
    """Shrink copies with one layer, by one head and by all gates, and compare. Parameters are shared, not copied."""
    trial = _copy(base).eval()
    name, modules = layer_list(trial)
    trial.set_submodule(name, modules[:1])
    config: Any = trial.config
    config.num_hidden_layers = 1
    stream = torch.Generator().manual_seed(0)
    for part in modules[0].modules():
        if isinstance(part, nn.Linear):  # sharp attention, so heads differ
            drawn = torch.randn(part.weight.shape, generator=stream) * 3 / part.in_features**0.5
            part.weight = nn.Parameter(drawn.to(part.weight))
    ids = torch.randint(config.vocab_size, (2, 8), generator=stream).to(next(base.parameters()).device)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    some = open_gates(trial)
    some["heads"][0, 0] = False
    none = {kind: torch.zeros_like(part) for kind, part in some.items()}
    for gates in (some, none):
        shrunk = _copy(trial)
        try:
            _cut(shrunk, gates)
            with torch.no_grad(), gated(trial, gates["heads"], gates["mlps"]):
                expected, found = trial(**inputs)[0], shrunk(**inputs)[0]
        except (RuntimeError, ValueError, TypeError, AttributeError, IndexError) as cause:
            raise _unshrinkable(base, " ".join(str(cause).split())[:200]) from cause
        if not (found - expected).abs().mean() <= SAME * expected.std():
            raise _unshrinkable(base, "its smaller layers give other states than its gated ones")


def _copy(network: nn.Module) -> nn.Module:
    """A copy with new modules that share the parameters of `network`."""
    copied: nn.Module = copy.deepcopy(network, {id(parameter): parameter for parameter in network.parameters()})
    return copied


def _unshrinkable(base: nn.Module, why: str) -> ModelError:
    return ModelError(
        f"{type(base).__name__} cannot be made smaller ({why}); expected a class that computes with narrower "
        f"attention projections; keep it whole and use its gates"
    )


def _cut(model: nn.Module, gates: GateMask) -> None:
    names = {part: name for name, part in model.named_modules()}
    for at, layer in enumerate(layers(model)):
        heads = gates["heads"][at].cpu()
        attention = names[layer.projections[0]].rpartition(".")[0]
        if not heads.any():
            _without_attention(model, attention, names[layer.output])
        elif not heads.all():
            columns = heads.repeat_interleave(layer.head_size)
            for projection in layer.projections:
                _keep_outputs(projection, columns.repeat(projection.out_features // len(columns)).nonzero().flatten())
            _keep_inputs(layer.output, columns.nonzero().flatten())
            _set_head_count(model.get_submodule(attention), layer, int(heads.sum()))
        if not gates["mlps"][at]:
            model.set_submodule(names[layer.intermediate], Nothing(layer.branches))
            model.set_submodule(names[layer.contraction], Nothing())


def _without_attention(model: nn.Module, attention: str, output: str) -> None:
    """Replace the attention module, and the output projection too if it is outside that module."""
    model.set_submodule(attention, NoAttention())
    if not output.startswith(f"{attention}."):
        model.set_submodule(output, Nothing())


def _set_head_count(attention: nn.Module, layer: Layer, kept: int) -> None:
    """Set the module's attributes that store the number of heads or their total width."""
    for name, value in vars(attention).items():
        if "heads" in name and value == layer.heads:
            setattr(attention, name, kept)
        elif name == "all_head_size":
            setattr(attention, name, kept * layer.head_size)


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
