"""Moving from one head to another: the encoder's weights, and masks with or without a pooler."""

import hashlib
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
    load_classifier,
    load_model,
    mask_for,
    mask_over,
    take_encoder_,
)
from lth.engine.prunable import prunable
from lth.errors import EngineError, ModelError
from lth.spec.expressions import Pretrained
from tests.tiny import write_model

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


def saved(folder: Path, **options: object) -> Path:
    """The tiny model with a head for two classes."""
    classifier = load_model(read_model(str(write_model(folder))), 2, 0)
    (folder / "model.safetensors").unlink()
    classifier.save_pretrained(folder, **options)
    return folder


def test_a_model_in_several_files_is_loaded(tmp_path: Path) -> None:
    whole, parts = saved(tmp_path / "whole"), saved(tmp_path / "parts", max_shard_size="8KB")
    assert len(list(parts.glob("*.safetensors"))) > 1
    one, two = (load_model(read_model(str(folder)), 2, 3).state_dict() for folder in (whole, parts))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], part) for name, part in two.items())


def test_a_classifier_is_loaded_with_its_head_and_another_head_is_refused(tmp_path: Path) -> None:
    start = read_model(str(saved(tmp_path / "model")))
    heads = [load_model(start, 2, seed).get_parameter("classifier.weight") for seed in (0, 1)]
    assert torch.equal(*heads)
    assert load_classifier(start)[1] is False
    with pytest.raises(
        ModelError, match=r"2 weights have another shape, such as classifier.bias: \[2\] instead of \[3\]"
    ):
        load_model(start, 3, 0)


def test_a_model_in_memory_does_not_change_with_its_file(tmp_path: Path) -> None:
    start = read_model(str(write_model(tmp_path / "model")))
    network = load_model(start, 2, 0)
    before = {name: part.clone() for name, part in network.state_dict().items()}
    file = tmp_path / "model" / "model.safetensors"
    size = file.stat().st_size
    with file.open("r+b") as handle:  # in place, as a copy over the file does it
        handle.seek(size // 2)
        handle.write(bytes(size // 2))
    assert all(torch.equal(before[name], part) for name, part in network.state_dict().items())


def test_a_fingerprint_is_that_of_the_bytes(tmp_path: Path) -> None:
    """SHA-256 of the lines NAME, NUL, SHA-256 of the file, in the order of the names."""
    folder = write_model(tmp_path / "model")
    names = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
    assert sorted(path.name for path in folder.iterdir()) == list(names)
    lines = (f"{name}\0{hashlib.sha256((folder / name).read_bytes()).hexdigest()}\n" for name in names)
    assert read_model(str(folder)).fingerprint == hashlib.sha256("".join(lines).encode()).hexdigest()
