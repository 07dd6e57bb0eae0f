"""Loads a network with a head by the model's name: the lab's checkpoint, a folder or a hub id.

Also carries the encoder's weights and masks from one head to another, with or without a pooler.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from transformers.utils import logging

from lth.engine.model_folder import place, unchanged
from lth.engine.prunable import base_model
from lth.engine.streams import global_stream
from lth.errors import EngineError, ModelError, reason
from lth.spec.expressions import Pretrained, Recipe

CLASSIFIER, SPAN_FINDER, WORD_FILLER = (
    f"AutoModelFor{head}" for head in ("SequenceClassification", "QuestionAnswering", "MaskedLM")
)
POOLER = "pooler."
"""Prefix of the pooler's names. The pooler is the one part of the base model that some heads have and others lack."""


@lru_cache(maxsize=8)
def load_tokenizer(start: Pretrained) -> Any:
    """The model's tokenizer. Raises ModelError if it cannot be loaded, or does not fit the model."""
    with _quiet(), unchanged(start):
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(**_source(start))
            rows = getattr(transformers.AutoConfig.from_pretrained(**_source(start)), "vocab_size", None)
            ids = tokenizer.get_vocab().values()
        except Exception as cause:  # which errors transformers raises depends on its release and on the fault
            raise _unusable(start, "tokenizer", reason(cause)) from cause
    if len(ids) <= len(tokenizer.all_special_ids):
        raise _unusable(start, "tokenizer", "it has no vocabulary")
    if rows and max(ids) >= rows:
        raise _unusable(start, "tokenizer", f"it has a token with the id {max(ids)}, but the model has {rows}")
    if tokenizer.pad_token_id is None:
        raise _unusable(start, "tokenizer", "it has no padding token")
    return tokenizer


def load_model(start: Pretrained, outputs: int, seed: int, auto: str = CLASSIFIER) -> nn.Module:
    """A network with a head of `outputs` outputs; new parameters (usually the head) depend on `seed` only.

    `auto` is the transformers class with the head. The head for masked words has one output for each token of the
    vocabulary, and is not new if the model's files contain it. Attention is eager, which is faster for small models on
    the CPU. Raises ModelError if the model cannot be loaded, if the encoder in its files is not the one that its config
    describes, and if a weight is not finite.
    """
    return _load(start, seed, auto, num_labels=outputs, dtype=torch.float32)[0]


def load_classifier(start: Pretrained) -> tuple[nn.Module, bool]:
    """The classifier with the outputs and precision of its files, and whether its head is new. Raises as `load_model`.

    A new head depends on nothing but its shape.
    """
    network, missing = _load(start, 0, CLASSIFIER)
    return network.eval(), bool(missing)


@lru_cache(maxsize=8)
def fresh_head(start: Pretrained, auto: str) -> bool:
    """Whether the model's files lack parameters of the head; these are drawn with the seed."""
    network, missing = _load(start, 0, auto, num_labels=2, dtype=torch.float32)
    prefix = f"{network.base_model_prefix}."
    return any(not name.startswith(prefix) for name in missing)


def _load(start: Pretrained, seed: int, auto: str, **options: Any) -> tuple[nn.Module, set[str]]:
    """The network, and the names of its parameters that are missing from the files."""
    with _quiet(), global_stream(seed, "head"), unchanged(start):
        try:
            network, found = getattr(transformers, auto).from_pretrained(
                **_source(start),
                use_safetensors=True,
                attn_implementation="eager",
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # they are reported, and refused below with their names
                **options,
            )
        except Exception as cause:  # which errors transformers raises depends on its release and on the fault
            raise _unusable(start, "encoder", reason(cause)) from cause
        assert isinstance(network, nn.Module)
        _own_memory_(network)
    if wrong := _misfit(network, found) or _not_finite(network):
        raise _unusable(start, "encoder", wrong)
    return network, set(found["missing_keys"])


def _source(start: Pretrained) -> dict[str, Any]:
    """The arguments with which `from_pretrained` finds exactly the files of the fingerprint, and runs no code."""
    folder = place(start)
    found = (
        {"pretrained_model_name_or_path": str(folder)}
        if folder
        else {"pretrained_model_name_or_path": start.model, "revision": start.fingerprint}
    )
    return found | {"trust_remote_code": False}


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the progress bars and warnings of transformers."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    yield


def _own_memory_(network: nn.Module) -> None:
    """Copy parameters and buffers, which may be views of the file: they would change with it."""
    for part in (*network.parameters(), *network.buffers()):
        part.data = part.data.clone()


def _misfit(network: nn.Module, found: Mapping[str, Any]) -> str | None:
    """What is wrong with the names and shapes of the weights in the files; a head, and a pooler, may be missing."""
    if other := sorted(found["mismatched_keys"]):
        name, given, wanted = other[0]
        return f"{len(other)} weights have another shape, such as {name}: {list(given)} instead of {list(wanted)}"
    prefix = f"{network.base_model_prefix}."
    parts = {name for name, _ in base_model(network).named_children()}

    def of_encoder(name: str) -> bool:
        own = name.removeprefix(prefix)
        return own.split(".")[0] in parts and not own.startswith(POOLER) and not own.endswith("position_ids")

    missing = sorted(name for name in found["missing_keys"] if name.startswith(prefix) and of_encoder(name))
    if missing:
        held = sorted(found["unexpected_keys"])
        others = f", and hold {len(held)} others, such as {held[0]}" if held else ""
        return f"the files lack {len(missing)} weights of the encoder, such as {missing[0]}{others}"
    if more := sorted(filter(of_encoder, found["unexpected_keys"])):
        return f"the files hold {len(more)} weights that the encoder has not, such as {more[0]}"
    return None


def _not_finite(network: nn.Module) -> str | None:
    bad = (name for name, part in network.named_parameters() if not part.isfinite().all())
    name = next(bad, None)
    return name and f"{name} has values that are infinite or not numbers"


def take_encoder_(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy the base model from the state dict of a network with another head; the head of `network` stays.

    If only one of the two has a pooler, the pooler is not copied.
    Raises EngineError if anything else of the base model is missing or has another shape.
    """
    base = base_model(network)
    prefix = f"{network.base_model_prefix}."
    own = base.state_dict()
    given = {name.removeprefix(prefix): part for name, part in weights.items() if name.startswith(prefix)}
    given = {name: part for name, part in given.items() if name in own or not name.startswith(POOLER)}
    strange = sorted(
        {name for name in own.keys() - given.keys() if not name.startswith(POOLER)}
        | {name for name, part in given.items() if name not in own or own[name].shape != part.shape}
    )
    if strange:
        raise EngineError(
            f"{strange[0]!r} is missing or of another shape in the stored weights or the network ({len(strange)} such "
            f"names); expected the same encoder; use weights of a run on this model"
        )
    base.load_state_dict(given, strict=False)


def mask_for(matrices: Mapping[str, Tensor], mask: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The part of a weight mask that applies to a network with another head, whose prunable matrices are `matrices`.

    Masks over the paper's set include the pooler. Networks that answer with spans or words have none, so the pooler's
    mask is dropped for them. Nothing else may differ; the caller that applies the mask checks this.
    """
    return {name: part for name, part in mask.items() if name in matrices or not name.startswith(POOLER)}


def mask_over(matrices: Mapping[str, Tensor], mask: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`mask_for`, but a pooler missing from the mask is kept whole; used to prune further within the mask."""
    fitting = mask_for(matrices, mask)
    return {
        name: fitting[name] if name in fitting else torch.ones_like(matrix, dtype=torch.bool)
        for name, matrix in matrices.items()
        if name in fitting or name.startswith(POOLER)
    } | {name: part for name, part in fitting.items() if name not in matrices}


def precision(recipe: Recipe, device: torch.device) -> AbstractContextManager[Any]:
    """The context for forward passes in the recipe's precision."""
    return torch.autocast(device.type, torch.bfloat16) if recipe.precision == "bf16" else nullcontext()


def _unusable(start: Pretrained, what: str, wrong: str) -> ModelError:
    return ModelError(
        f"the {what} of model {start.model!r} cannot be loaded ({wrong}); expected a model for transformers; give "
        f"--model=lab, a hub id or a folder with config.json, tokenizer and weights"
    )
