"""A classifier whose last layer computes only the first position gives the logits and gradients of the whole network.

The inputs have padding. Biases and LayerNorms are random.
"""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import AutoConfig, AutoModelForQuestionAnswering, AutoModelForSequenceClassification

from lth.engine.first_position import LAYOUTS, first_position
from lth.engine.gates import GateMask, gated
from lth.engine.prunable import base_model, layer_list
from lth.engine.shrink import shrink_
from tests.engine import encoders
from tests.engine.encoders import HEADS, INPUTS, KINDS, LAYERS, TINY, gate_masks, logits

READERS = [kind for kind in KINDS if kind in LAYOUTS]
LABELS = torch.tensor([0, 1, 2, 1])


def classifier(kind: str) -> nn.Module:
    """A tiny classifier with the attention that the engine uses."""
    model: Any = encoders.classifier(kind)
    model.set_attn_implementation("eager")
    assert isinstance(model, nn.Module)
    return model


def passed(model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
    """The logits, and the gradient of the loss for each parameter; zero for one without a gradient."""
    model.zero_grad()
    found = model(**INPUTS).logits
    cross_entropy(found, LABELS).backward()
    gradients = {
        name: torch.zeros_like(part) if part.grad is None else part.grad for name, part in model.named_parameters()
    }
    return found.detach(), gradients


def positions(model: nn.Module) -> int:
    """How many positions the last layer's last linear map computes."""
    seen: list[int] = []
    linears = [part for part in layer_list(base_model(model))[1][-1].modules() if isinstance(part, nn.Linear)]
    hook = linears[-1].register_forward_hook(lambda _, inputs, output: seen.append(output.shape[1]))
    logits(model)
    hook.remove()
    return seen[0]


def assert_same_logits(model: nn.Module) -> None:
    expected = logits(model)
    with first_position(model):
        torch.testing.assert_close(logits(model), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", READERS)
def test_logits_and_all_gradients_are_those_of_the_whole_network(kind: str) -> None:
    model = classifier(kind)
    expected, gradients = passed(model)
    with first_position(model):
        found, its = passed(model)
        assert positions(model) == 1
    assert positions(model) == INPUTS["input_ids"].shape[1]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    for name, gradient in gradients.items():
        torch.testing.assert_close(its[name], gradient, rtol=1e-4, atol=1e-5, msg=lambda text, at=name: f"{at}: {text}")


@pytest.mark.parametrize("kind", sorted(LAYOUTS.keys() - READERS))
def test_every_other_layout_gives_the_same_logits_too(kind: str) -> None:
    with torch.random.fork_rng():
        config = AutoConfig.for_model(kind, **TINY, pad_token_id=0, bos_token_id=1, eos_token_id=2)
        model = AutoModelForSequenceClassification.from_config(config, attn_implementation="eager").eval()
    assert_same_logits(model)
    with first_position(model):
        assert positions(model) == 1


@settings(max_examples=20)
@given(gate_masks)
@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_gates_close_the_same_parts(kind: str, gates: GateMask) -> None:
    model = classifier(kind)
    with gated(model, gates["heads"], gates["mlps"]):
        assert_same_logits(model)


@settings(max_examples=20)
@given(gate_masks)
@pytest.mark.parametrize("kind", ["bert", "distilbert"])
def test_a_shrunk_model_gives_the_same_logits(kind: str, gates: GateMask) -> None:
    model = classifier(kind)
    shrink_(model, gates)
    assert_same_logits(model)


@pytest.mark.parametrize("kind", READERS)
def test_each_example_can_have_its_own_gates_and_their_gradients_are_the_same(kind: str) -> None:
    model = classifier(kind)

    def gradients() -> tuple[Tensor, ...]:
        own = [torch.full((4, LAYERS, *more), 0.7, requires_grad=True) for more in ((HEADS,), ())]
        with gated(model, own[0], own[1]):
            return torch.autograd.grad(cross_entropy(model(**INPUTS).logits, LABELS), own)

    expected = gradients()
    with first_position(model):
        for found, gradient in zip(gradients(), expected, strict=True):
            torch.testing.assert_close(found, gradient, rtol=1e-4, atol=1e-6)


def with_dropout(kind: str, weights: int = 0) -> nn.Module:
    model = classifier(kind).train()
    with torch.random.fork_rng():
        torch.manual_seed(weights)
        for part in model.parameters():
            nn.init.normal_(part, std=0.3)
    return model


def drawn(model: nn.Module, inputs: dict[str, Tensor]) -> tuple[Tensor, bytes]:
    """The logits with dropout, and the state of the dropout stream after them."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        found = model(**inputs).logits.detach()
        return found, torch.get_rng_state().numpy().tobytes()


@pytest.mark.parametrize("kind", READERS)
def test_dropout_is_applied_in_the_same_places(kind: str) -> None:
    """With one token the last layer draws as many numbers as the whole network, so the logits can be compared."""
    model, inputs = with_dropout(kind), {name: part[:, :1] for name, part in INPUTS.items()}
    expected, state = drawn(model, inputs)
    with first_position(model):
        found, its = drawn(model, inputs)
    assert its == state
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert (found - model.eval()(**inputs).logits).abs().max() > 0.01


@pytest.mark.parametrize("kind", READERS)
def test_two_arms_draw_the_same_dropout_stream(kind: str) -> None:
    states = []
    for weights in (0, 1):
        model = with_dropout(kind, weights)
        with first_position(model):
            states.append(drawn(model, INPUTS)[1])
    assert states[0] == states[1]


# ---- networks that are left as they are ----


def assert_untouched(model: nn.Module) -> None:
    expected = logits(model)
    with first_position(model):
        assert torch.equal(logits(model), expected)
        assert positions(model) == INPUTS["input_ids"].shape[1]


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - LAYOUTS.keys()))
def test_a_classifier_of_another_kind_is_left_whole(kind: str) -> None:
    assert_untouched(classifier(kind))


def test_attention_that_is_not_eager_is_left_whole() -> None:
    model: Any = classifier("bert")
    model.set_attn_implementation("sdpa")
    assert_untouched(model)


def test_a_feed_forward_in_chunks_is_left_whole() -> None:
    model: Any = classifier("bert")
    model.config.chunk_size_feed_forward = 7
    assert_untouched(model)


def test_a_network_that_answers_with_spans_is_left_whole() -> None:
    with torch.random.fork_rng():
        config = AutoConfig.for_model("bert", **TINY)
        model = AutoModelForQuestionAnswering.from_config(config, attn_implementation="eager").eval()
    expected = model(**INPUTS).start_logits
    with first_position(model):
        assert torch.equal(model(**INPUTS).start_logits, expected)


def test_the_network_is_whole_again_after_an_error() -> None:
    model = classifier("bert")
    with pytest.raises(KeyError), first_position(model):
        raise KeyError
    assert positions(model) == INPUTS["input_ids"].shape[1]
