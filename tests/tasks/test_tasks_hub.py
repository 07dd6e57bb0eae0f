"""The hub's path through `datasets`, offline: a local copy in the hub's layout, and no copy at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import datasets
import pytest

import lth
from lth.errors import DataError
from lth.tasks import TASKS, fingerprint, load
from lth.tasks.splits import features

README = """---
configs:
- config_name: {config}
  data_files:
{files}
---
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory with its own cache; datasets finds `nyu-mll/glue` there before it asks the hub."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    return tmp_path


def copy(path: str, config: str, splits: dict[str, datasets.Dataset]) -> None:
    """A dataset in the hub's layout: parquet files in a folder per configuration, listed in the README's head."""
    for split, data in splits.items():
        file = Path(path, config, f"{split}-00000-of-00001.parquet")
        file.parent.mkdir(parents=True, exist_ok=True)
        data.to_parquet(str(file))
    files = "\n".join(f"  - split: {split}\n    path: {config}/{split}-*" for split in splits)
    Path(path, "README.md").write_text(README.format(config=config, files=files))


def examples(task: str, labels: list[float], names: tuple[str, ...] | None = None) -> datasets.Dataset:
    inputs = TASKS[task].inputs
    columns = {column: [f"{column} {n}" for n in range(len(labels))] for column in inputs}
    names = TASKS[task].labels if names is None else names
    types = dict.fromkeys(inputs, datasets.Value("string")) | {
        "label": datasets.ClassLabel(names=list(names)) if names else datasets.Value("float32"),
        "idx": datasets.Value("int32"),
    }
    rows = columns | {"label": labels, "idx": list(range(len(labels)))}
    return datasets.Dataset.from_dict(rows, features=datasets.Features(types))


@pytest.mark.parametrize(("name", "labels"), [("sst2", [0, 1, 1]), ("wnli", [1, 0]), ("stsb", [0.0, 3.8, 5.0])])
def test_a_task_has_the_columns_and_labels_it_has_from_a_folder(hub: Path, name: str, labels: list[float]) -> None:
    copy("nyu-mll/glue", name, {"train": examples(name, labels), "validation": examples(name, labels[:1])})
    splits = load(TASKS[name], "hub")
    assert splits.train.column_names == list(TASKS[name].columns)
    assert list(splits.train["label"]) == pytest.approx(labels)
    assert len(splits.dev) == 1
    assert splits.train[1][TASKS[name].inputs[0]] == f"{TASKS[name].inputs[0]} 1"
    kind = "float32" if name == "stsb" else "int64"
    assert splits.train.features["label"] == datasets.Value(kind)


def questions(*answers: dict[str, list[object]]) -> datasets.Dataset:
    """A question for each of the answers, all on one context, with the hub's columns and types."""
    text = datasets.Value("string")
    types = dict.fromkeys(("id", "title", "context", "question"), text) | {
        "answers": {"text": datasets.List(text), "answer_start": datasets.List(datasets.Value("int32"))}
    }
    names = [f"q{n}" for n in range(len(answers))]
    same = {"title": "Lourdes", "context": " She lived in Lourdes, France.", "question": "Where did she live?"}
    columns = {"id": names} | {column: [value] * len(answers) for column, value in same.items()}
    return datasets.Dataset.from_dict(columns | {"answers": list(answers)}, features=datasets.Features(types))


def test_squad_has_the_columns_it_has_from_a_folder_and_a_context_keeps_its_leading_space(hub: Path) -> None:
    train = questions({"text": ["Lourdes"], "answer_start": [14]})
    dev = questions({"text": ["Lourdes, France", "France"], "answer_start": [14, 23]})
    copy("rajpurkar/squad", "plain_text", {"train": train, "validation": dev})
    splits = load(TASKS["squad"], "hub")
    assert splits.train.features == splits.dev.features == features(TASKS["squad"])
    assert splits.dev.to_list() == [
        {
            "id": "q0",
            "question": "Where did she live?",
            "context": " She lived in Lourdes, France.",
            "answers": {"text": ["Lourdes, France", "France"], "answer_start": [14, 23]},
        }
    ]


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"text": [], "answer_start": []}, "no answers; expected at least one, as in SQuAD 1.1"),
        (
            {"text": ["Lourdes"], "answer_start": [13]},
            "answer 'Lourdes' at 13, where the context has ' Lourde'; expected it there",
        ),
        (
            {"text": ["Lourdes"], "answer_start": [14, 23]},
            "1 answers with 2 positions; expected one position per answer",
        ),
    ],
)
def test_a_question_whose_answers_do_not_fit_is_refused_by_its_id(
    hub: Path, answers: dict[str, list[object]], wrong: str
) -> None:
    train = questions({"text": ["Lourdes"], "answer_start": [14]}, answers)
    copy("rajpurkar/squad", "plain_text", {"train": train, "validation": train})
    with pytest.raises(DataError) as error:
        load(TASKS["squad"], "hub")
    assert str(error.value) == (
        f"rajpurkar/squad, plain_text, train, question 'q1': {wrong}; use the unchanged dataset"
    )


def test_answers_of_another_form_are_refused(hub: Path) -> None:
    train = questions({"text": ["Lourdes"], "answer_start": [14]}).remove_columns("answers")
    train = train.add_column("answers", ["Lourdes"])
    copy("rajpurkar/squad", "plain_text", {"train": train, "validation": train})
    with pytest.raises(DataError, match=r"question 'q0': answers 'Lourdes'; expected an object with 'text' and 'answe"):
        load(TASKS["squad"], "hub")


def test_mnlis_two_dev_sets_are_told_apart(hub: Path) -> None:
    splits = {"train": [0, 1, 2], "validation_matched": [2], "validation_mismatched": [1]}
    copy("nyu-mll/glue", "mnli", {split: examples("mnli", list(labels)) for split, labels in splits.items()})
    loaded = load(TASKS["mnli"], "hub")
    assert list(loaded.dev["label"]) == [2]
    assert list(loaded.extra["mismatched"]["label"]) == [1]


def test_mlms_text_is_lines_that_are_not_blank(hub: Path) -> None:
    text = datasets.Dataset.from_dict({"text": ["", " = A title = \n", " \n", " a sentence \n"]})
    copy("Salesforce/wikitext", "wikitext-2-v1", {"train": text, "validation": text})
    assert list(load(TASKS["mlm"], "hub").train["text"]) == ["= A title =", "a sentence"]


@pytest.mark.parametrize(
    ("labels", "names", "message"),
    [
        ([0, -1], None, "nyu-mll/glue, rte, train: label -1; expected 0 to 1; use a split with labels"),
        (
            [0, 1],
            ("not_entailment", "entailment"),
            "nyu-mll/glue, rte, train: labels not_entailment, entailment; "
            "expected entailment, not_entailment in this order",
        ),
    ],
)
def test_labels_that_do_not_fit_are_refused(
    hub: Path, labels: list[float], names: tuple[str, ...] | None, message: str
) -> None:
    copy("nyu-mll/glue", "rte", {"train": examples("rte", labels, names), "validation": examples("rte", [0])})
    with pytest.raises(DataError) as error:
        load(TASKS["rte"], "hub")
    assert str(error.value) == message


def test_a_missing_column_is_refused(hub: Path) -> None:
    train = examples("rte", [0, 1]).rename_column("sentence2", "hypothesis")
    copy("nyu-mll/glue", "rte", {"train": train, "validation": train})
    with pytest.raises(DataError) as error:
        load(TASKS["rte"], "hub")
    assert str(error.value) == (
        "nyu-mll/glue, rte, train: no column 'sentence2'; found sentence1, hypothesis, label, idx; "
        "expected sentence1, sentence2, label; use the unchanged dataset"
    )


def test_a_configuration_that_the_copy_lacks_is_one_line(hub: Path) -> None:
    copy("nyu-mll/glue", "rte", {"train": examples("rte", [0]), "validation": examples("rte", [0])})
    with pytest.raises(DataError, match=r"^cola cannot be loaded from the hub .*--data=FOLDER$"):
        load(TASKS["cola"], "hub")


@pytest.mark.parametrize("network", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_without_a_network_one_line_a_task_names_the_folder_option(tmp_path: Path, network: dict[str, str]) -> None:
    program = (
        "import time; time.sleep = lambda seconds: None\n"  # the hub's library waits between its attempts
        "from lth.errors import LthError; from lth.tasks import TASKS, load\n"
        "for name in ('sst2', 'squad', 'mlm'):\n"
        "    try: load(TASKS[name], 'hub')\n"
        "    except LthError as error: print(error)"
    )
    place = {"HF_HOME": str(tmp_path), "HF_DATASETS_CACHE": str(tmp_path / "d")}
    env = {key: value for key, value in os.environ.items() if not key.startswith("HF_")} | place | network
    env["PYTHONPATH"] = str(Path(lth.__file__).parents[1])
    answer = subprocess.run([sys.executable, "-c", program], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert answer.stderr == ""
    lines = answer.stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("sst2 cannot be loaded from the hub (nyu-mll/glue, sst2, train): Couldn't reach ")
    for line, files in zip(
        lines,
        [
            "SST-2/train.tsv and SST-2/dev.tsv",
            "squad/train-v1.1.json and squad/dev-v1.1.json",
            "wikitext-2/wiki.train.tokens and wikitext-2/wiki.valid.tokens",
        ],
        strict=True,
    ):
        assert line.endswith(f"; give a folder that holds {files} with --data=FOLDER")


def test_the_hubs_fingerprint_is_its_pinned_revision_and_a_copys_its_bytes(hub: Path) -> None:
    remote = {fingerprint(TASKS[name], "hub") for name in ("rte", "cola", "mlm", "squad")}
    assert len(remote) == 4
    copy("nyu-mll/glue", "rte", {"train": examples("rte", [0]), "validation": examples("rte", [0])})
    local = fingerprint(TASKS["rte"], "hub")
    assert local not in remote
    assert fingerprint(TASKS["rte"], "hub") == local
    copy("nyu-mll/glue", "rte", {"train": examples("rte", [1]), "validation": examples("rte", [0])})
    assert fingerprint(TASKS["rte"], "hub") != local
