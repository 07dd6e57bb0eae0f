"""Pairs of sentences are labelled by what their frames mean, and no label is read off one of the sentences."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lth.lab.frames import Entity, Event, some_event
from lth.lab.meaning import alter
from lth.lab.pairs import (
    CONTRADICTION,
    ENTAILMENT,
    EQUIVALENT,
    MATCHED,
    MISMATCHED,
    NEUTRAL,
    Register,
    inference,
    mnli,
    mrpc,
    same_meaning,
)
from lth.lab.sentences import Row
from lth.lab.tasks import rows
from lth.tasks import get_task

seeds = st.integers(0, 10**9)
MNLI, MRPC = rows("mnli"), rows("mrpc")
OWL_SLEPT = Event(Entity("owl", definite=False), "sleep", place="park")


def share(split: list[Row], column: str, *words: str) -> float:
    return sum(bool(set(words) & set(row[column].split())) for row in split) / len(split)


def test_label_numbers_are_the_places_of_glues_names() -> None:
    assert get_task("mnli").labels[ENTAILMENT] == "entailment"
    assert get_task("mnli").labels[NEUTRAL] == "neutral"
    assert get_task("mnli").labels[CONTRADICTION] == "contradiction"
    assert get_task("mrpc").labels[EQUIVALENT] == "equivalent"


def test_an_owl_that_slept_in_the_park_makes_these_inferences() -> None:
    owl = Entity("owl", definite=False)
    bird = Entity("bird", definite=False)
    assert inference(OWL_SLEPT, Event(bird, "sleep")) == ENTAILMENT
    assert inference(OWL_SLEPT, Event(owl, "sleep", place="park", time="last night")) == NEUTRAL
    assert inference(OWL_SLEPT, Event(bird, "sleep", negated=True)) == CONTRADICTION
    assert inference(OWL_SLEPT, Event(Entity("dog", definite=False), "sleep", negated=True)) == NEUTRAL


@given(seeds, st.sampled_from([ENTAILMENT, NEUTRAL, CONTRADICTION]), st.sampled_from([MATCHED, MISMATCHED]))
def test_mnli_makes_the_label_that_is_wanted_in_either_register(seed: int, label: int, register: Register) -> None:
    row = mnli(Random(seed), label, register)
    assert row["label"] == label
    assert row["premise"] != row["hypothesis"]


def test_denial_alone_does_not_tell_a_contradiction() -> None:
    """Neutral hypotheses are denials as often as not."""
    neutral = [row for row in MNLI["dev"] if row["label"] == NEUTRAL]
    assert 0.35 < share(neutral, "hypothesis", "not", "no") < 0.65


def test_the_mismatched_dev_set_talks_in_another_register() -> None:
    relative, passive = ("who", "that"), ("by",)
    assert share(MNLI["mismatched"], "premise", *relative) > share(MNLI["dev"], "premise", *relative) + 0.2
    assert share(MNLI["mismatched"], "premise", *passive) > share(MNLI["dev"], "premise", *passive) + 0.2
    assert abs(share(MNLI["train"], "premise", *passive) - share(MNLI["dev"], "premise", *passive)) < 0.05


@given(seeds)
def test_events_mean_the_same_only_if_they_are_the_same(seed: int) -> None:
    rng = Random(seed)
    event = some_event(rng, relative=0.2, negation=0.2)
    other = alter(rng, event)
    assert same_meaning(event, event)
    assert same_meaning(event, other) == (event == other)


@given(seeds, st.integers(0, 1))
def test_a_paraphrase_is_never_the_same_words(seed: int, label: int) -> None:
    row = mrpc(Random(seed), label)
    assert row["label"] == label
    assert row["sentence1"] != row["sentence2"]


def test_sentences_that_are_no_paraphrases_overlap_in_words() -> None:
    shared = []
    for row in MRPC["dev"]:
        if row["label"] != EQUIVALENT:
            one, two = (set(row[column].split()) for column in ("sentence1", "sentence2"))
            shared.append(len(one & two) / min(len(one), len(two)))
    assert sum(shared) / len(shared) > 0.5
