"""From options to settings: defaults, tasks that the data hold, and values from Python."""

import importlib.util
from pathlib import Path
from shutil import copytree

import pytest

from lth.app.settings import check_device, read_settings, recorded_settings
from lth.errors import DataError, UsageError
from lth.evidence.recorded import published
from lth.verdict.rule import Rule
from lth.verdict.sequential import Look
from tests.tiny import write_model


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A folder of empty files that are named as those of three tasks."""
    for folder in ("RTE", "SST-2", "CoLA"):
        (tmp_path / folder).mkdir()
        for name in ("train.tsv", "dev.tsv"):
            (tmp_path / folder / name).touch()
    return str(tmp_path)


def names(text: str, data: str) -> list[str]:
    settings, _ = read_settings({"task": text, "data": data}, Path())
    return [task.name for task in settings.tasks]


def test_options_that_are_not_given_have_their_defaults(tmp_path: Path) -> None:
    settings, means = read_settings({}, tmp_path)
    assert [task.name for task in settings.tasks] == [task.name for task in settings.sources] == ["sst2"]
    assert (settings.data, settings.protocol.name, settings.rule) == ("lab", "lab", Rule())
    assert settings.seeds == (0, 1, 2, 3, 4)
    assert settings.looks == (Look(5, 0.05),)
    assert means.store == tmp_path / ".lth" / "store"
    assert means.max_time == float("inf")


def test_values_from_python_are_taken_like_text(tmp_path: Path) -> None:
    typed = {"task": ("sst2", "cola"), "seeds": (7, 9), "sparsity": 0.4, "store": tmp_path / "kept", "workers": 1}
    text = {"task": "sst2,cola", "seeds": "7,9", "sparsity": "0.4", "store": f"{tmp_path}/kept", "workers": "1"}
    assert read_settings(typed, tmp_path) == read_settings(text, tmp_path)


def test_minutes_become_seconds(tmp_path: Path) -> None:
    _, means = read_settings({"max_time": "1.5"}, tmp_path)
    assert means.max_time == 90


def test_a_store_that_is_given_lies_where_the_run_was_started(tmp_path: Path) -> None:
    _, means = read_settings({"store": ".lth/store"}, tmp_path)
    assert means.store == Path(".lth/store")


def test_seeds_that_are_added_have_several_looks(tmp_path: Path) -> None:
    settings, _ = read_settings({"seeds": "auto:5"}, tmp_path)
    assert settings.seeds == (0, 1, 2, 3, 4)
    assert [look.seeds for look in settings.looks] == [3, 5]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rte", ["rte"]),
        ("rte,cola", ["rte", "cola"]),
        (" rte , cola,rte,", ["rte", "cola"]),
        ("all", ["cola", "sst2", "rte"]),
        ("rte,all", ["rte", "cola", "sst2"]),
    ],
)
def test_all_means_every_task_that_the_data_hold_and_each_is_kept_once(data: str, text: str, found: list[str]) -> None:
    assert names(text, data) == found


def test_a_number_of_the_labs_models_stands_for_the_first_of_them_with_the_labs_own_data_and_protocol() -> None:
    several, _ = read_settings({"model": "lab:3"}, Path())
    alone, _ = read_settings({"model": "lab"}, Path())
    assert [model.model for model in several.models] == ["lab", "lab seed 1", "lab seed 2"]
    assert len(set(several.models)) == 3
    assert (several.model, several.model_text, alone.model_text) == (alone.model, "lab:3", "lab")
    assert (several.data, several.protocol, several.tasks) == (alone.data, alone.protocol, alone.tasks)


def test_models_are_listed_by_ids_and_folders(tmp_path: Path) -> None:
    folders = [write_model(tmp_path / str(seed), seed=seed) for seed in range(3)]
    settings, _ = read_settings({"model": folders, "data": "lab"}, tmp_path)
    assert settings.model_text == ",".join(map(str, folders))
    assert settings.protocol.name == "paper"
    assert len(set(settings.models)) == 3


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("lab,{0}", r"^2 models; expected one or at least 3, because a sample of two models says nothing"),
        ("{0},{1},lab", r"^the models .+/0 and .+/1 are the same; expected each model once"),
        ("lab,lab:3", r"^the models lab and lab are the same; expected each model once"),
        ("lab:2", r"^no models lab:2; expected lab, or lab:N with N from 3 to \d, because the lab has \d pre-trained"),
        ("lab:99", r"^no models lab:99; expected lab, or lab:N"),
        ("lab:five", r"^no models lab:five; expected lab, or lab:N"),
    ],
)
def test_two_models_and_a_model_given_twice_are_no_sample(tmp_path: Path, given: str, says: str) -> None:
    folders = [write_model(tmp_path / "0"), copytree(tmp_path / "0", tmp_path / "1")]
    with pytest.raises(UsageError, match=says):
        read_settings({"model": given.format(*folders)}, tmp_path)


def test_a_task_that_the_data_lack_is_refused_with_those_they_hold(data: str) -> None:
    with pytest.raises(DataError) as error:
        names("mrpc", data)
    assert str(error.value) == f"no task 'mrpc' in the data {data}; it holds cola, sst2, rte; choose among these"


def test_recorded_evidence_is_judged_on_all_its_tasks_by_the_rule_asked_for() -> None:
    settings = recorded_settings({"margin": 0.01, "seeds": None}, published())
    assert [task.name for task in settings.tasks] == list(published().tasks)
    assert settings.rule == Rule(margin=0.01)
    assert (settings.model.model, settings.data, settings.protocol.name) == ("bert-base-uncased", "published", "paper")


def test_without_torch_nothing_can_be_measured_and_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        UsageError, match=r"^torch is not installed; expected it to measure anything; install torch, or"
    ):
        check_device("cpu")
