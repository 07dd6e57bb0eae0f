"""Loads a network with a head by the model's name: the lab's checkpoint, a folder or a hub id.

Also carries the encoder's weights and masks from one head to another, with or without a pooler.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers.utils import logging

from lth.engine.prunable import base_model
from lth.engine.streams import global_stream
from lth.errors import EngineError, ModelError
from lth.lab import CHECKPOINT
from lth.spec.expressions import Pretrained, Recipe

CLASSIFIER, SPAN_FINDER, WORD_FILLER = (
    f"AutoModelFor{head}" for head in ("SequenceClassification", "QuestionAnswering", "MaskedLM")
)
POOLER = "pooler."
"""Prefix of the pooler's names. The pooler is the one part of the base model that some heads have and others lack."""


def source(start: Pretrained) -> dict[str, str]:
    """The arguments with which `from_pretrained` finds exactly the weights that the fingerprint names."""
    if start.model == "lab":
        return {"pretrained_model_name_or_path": str(CHECKPOINT)}
    if Path(start.model).is_dir():
        return {"pretrained_model_name_or_path": start.model}
    return {"pretrained_model_name_or_path": start.model, "revision": start.fingerprint}


@lru_cache(maxsize=2)
def load_tokenizer(start: Pretrained) -> Any:
    """The model's tokenizer. Raises ModelError if it cannot be loaded."""
    try:
        return transformers.AutoTokenizer.from_pretrained(**source(start))
    except (OSError, ValueError) as cause:
        raise _unusable(start, "tokenizer", cause) from cause


def load_model(start: Pretrained, outputs: int, seed: int, auto: str = CLASSIFIER) -> nn.Module:
    """A network with a head of `outputs` outputs; new parameters (usually the head) depend on `seed` only.

    `auto` is the transformers class with the head. The head for masked words has one output for each token of the
    vocabulary, and is not new if the model's files contain it. Attention is eager, which is faster for small models on
    the CPU. Raises ModelError if the model cannot be loaded.
    """
    return _load(start, outputs, seed, auto)[0]


@lru_cache(maxsize=4)
def fresh_head(start: Pretrained, auto: str) -> bool:
    """Whether the model's files lack parameters of the head; these are drawn with the seed."""
    network, missing = _load(start, 2, 0, auto)
    prefix = f"{network.base_model_prefix}."
    return any(not name.startswith(prefix) for name in missing)


def _load(start: Pretrained, outputs: int, seed: int, auto: str) -> tuple[nn.Module, set[str]]:
    """The network, and the names of its parameters that are missing from the files."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with global_stream(seed, "head"):
        try:
            network, found = getattr(transformers, auto).from_pretrained(
                **source(start),
                num_labels=outputs,
                attn_implementation="eager",
                dtype=torch.float32,
                output_loading_info=True,
            )
        except (OSError, ValueError, SafetensorError) as cause:
            raise _unusable(start, "encoder", cause) from cause
    assert isinstance(network, nn.Module)
    return network, set(found["missing_keys"])


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


def _unusable(start: Pretrained, what: str, cause: Exception) -> ModelError:
    reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    return ModelError(
        f"the {what} of model {start.model!r} cannot be loaded ({reason}); expected a model for transformers; give "
        f"--model=lab, a hub id or a folder with config.json, tokenizer and weights"
    )
