"""The shipped model: small, loadable by transformers' own classes, honest about its corpus, and what sst2 needs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch

from lth import lab
from lth.compute.models import read_model, read_models
from lth.engine.models import load_model, load_tokenizer
from lth.engine.objectives import OBJECTIVES
from lth.engine.starts import reinitialise_
from lth.engine.train import fine_tune
from lth.lab.corpus import corpus_hash
from lth.lab.tasks import rows
from lth.spec.expressions import TaskData
from lth.spec.protocol import PROTOCOLS
from lth.tasks import get_task, load, scores


def test_importing_the_lab_and_making_its_fingerprint_does_not_import_torch() -> None:
    code = "import sys, lth.lab; lth.lab.fingerprint(); print('torch' in sys.modules, 'datasets' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False False\n"
    )


def test_the_fingerprint_is_a_sha256_and_stays() -> None:
    assert lab.fingerprint() == lab.fingerprint()
    assert len(lab.fingerprint()) == 64


def test_all_models_together_take_at_most_ten_megabytes() -> None:
    folders = lab.checkpoints().values()
    assert sum(file.stat().st_size for folder in folders for file in folder.iterdir()) <= 10_000_000


def test_the_recipes_name_the_corpus_that_the_generator_still_produces_and_differ_in_the_seed_alone() -> None:
    records = [json.loads((folder / "recipe.json").read_text()) for folder in lab.checkpoints().values()]
    assert [record["recipe"].pop("seed") for record in records] == list(range(len(records)))
    for record in records:
        assert record["corpus_sha256"] == corpus_hash()
        assert record["steps_done"] == record["recipe"]["steps"]
        assert record["mlm_accuracy"] > 0.67
        assert record["next_sentence_accuracy"] > 0.9
        del record["recipe"]["threads"]  # sums in another order; the same corpus, batches and masks
        assert record["recipe"] == records[0]["recipe"]
    assert [record.get("weights") for record in records] == [None] + ["float16"] * (len(records) - 1)


def test_the_labs_models_differ_and_are_loaded_in_single_precision_with_one_vocabulary() -> None:
    models = read_models(["lab:3"])
    words = [load_tokenizer(model).get_vocab() for model in models]
    assert words[0] == words[1] == words[2]
    first, *others = (load_model(model, 2, seed=0).state_dict() for model in models)
    assert len({model.fingerprint for model in models}) == 3
    for other in others:
        assert {part.dtype for part in other.values() if part.is_floating_point()} == {torch.float32}
        name = "bert.encoder.layer.3.output.dense.weight"
        assert torch.corrcoef(torch.stack([first[name].flatten(), other[name].flatten()]))[0, 1].abs() < 0.1
        assert torch.equal(first["classifier.weight"], other["classifier.weight"])  # the head depends on the seed alone


def test_the_tokenizer_file_is_the_one_the_lexicon_gives() -> None:
    from transformers import AutoTokenizer

    from lth.lab.tokenizer import build_tokenizer, word_ids

    shipped = AutoTokenizer.from_pretrained(lab.CHECKPOINT)
    assert shipped.get_vocab() == word_ids() == build_tokenizer().get_vocab()
    assert shipped.tokenize("The dogs weren't here.")[:2] == ["the", "dogs"]


def test_no_task_text_holds_an_unknown_word_and_pairs_have_two_segments() -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(lab.CHECKPOINT)
    for name in lab.TASKS:
        texts = [" ".join(v for v in row.values() if isinstance(v, str)) for row in rows(name)["dev"]]
        ids = tokenizer(texts)["input_ids"]
        assert all(tokenizer.unk_token_id not in row for row in ids)
        assert max(map(len, ids)) < tokenizer.model_max_length
    pair = tokenizer("an owl slept .", "a bird slept .")
    assert pair["token_type_ids"] == [0] * 6 + [1] * 5
    assert tokenizer.convert_ids_to_tokens(pair["input_ids"])[4:7] == [".", "[SEP]", "a"]


def test_transformers_own_classes_load_it_with_its_pooler_and_its_word_predictions() -> None:
    from transformers import AutoModelForMaskedLM, AutoModelForSequenceClassification

    classifier, report = AutoModelForSequenceClassification.from_pretrained(lab.CHECKPOINT, output_loading_info=True)
    assert set(report["missing_keys"]) == {"classifier.weight", "classifier.bias"}
    assert not hasattr(classifier.config, "quantization_config")
    words, report = AutoModelForMaskedLM.from_pretrained(lab.CHECKPOINT, output_loading_info=True)
    assert not report["missing_keys"]
    assert words.dtype == torch.float32
    assert words.config.hidden_dropout_prob == words.config.attention_probs_dropout_prob == 0


def test_the_model_knows_that_verbs_agree_and_that_owls_are_birds() -> None:
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    model = AutoModelForMaskedLM.from_pretrained(lab.CHECKPOINT)
    tokenizer = AutoTokenizer.from_pretrained(lab.CHECKPOINT)

    def score(text: str, word: str) -> float:
        inputs = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            logits = model(**inputs).logits[inputs["input_ids"] == tokenizer.mask_token_id][0]
        return float(logits[tokenizer.convert_tokens_to_ids(word)])

    assert score("the dogs [MASK] chased by the fox .", "are") > score("the dogs [MASK] chased by the fox .", "is")
    assert score("an owl is a kind of [MASK] .", "bird") > score("an owl is a kind of [MASK] .", "tool")


def test_no_matrix_of_the_checkpoint_would_be_pruned_away() -> None:
    density = json.loads((lab.CHECKPOINT / "recipe.json").read_text())["density_at_70_percent"]
    assert density["lowest"] > 0.01
    assert len(density["each"]) == 6 * 6 + 1


def fine_tuned_score(name: str, pretrained: bool, seed: int) -> float:
    """The primary score on dev of a fine-tuning by the lab's recipe, from theta_0 or from random weights."""
    task, model = get_task(name), read_model("lab")
    recipe, objective = PROTOCOLS["lab"].recipe_for(TaskData(name, "", "lab")), OBJECTIVES[task.kind]
    data = load(task, "lab")
    train, dev = (
        objective.encode(split, task.inputs, load_tokenizer(model), recipe.max_length, lines=False)
        for split in (data.train, data.dev)
    )
    network = load_model(model, objective.outputs(len(task.labels)), seed, objective.auto)
    if not pretrained:
        reinitialise_(network, seed)
    torch.set_num_threads(1)
    fit = fine_tune(network, train, dev, recipe, seed, objective=objective)
    return scores(task, fit.predictions, objective.answers(dev))[task.metric]


@pytest.mark.slow
def test_pretraining_is_what_makes_the_tasks_work() -> None:
    assert fine_tuned_score("sst2", pretrained=True, seed=0) > 0.5 + 0.3
    assert fine_tuned_score("stsb", pretrained=True, seed=0) > fine_tuned_score("stsb", pretrained=False, seed=0) + 0.3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("mrpc", 0.6),
        ("qnli", 0.6),
        ("mnli", 0.5),
        ("squad", 0.3),
    ],
)
def test_the_tasks_of_pairs_are_learnt_at_their_size_and_number_of_epochs(name: str, least: float) -> None:
    assert fine_tuned_score(name, pretrained=True, seed=0) > least


@pytest.mark.slow
def test_wnli_misleads_as_glues_does() -> None:
    assert fine_tuned_score("wnli", pretrained=True, seed=0) < 0.55
