import pytest
import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForImageClassification,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    ResNetConfig,
)

from lth.engine.prunable import prunable
from lth.errors import ModelError, UsageError
from tests.engine.encoders import IDS, KINDS, TINY, classifier

TINY_T5 = {"d_model": 16, "num_layers": 2, "num_heads": 2, "d_ff": 24, "vocab_size": 40}


@pytest.fixture(scope="module")
def bert_base() -> nn.Module:
    with torch.device("meta"):
        return BertForSequenceClassification(BertConfig())


def test_bert_base_has_the_papers_73_matrices_and_72_without_the_pooler(bert_base: nn.Module) -> None:
    assert len(prunable(bert_base, "paper")) == 73
    assert len(prunable(bert_base)) == 72
    assert prunable(bert_base, "paper").keys() - prunable(bert_base).keys() == {"pooler.dense.weight"}


def test_bert_base_has_85_million_prunable_weights(bert_base: nn.Module) -> None:
    # A layer: 4 attention matrices of 768 x 768, 2 feed-forward ones of 768 x 3072; 12 layers.
    expected = 12 * (4 * 768 * 768 + 2 * 768 * 3072)
    assert sum(weight.numel() for weight in prunable(bert_base).values()) == expected == 84_934_656


def test_names_do_not_depend_on_the_head() -> None:
    config = BertConfig(**TINY)
    for_words = AutoModelForMaskedLM.from_config(config)
    assert list(prunable(for_words)) == list(prunable(BertForSequenceClassification(config)))
    assert list(prunable(for_words))[:6] == [
        "encoder.layer.0.attention.self.query.weight",
        "encoder.layer.0.attention.self.key.weight",
        "encoder.layer.0.attention.self.value.weight",
        "encoder.layer.0.attention.output.dense.weight",
        "encoder.layer.0.intermediate.dense.weight",
        "encoder.layer.0.output.dense.weight",
    ]


IN_A_LAYER = dict.fromkeys(KINDS, 6) | {
    "deberta-v2": 8,  # the positions' keys and queries, too
    "deberta-v2, with a convolution": 7,  # no keys of positions; the convolution is not a matrix
    "modernbert": 4,  # one matrix for query, key and value, and one for the MLP's two branches
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_matrix_of_a_layer_is_prunable_and_nothing_else(kind: str) -> None:
    model = classifier(kind)
    found = prunable(model)
    assert len(found) == 3 * IN_A_LAYER[kind]
    in_layers = {
        id(parameter)
        for name, parameter in model.named_parameters()
        if "layer" in name and parameter.dim() == 2 and "embeddings" not in name
    }
    assert {id(parameter) for parameter in found.values()} == in_layers


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "bert"])
def test_the_papers_set_equals_the_encoders_if_there_is_no_pooler(kind: str) -> None:
    model = classifier(kind)
    assert list(prunable(model, "paper")) == list(prunable(model, "encoder"))


def test_an_architecture_without_layers_is_refused_by_name() -> None:
    with pytest.raises(ModelError) as caught:
        prunable(nn.Linear(2, 2))
    assert str(caught.value) == (
        "cannot find the prunable matrices of Linear: it is not a transformers model; expected a BERT-like encoder "
        "with one module per layer; use for example bert, roberta, distilbert, electra, deberta-v2 or modernbert"
    )


@pytest.mark.parametrize(
    ("kind", "shape", "reason"),
    [
        ("gpt2", {"n_embd": 16, "n_layer": 2, "n_head": 2, "vocab_size": 40}, "it is a decoder: tokens attend only"),
        ("bloom", {"hidden_size": 16, "n_layer": 2, "n_head": 2, "vocab_size": 40}, "it is a decoder: tokens"),
        ("bert", TINY | {"is_decoder": True}, "it is a decoder: tokens"),
        ("t5", TINY_T5, "it has a decoder"),
        ("albert", TINY | {"embedding_size": 8}, "it has no list of 3 layers"),
        (
            "xlm",
            {"emb_dim": 16, "n_layers": 3, "n_heads": 2, "n_words": 40},
            "its layers are spread over attentions and",
        ),
        ("ibert", TINY, r"its layers have no torch\.nn\.Linear"),
    ],
)
def test_a_model_that_is_not_a_bert_like_encoder_is_refused_with_the_reason(
    kind: str, shape: dict[str, int], reason: str
) -> None:
    config = AutoConfig.for_model(kind, **dict.fromkeys(IDS, 0) | shape)
    with pytest.raises(ModelError, match=reason) as caught:
        prunable(AutoModelForSequenceClassification.from_config(config))
    assert str(caught.value).endswith(
        "; expected a BERT-like encoder with one module per layer; use for example bert, roberta, distilbert, electra, "
        "deberta-v2 or modernbert"
    )


def test_a_network_for_pictures_is_refused() -> None:
    config = ResNetConfig(embedding_size=4, hidden_sizes=[4], depths=[1])
    with pytest.raises(ModelError, match="of ResNetModel: it does not read text; expected a BERT-like"):
        prunable(AutoModelForImageClassification.from_config(config))


def test_an_unknown_prunable_set_is_refused(bert_base: nn.Module) -> None:
    with pytest.raises(UsageError) as caught:
        prunable(bert_base, "all")
    assert str(caught.value) == ("prunable set 'all'; expected one of: encoder, paper; give --claims-prunable=encoder")
