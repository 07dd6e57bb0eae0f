"""The tasks' labels follow from meaning, their classes are balanced, and their splits are fixed and disjoint."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth import lab
from lth.errors import TaskNotFound
from lth.lab.frames import some_event
from lth.lab.lexicon import vocabulary
from lth.lab.meaning import similarity
from lth.lab.opinions import NEGATION
from lth.lab.pairs import stsb
from lth.lab.sentences import FAULTS, Row, wrong_agreement, wrong_participant
from lth.lab.tasks import TASKS, rows
from lth.lab.wording import number_shows, say_event
from lth.spec.expressions import TaskData
from lth.spec.protocol import PROTOCOLS
from lth.tasks import get_task, load

seeds = st.integers(0, 10**9)
ROWS = {name: rows(name) for name in TASKS}
CLASSES = [name for name in TASKS if get_task(name).labels]


def texts(row: Row) -> tuple[str, ...]:
    return tuple(value for value in row.values() if isinstance(value, str))


@pytest.mark.parametrize("name", TASKS)
def test_no_two_splits_share_an_example_and_none_repeats_one(name: str) -> None:
    every = [texts(row) for split in ROWS[name].values() for row in split]
    assert len(set(every)) == len(every)


@pytest.mark.parametrize("name", TASKS)
def test_dev_has_eight_hundred_examples_and_those_of_squad_and_mlm_five_hundred(name: str) -> None:
    assert len(ROWS[name]["dev"]) == (500 if name in ("squad", "mlm") else 800)
    assert len(ROWS[name]["train"]) == TASKS[name].train
    assert len(ROWS[name]["held_out"]) == 500


def test_training_sets_differ_as_glues_do_by_the_square_root() -> None:
    glue = {name: get_task(name).sizes[0] for name in TASKS if name != "mlm"}
    assert {name: round(1000 * (size / glue["sst2"]) ** 0.5) for name, size in glue.items()} == {
        name: TASKS[name].train for name in glue
    }


@pytest.mark.parametrize("name", sorted(set(TASKS) - {"wnli"}))
def test_every_fine_tuning_has_some_40_to_150_steps_but_wnlis_which_nobody_learns(name: str) -> None:
    recipe = PROTOCOLS["lab"].recipe_for(TaskData(name, "", "lab"))
    assert 39 <= -(-TASKS[name].train // recipe.batch) * recipe.epochs <= 150


@pytest.mark.parametrize("name", CLASSES)
def test_the_classes_are_equally_frequent(name: str) -> None:
    for split in ROWS[name].values():
        counts = Counter(row["label"] for row in split)
        assert set(counts) == set(range(len(get_task(name).labels)))
        assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("name", TASKS)
def test_every_word_of_a_task_is_in_the_vocabulary(name: str) -> None:
    words = {word for split in ROWS[name].values() for row in split for text in texts(row) for word in text.split()}
    assert words <= set(vocabulary())


@pytest.mark.parametrize("name", TASKS)
def test_rows_are_the_same_every_time(name: str) -> None:
    assert rows(name) == ROWS[name]


def test_an_unknown_task_is_named_with_the_known_ones() -> None:
    with pytest.raises(TaskNotFound, match=r"no task 'sst3'; did you mean 'sst2'\? Tasks: sst2, cola, rte, stsb, mrpc"):
        rows("sst3")


def test_the_label_of_a_short_review_is_the_sign_of_its_adjective() -> None:
    from lth.lab.lexicon import ADJECTIVES

    short = [
        row for row in ROWS["sst2"]["dev"] if str(row["sentence"]).split()[-3] == "was" and " , " not in texts(row)[0]
    ]
    plain = [row for row in short if " and " not in texts(row)[0]]
    assert len(plain) > 50
    assert all((ADJECTIVES[texts(row)[0].split()[-2]] > 0) == row["label"] for row in plain)


def test_negation_is_weaker_than_what_it_negates() -> None:
    assert -1 < NEGATION < 0


@given(seeds)
def test_an_unacceptable_sentence_of_the_agreement_kind_is_never_one_the_grammar_makes(seed: int) -> None:
    rng = Random(seed)
    event = some_event(rng, relative=0.6)
    wrong = wrong_agreement(rng, event)
    if wrong is None:
        return
    right = {" ".join(say_event(Random(i), event)) for i in range(30)}
    assert " ".join(wrong) not in right
    assert number_shows(event, passive=False) or number_shows(event, passive=True)


@given(seeds)
def test_every_fault_changes_the_sentence_or_does_not_apply(seed: int) -> None:
    event = some_event(Random(seed), relative=0.6, negation=0.1)
    right = {" ".join(say_event(Random(i), event)) for i in range(30)}
    for fault in FAULTS.values():
        words = fault(Random(seed), event)
        assert words is None or " ".join(words) not in right


def test_faults_that_always_apply_exist_so_that_drawing_ends() -> None:
    assert all(wrong_participant(Random(i), some_event(Random(i))) is not None for i in range(200))


def test_the_two_labels_of_rte_have_alike_word_overlap() -> None:
    """An entailed hypothesis must not be told from one that is not by shared words alone."""
    overlap: dict[object, list[float]] = {0: [], 1: []}
    for row in ROWS["rte"]["dev"]:
        one, two = (set(text.split()) for text in texts(row))
        overlap[row["label"]].append(len(one & two) / len(two))
    means = {label: sum(values) / len(values) for label, values in overlap.items()}
    assert abs(means[0] - means[1]) < 0.15


@given(seeds)
def test_stsb_scores_lie_between_0_and_5(seed: int) -> None:
    label = stsb(Random(seed), 0)["label"]
    assert isinstance(label, float)
    assert 0.0 <= label <= 5.0


def test_stsb_covers_the_scale_and_unlike_events_score_low() -> None:
    values = [float(row["label"]) for row in ROWS["stsb"]["dev"]]
    assert all(sum(low <= value <= low + 1 for value in values) > 50 for low in range(5))
    unlike = [similarity(some_event(Random(2 * i)), some_event(Random(2 * i + 1))) for i in range(200)]
    assert sum(unlike) / len(unlike) < 0.35


@pytest.mark.parametrize("name", TASKS)
def test_splits_are_datasets_with_the_columns_of_the_official_task(name: str) -> None:
    made = lab.splits(name)
    assert all(split.column_names == list(get_task(name).columns) for split in made.values())
    assert set(made) == {"train", "dev", "held_out"} | ({"mismatched"} if name == "mnli" else set())


def test_a_loaded_mnli_has_its_mismatched_dev_set_and_a_loaded_squad_its_ids() -> None:
    mnli = load(get_task("mnli"), "lab")
    assert len(mnli.extra["mismatched"]) == len(mnli.dev) == 800
    squad = load(get_task("squad"), "lab")
    assert list(squad.extra) == []
    assert len({*squad.train["id"], *squad.dev["id"]}) == len(squad.train) + len(squad.dev)
