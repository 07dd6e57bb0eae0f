"""How long the vectors are that heads add up, in every architecture."""

import pytest
import torch
from torch import Tensor, nn

from lth.engine.batches import Encoded
from lth.engine.gates import gated, layers
from lth.engine.patterns import shares
from lth.engine.value_norms import value_norms
from tests.engine.encoders import HEADS, KINDS, LAYERS, classifier
from tests.engine.test_patterns import examples

ONE_TOKEN = {"input_ids": torch.tensor([[5], [9]]), "attention_mask": torch.ones(2, 1, dtype=torch.long)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("head", range(HEADS))
def test_the_norm_is_that_of_what_a_head_alone_adds_where_it_can_attend_to_one_token_only(kind: str, head: int) -> None:
    model, added = classifier(kind), dict[int, Tensor]()
    heads = torch.zeros(LAYERS, HEADS)
    heads[:, head] = 1
    for at, layer in enumerate(layers(model)):

        def remember(module: nn.Module, inputs: tuple[Tensor], output: Tensor, at: int = at) -> None:
            bias = module.bias if isinstance(module.bias, Tensor) else 0.0
            added[at] = (output - bias).reshape(2, 1, -1).norm(dim=-1)

        layer.output.register_forward_hook(remember)
    with torch.no_grad(), gated(model, heads, torch.ones(LAYERS)), value_norms(model) as norms:
        model(**ONE_TOKEN)
    for at in range(LAYERS):
        torch.testing.assert_close(norms[at][:, head], added[at])


def test_nothing_is_measured_unless_it_is_wanted_and_no_hook_is_left_behind() -> None:
    model = classifier()
    with value_norms(model, False) as norms:
        model(**ONE_TOKEN)
    assert norms == []
    with value_norms(model) as norms:
        model(**ONE_TOKEN)
    before = [norm.clone() for norm in norms]
    model(input_ids=torch.tensor([[7], [8]]))
    assert all(map(torch.equal, before, norms))


def test_attention_to_tokens_without_a_value_does_not_count() -> None:
    """All heads attend equally to all tokens; only [CLS] has a value, so norm-weighted they are vertical."""
    model = classifier("bert")
    model.set_attn_implementation("eager")  # type: ignore[operator]  # transformers' models have it
    for layer in layers(model):
        query, key, value = layer.projections
        for part in (query, key):
            nn.init.zeros_(part.weight)
            nn.init.zeros_(part.bias)

        def of_the_first(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor:
            first = torch.zeros_like(output)
            first[:, 0] = output[:, 0]
            return first

        value.register_forward_hook(of_the_first)
    made = examples(pairs=False, longest=30)
    rows = [{"input_ids": [min(token, 39) for token in row["input_ids"]]} for row in made.features]
    texts = Encoded(rows, made.targets, made.pad)
    assert {label for row in shares(model, texts).labels for label in row} == {"heterogeneous"}
    assert {label for row in shares(model, texts, norm_weighted=True).labels for label in row} == {"vertical"}
