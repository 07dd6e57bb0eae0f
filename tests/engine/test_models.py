"""Moving from one head to another: the encoder's weights, and masks with or without a pooler."""

from pathlib import Path

import pytest
import torch

from lth.compute.models import read_model
from lth.engine.masks import magnitude
from lth.engine.models import (
    CLASSIFIER,
    SPAN_FINDER,
    WORD_FILLER,
    fresh_head,
    load_model,
    mask_for,
    mask_over,
    take_encoder_,
)
from lth.engine.prunable import prunable
from lth.errors import EngineError
from lth.spec.expressions import Pretrained

HEADS = (CLASSIFIER, SPAN_FINDER, WORD_FILLER)


@pytest.fixture(scope="module")
def model(tiny: Path) -> Pretrained:
    return read_model(str(tiny / "model"))


@pytest.mark.parametrize("source", HEADS)
@pytest.mark.parametrize("target", HEADS)
def test_an_encoder_is_copied_whole_and_the_head_stays(model: Pretrained, source: str, target: str) -> None:
    given = load_model(model, 2, 0, source)
    with torch.no_grad():
        for parameter in given.parameters():
            parameter.add_(1.0)
    taken, before = load_model(model, 2, 1, target), load_model(model, 2, 1, target).state_dict()
    take_encoder_(taken, given.state_dict())
    for name, part in taken.state_dict().items():
        crosses = name.startswith("bert.") and name in given.state_dict()
        tied = name == "cls.predictions.decoder.weight"  # is the word embeddings, which are the encoder's
        wanted = before[name] + 1 if crosses or tied else before[name]
        torch.testing.assert_close(part, wanted)


def test_an_encoder_of_another_architecture_is_refused(model: Pretrained) -> None:
    network = load_model(model, 2, 0)
    weights = {name: part for name, part in network.state_dict().items() if "layer.1" not in name}
    with pytest.raises(
        EngineError, match=r"'encoder\.layer\.1\..* is missing or of another shape in .*; expected the same encoder"
    ):
        take_encoder_(network, weights)


def test_a_head_for_masked_words_is_new_and_tied_unless_the_model_has_one(model: Pretrained) -> None:
    assert fresh_head(model, WORD_FILLER)
    assert not fresh_head(read_model("lab"), WORD_FILLER)
    network = load_model(model, 1, 0, WORD_FILLER)
    decoder, words = (
        network.get_parameter(name)
        for name in ("cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight")
    )
    assert decoder is words
    heads = [
        load_model(model, 1, seed, WORD_FILLER).get_parameter("cls.predictions.transform.dense.weight")
        for seed in (0, 0, 1)
    ]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_a_mask_with_a_pooler_fits_heads_without_one_and_the_reverse(model: Pretrained) -> None:
    classifier, finder = (
        {name: part.detach() for name, part in prunable(load_model(model, 2, 0, auto), "paper").items()}
        for auto in (CLASSIFIER, SPAN_FINDER)
    )
    with_pooler, without = magnitude(classifier, 0.5), magnitude(finder, 0.5)
    assert classifier.keys() - finder.keys() == {"pooler.dense.weight"}
    assert mask_for(finder, with_pooler).keys() == finder.keys()
    assert mask_for(classifier, with_pooler).keys() == classifier.keys()
    assert mask_for(classifier, without).keys() == finder.keys()
    whole = mask_over(classifier, without)
    assert list(whole) == list(classifier)
    assert whole["pooler.dense.weight"].all()
    assert all(torch.equal(whole[name], part) for name, part in without.items())


def test_a_mask_of_another_architecture_is_not_made_to_fit(model: Pretrained) -> None:
    matrices = {name: part.detach() for name, part in prunable(load_model(model, 2, 0)).items()}
    mask = magnitude(matrices, 0.5)
    strange = {f"other.{name}": part for name, part in mask.items()}
    fewer = dict(list(mask.items())[1:])
    for made in (strange, fewer):
        with pytest.raises(EngineError, match="in the mask or the weights, but not in both"):
            magnitude(matrices, 0.6, mask_over(matrices, made))
