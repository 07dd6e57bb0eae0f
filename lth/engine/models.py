"""From a model's name to a network with a fresh head: the lab's checkpoint, a folder or a hub id."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn

from lth.engine.streams import global_stream
from lth.errors import ModelError
from lth.experiment.expressions import Pretrained
from lth.lab import CHECKPOINT


def _source(start: Pretrained) -> dict[str, str]:
    """What `from_pretrained` needs to find exactly the weights that the fingerprint names."""
    if start.model == "lab":
        return {"pretrained_model_name_or_path": str(CHECKPOINT)}
    if Path(start.model).is_dir():
        return {"pretrained_model_name_or_path": start.model}
    return {"pretrained_model_name_or_path": start.model, "revision": start.fingerprint}


@lru_cache(maxsize=2)
def load_tokenizer(start: Pretrained) -> Any:
    """The model's tokenizer. Raises ModelError if it cannot be loaded."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(**_source(start))
    except (OSError, ValueError) as cause:
        raise _unusable(start, "tokenizer", cause) from cause


def load_model(start: Pretrained, outputs: int, seed: int) -> nn.Module:
    """A sequence classifier with `outputs` outputs whose new parameters (the head) come from `seed` alone.

    Attention is computed eagerly on the CPU, where that is faster for small models. Raises ModelError if the model
    cannot be loaded.
    """
    from transformers import AutoModelForSequenceClassification
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with global_stream(seed, "head"):
        try:
            network = AutoModelForSequenceClassification.from_pretrained(
                **_source(start), num_labels=outputs, attn_implementation="eager", dtype=torch.float32
            )
        except (OSError, ValueError, SafetensorError) as cause:
            raise _unusable(start, "encoder", cause) from cause
    assert isinstance(network, nn.Module)
    return network


def _unusable(start: Pretrained, what: str, cause: Exception) -> ModelError:
    reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    return ModelError(
        f"model {start.model!r} gave no {what} ({reason}); expected what transformers can load; give --model=lab, "
        f"a hub id or a folder with config.json, tokenizer and weights"
    )
