"""Fine-tunings of each kind of task, and of starts and masks from another task, on the tiny model."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays

from lth.compute import fitting
from lth.compute.context import Context
from lth.compute.materials import examples, network, resume, weights
from lth.compute.models import read_model
from lth.compute.registry import compute
from lth.engine.masks import from_bytes
from lth.errors import StoreError
from lth.runtime.store import FolderStore
from lth.spec.criterion import Criterion
from lth.spec.expressions import FineTune, Magnitude, Mask, Pretrained, Recipe, Resumed, Rewound, Start, TaskData
from lth.tasks import fingerprint, get_task, scores
from tests.tiny import BAD, FILLERS, GOOD, write_data

RECIPE = Recipe(epochs=1, batch=16, lr=5e-3, max_length=20)
Fit = Callable[..., tuple[FineTune, dict[str, Any], dict[str, bytes]]]


def write_squad(folder: Path) -> None:
    rng = random.Random(0)
    (folder / "squad").mkdir()
    for name, count in (("train", 60), ("dev", 30)):
        paragraphs = []
        for at in range(count):
            words, answer = rng.choices(FILLERS, k=24), rng.choice(GOOD + BAD)
            begin = len(" ".join(words[:12])) + 1
            asked = {
                "id": f"{name}{at}",
                "question": "is it good",
                "answers": [{"text": answer, "answer_start": begin}],
            }
            paragraphs.append({"context": " ".join([*words[:12], answer, *words[12:]]), "qas": [asked]})
        data = {"version": "1.1", "data": [{"title": "films", "paragraphs": paragraphs}]}
        (folder / "squad" / f"{name}-v1.1.json").write_text(json.dumps(data), encoding="utf-8")


def write_text(folder: Path) -> None:
    rng = random.Random(0)
    (folder / "wikitext-2").mkdir()
    for name, count in (("train", 60), ("valid", 30)):
        lines = [" ".join(rng.choices((*GOOD, *FILLERS, "the"), k=rng.randint(2, 30))) for _ in range(count)]
        (folder / "wikitext-2" / f"wiki.{name}.tokens").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_data(tmp_path_factory.mktemp("data"))
    write_squad(folder)
    write_text(folder)
    return folder


@pytest.fixture(scope="module")
def model(tiny: Path) -> Pretrained:
    return read_model(str(tiny / "model"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    return FolderStore(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def fit(data: Path, model: Pretrained, store: FolderStore) -> Fit:
    """Run a fine-tuning and store its trained weights."""

    def run(
        name: str, start: Start | None = None, mask: Mask | None = None, recipe: Recipe = RECIPE
    ) -> tuple[FineTune, dict[str, Any], dict[str, bytes]]:
        task = TaskData(name, fingerprint(get_task(name), str(data)), str(data))
        experiment = FineTune(task, 0, recipe, start or model, mask)
        value, files = compute(experiment, Context(store, "cpu", (Rewound(experiment, 1.0),)))
        store.write(experiment.key, value, files)
        return experiment, value, dict(files)

    return run


def made(mask: Magnitude, store: FolderStore) -> tuple[Magnitude, dict[str, torch.Tensor]]:
    value, files = compute(mask, Context(store, "cpu"))
    store.write(mask.key, value, files)
    return mask, from_bytes(files["mask.safetensors"])


def dev_of(fit: FineTune) -> Any:
    return examples(fit.task, fit.start.pretrained, fit.recipe.max_length, "dev", fit.recipe.dev_examples)


def test_a_run_on_spans_keeps_texts_and_both_scores(fit: Fit) -> None:
    run, value, files = fit("squad")
    texts, answers = json.loads(files["predictions.json"]), dev_of(run).answers
    assert len(texts) == len(answers) == 30
    assert value["scores"] == scores(get_task("squad"), texts, answers)
    assert value["score"] == value["scores"]["f1"]
    assert value["majority"] == 0.0
    # 25 words and a question take three windows of 20 tokens
    assert value["examples"]["dev"] > 30


def test_a_run_on_masked_words_keeps_words_perplexity_and_whether_its_head_is_new(fit: Fit) -> None:
    run, value, files = fit("mlm")
    predictions, dev = load_arrays(files["predictions.safetensors"])["predictions"], dev_of(run)
    answers = dev.targets[dev.targets >= 0]
    assert value["scores"].keys() == {"accuracy", "perplexity"}
    assert value["scores"]["accuracy"] == np.mean(predictions == answers)
    assert value["scores"]["perplexity"] > 1
    train = examples(run.task, run.start.pretrained, run.recipe.max_length, "train", None)
    most = np.bincount(train.whole[~train.special]).argmax()
    assert value["majority"] == np.mean(answers == most) > 0
    assert value["fresh_head"] is True


def test_a_run_keeps_what_each_dev_example_contributes_unless_examples_are_tokens_of_one_text(fit: Fit) -> None:
    for name in ("sst2", "squad"):
        _, value, _ = fit(name)
        assert np.mean(value["by_example"]) == pytest.approx(value["score"], rel=1e-5), name
    assert len(value["by_example"]) == 30  # questions, not windows
    _, value, _ = fit("mlm")
    assert "by_example" not in value


def test_a_run_on_classes_does_not_report_its_head(fit: Fit) -> None:
    _, value, files = fit("sst2")
    assert "fresh_head" not in value
    assert files.keys() == {"predictions.safetensors"}


def test_a_part_of_running_text_is_its_beginning(fit: Fit, data: Path) -> None:
    run, _, _ = fit("mlm", recipe=replace(RECIPE, train_examples=5))
    part, whole = (
        examples(run.task, run.start.pretrained, run.recipe.max_length, "train", count).whole for count in (5, None)
    )
    words = sum(len(line.split()) for line in (data / "wikitext-2/wiki.train.tokens").read_text().splitlines()[:5])
    assert part.tolist()[:-1] == whole[: len(part) - 1].tolist()
    assert (part > 4).sum() == words


@pytest.mark.parametrize(("source", "target"), [("squad", "sst2"), ("sst2", "squad"), ("mlm", "sst2"), ("sst2", "mlm")])
def test_a_start_from_another_task_gives_its_encoder_but_not_its_head(
    fit: Fit, store: FolderStore, model: Pretrained, source: str, target: str
) -> None:
    origin, _, _ = fit(source)
    moved, value, _ = fit(target, start=Rewound(origin, 1.0))
    trained = weights(Rewound(origin, 1.0), store)
    begins = network(moved, store).state_dict()
    fresh = network(replace(moved, start=model), store).state_dict()
    assert value["failure"] is None
    for name, part in begins.items():
        crosses = (name.startswith("bert.") and name in trained) or name == "cls.predictions.decoder.weight"
        wanted = (
            trained["bert.embeddings.word_embeddings.weight" if "decoder.w" in name else name]
            if crosses
            else fresh[name]
        )
        assert torch.equal(part, wanted), name


def test_a_start_from_the_same_task_keeps_its_head(fit: Fit, store: FolderStore) -> None:
    origin, _, _ = fit("squad")
    again = replace(origin, start=Rewound(origin, 1.0))
    trained = weights(Rewound(origin, 1.0), store)
    assert all(torch.equal(part, trained[name]) for name, part in network(again, store).state_dict().items())


def test_a_run_resumed_from_a_stored_step_begins_with_its_weights_and_its_dropout_stream(
    fit: Fit, store: FolderStore
) -> None:
    full, whole, _ = fit("sst2", recipe=replace(RECIPE, epochs=2))
    step, same = Resumed(full, 0.5), Rewound(full, 0.5)
    compute(full, Context(store, "cpu", (same, step)))  # one step may be stored for both
    assert weights(step, store).keys() == weights(same, store).keys()
    rest, value, _ = fit("sst2", start=step, recipe=full.recipe)
    found = resume(rest, store)
    assert found is not None
    assert found.at == 0.5
    assert resume(full, store) is None
    assert (len(whole["losses"]), len(value["losses"])) == (2, 1)
    restarted, again, _ = fit("sst2", start=same, recipe=full.recipe)
    assert len(again["losses"]) == 2
    train, dev = rest.sizes
    assert (restarted.passes - rest.passes, rest.passes) == (3 * train, 3 * train + dev)


def test_a_mask_with_a_pooler_is_used_and_pruned_further_without_one(fit: Fit, store: FolderStore) -> None:
    origin, _, _ = fit("sst2")
    mask, parts = made(Magnitude(origin, 0.4, "paper"), store)
    moved, value, _ = fit("squad", mask=mask)
    rest = {name: part for name, part in parts.items() if name != "pooler.dense.weight"}
    total = sum(part.numel() for part in rest.values())
    assert value["densities"].keys() == rest.keys()
    assert value["sparsity"] == pytest.approx(sum(int((~part).sum()) for part in rest.values()) / total)
    _, further = made(Magnitude(moved, 0.7, "paper"), store)
    assert further.keys() == rest.keys()
    assert sum(int((~part).sum()) for part in further.values()) == round(0.7 * total)
    assert not any((part & ~rest[name]).any() for name, part in further.items())


def test_a_mask_without_a_pooler_leaves_it_whole_until_it_is_pruned_further(fit: Fit, store: FolderStore) -> None:
    origin, _, _ = fit("mlm")
    mask, parts = made(Magnitude(origin, 0.4, "paper"), store)
    moved, value, _ = fit("sst2", mask=mask)
    assert value["sparsity"] == pytest.approx(0.4, abs=1e-3)
    after = weights(Rewound(moved, 1.0), store)
    assert after["bert.pooler.dense.weight"].all()
    assert not any(after[f"bert.{name}"][~part].any() for name, part in parts.items())
    _, further = made(Magnitude(moved, 0.7, "paper"), store)
    assert further.keys() - parts.keys() == {"pooler.dense.weight"}
    assert not any((further[name] & ~part).any() for name, part in parts.items())


@pytest.mark.parametrize("name", ["sst2", "squad", "mlm"])
def test_weights_are_ranked_by_the_loss_of_every_kind_of_task(fit: Fit, store: FolderStore, name: str) -> None:
    origin, _, _ = fit(name)
    _, by_loss = made(Magnitude(origin, 0.4, criterion=Criterion("first-order")), store)
    _, by_size = made(Magnitude(origin, 0.4), store)
    total = sum(part.numel() for part in by_loss.values())
    assert sum(int((~part).sum()) for part in by_loss.values()) == round(0.4 * total)
    assert any(not torch.equal(by_loss[name], by_size[name]) for name in by_size)


def test_weights_that_find_no_room_on_the_disk_end_in_one_line(
    fit: Fit, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(fitting, "save_file", full)
    with pytest.raises(
        StoreError, match=r"^cannot write the weights after 100% of .*: No space left on .*; expected room"
    ):
        fit("sst2")
