"""Tiny random classifiers of four architectures, inputs for them, and gate masks drawn by Hypothesis."""

import torch
from hypothesis import strategies as st
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSequenceClassification

LAYERS, HEADS = 3, 2
TINY = {
    "hidden_size": 16,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": 24,
    "vocab_size": 40,
}
KINDS = {
    "bert": TINY,
    "roberta": TINY,
    "electra": TINY | {"embedding_size": 8},
    "distilbert": {"dim": 16, "n_layers": LAYERS, "n_heads": HEADS, "hidden_dim": 24, "vocab_size": 40},
}
INPUTS = {
    "input_ids": torch.randint(3, 40, (4, 7), generator=torch.Generator().manual_seed(0)),
    "attention_mask": torch.tensor([[1] * 7, [1] * 7, [1] * 5 + [0] * 2, [1] * 3 + [0] * 4]),
}


def classifier(kind: str = "bert", outputs: int = 3) -> nn.Module:
    """Biases and LayerNorms are random, too, so that leaving one out shows."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        config = AutoConfig.for_model(kind, num_labels=outputs, **KINDS[kind])
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
"""Every layer may lose all its heads, its MLP, or both."""
