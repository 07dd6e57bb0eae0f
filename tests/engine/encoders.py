"""Tiny random classifiers of six architectures, inputs for them, and gate masks drawn by Hypothesis."""

from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSequenceClassification

LAYERS, HEADS = 3, 2
TINY: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": 24,
    "vocab_size": 40,
}
RELATIVE = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "max_relative_positions": 16}
IDS = (
    "pad_token_id",
    "bos_token_id",
    "cls_token_id",
    "eos_token_id",
    "sep_token_id",
)  # the defaults are beyond the vocabulary
KINDS: dict[str, dict[str, Any]] = {
    "bert": TINY,
    "roberta": TINY,
    "electra": TINY | {"embedding_size": 8},
    "distilbert": {"dim": 16, "n_layers": LAYERS, "n_heads": HEADS, "hidden_dim": 24, "vocab_size": 40},
    "deberta-v2": TINY | RELATIVE,
    "deberta-v2, positions share projections": TINY
    | RELATIVE
    | {"share_att_key": True, "position_buckets": 8, "norm_rel_ebd": "layer_norm", "position_biased_input": False},
    "deberta-v2, with a convolution": TINY | RELATIVE | {"pos_att_type": ["p2c"], "conv_kernel_size": 3},
    # Its second and third layers see two tokens around each.
    "modernbert": TINY | dict.fromkeys(IDS, 0) | {"local_attention": 4},
}
"""By type of model; a comma separates what is special. DeBERTa-v3's released models share the projections."""
PROJECTIONS = dict.fromkeys(KINDS, 3) | {"deberta-v2": 5, "deberta-v2, with a convolution": 4}
"""The number of maps width -> width in attention before its output; ModernBERT's three are one matrix."""
MAPS_OF_THE_MLP = dict.fromkeys(KINDS, 2) | {"modernbert": 3}
"""The number of maps between width and MLP width; two of ModernBERT's are one matrix."""
INPUTS = {
    "input_ids": torch.randint(3, 40, (4, 7), generator=torch.Generator().manual_seed(0)),
    "attention_mask": torch.tensor([[1] * 7, [1] * 7, [1] * 5 + [0] * 2, [1] * 3 + [0] * 4]),
}


def classifier(kind: str = "bert", outputs: int = 3) -> nn.Module:
    """One of KINDS. Biases and LayerNorms are random too, so an error in one of them changes the logits."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        config = AutoConfig.for_model(kind.split(",")[0], num_labels=outputs, **KINDS[kind])
        model = AutoModelForSequenceClassification.from_config(config)
        assert isinstance(model, nn.Module)
        for name, parameter in model.named_parameters():
            nn.init.normal_(parameter, mean=1.0 if "orm.weight" in name else 0.0, std=0.3)
    return model.eval()


def logits(model: nn.Module) -> Tensor:
    with torch.no_grad():
        found = model(**INPUTS).logits
    assert isinstance(found, Tensor)
    return found


gate_masks = st.builds(
    lambda bits: {
        "heads": torch.tensor(bits[: LAYERS * HEADS]).view(LAYERS, HEADS),
        "mlps": torch.tensor(bits[LAYERS * HEADS :]),
    },
    st.lists(st.booleans(), min_size=LAYERS * (HEADS + 1), max_size=LAYERS * (HEADS + 1)),
)
"""A layer may lose all its heads, its MLP, or both."""
