"""Questions are answered by what an event says; the spans of squad stand where they are said to stand."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lth.lab.frames import Entity, Event
from lth.lab.questions import (
    ANSWERED,
    DUPLICATE,
    MAX_WORDS,
    answers,
    ask,
    find,
    near,
    parts,
    qnli,
    qqp,
    say_asked,
    say_part,
    situated_event,
)
from lth.lab.tasks import rows
from lth.lab.wording import say_event
from lth.tasks import get_task

seeds = st.integers(0, 10**9)
SQUAD = [row for split in rows("squad").values() for row in split]
ANNA = Event(Entity("anna"), "eat", Entity("pear", definite=False), place="park", time="yesterday")


class Active(Random):
    """Draws neither a passive, nor a synonym, nor an adjunct in front."""

    def random(self) -> float:
        return 0.5


class Passive(Random):
    """Draws a passive, the usual synonym, and an adjunct in front."""

    def random(self) -> float:
        return 0.1


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("agent", "who ate a pear in the park yesterday ?"),
        ("patient", "what did anna eat in the park yesterday ?"),
        ("place", "where did anna eat a pear yesterday ?"),
        ("time", "when did anna eat a pear in the park ?"),
    ],
)
def test_each_part_of_an_event_is_asked_for_in_these_words(part: str, expected: str) -> None:
    assert " ".join(say_asked(Active(), ask(ANNA, part))) == expected


def test_a_question_can_be_passive_with_an_adjunct_in_front() -> None:
    assert " ".join(say_asked(Passive(), ask(replace(ANNA, time=""), "agent"))) == (
        "in the park , who was a pear eaten by ?"
    )
    assert " ".join(say_asked(Passive(), ask(replace(ANNA, place="", tense="present", time=""), "patient"))) == (
        "what is eaten by anna ?"
    )


def test_label_numbers_are_the_places_of_glues_names() -> None:
    assert get_task("qnli").labels[ANSWERED] == "entailment"
    assert get_task("qqp").labels[DUPLICATE] == "duplicate"


@given(seeds)
def test_an_event_answers_every_question_about_its_parts_until_the_part_is_missing_or_denied(seed: int) -> None:
    event = situated_event(Random(seed))
    for part in parts(event):
        question = ask(event, part)
        assert answers(event, question)
        assert not answers(replace(event, negated=True), question)
        if part in ("place", "time"):
            assert not answers(replace(event, **{part: ""}), question)


def test_a_question_about_a_fruit_is_answered_by_what_is_said_of_a_pear_but_not_the_reverse() -> None:
    fruit = replace(ANNA, patient=Entity("fruit", definite=False))
    assert answers(ANNA, ask(fruit, "agent"))
    assert not answers(fruit, ask(ANNA, "agent"))


def test_who_is_not_answered_by_an_animal() -> None:
    assert not answers(replace(ANNA, agent=Entity("cow")), ask(ANNA, "agent"))


@given(seeds)
def test_what_is_near_is_another_claim(seed: int) -> None:
    rng = Random(seed)
    event = situated_event(rng)
    other = near(rng, event)
    assert other != event
    assert not other.negated


@given(seeds, st.integers(0, 1))
def test_duplicates_are_never_the_same_words(seed: int, label: int) -> None:
    row = qqp(Random(seed), label)
    assert row["label"] == label
    assert row["question1"] != row["question2"]


@given(seeds, st.integers(0, 1))
def test_qnli_pairs_a_question_with_a_statement(seed: int, label: int) -> None:
    row = qnli(Random(seed), label)
    assert row["label"] == label
    assert row["question"].endswith(" ?")
    assert row["sentence"].endswith(" .")


def test_answers_of_squad_are_where_they_are_said_to_be() -> None:
    for row in SQUAD:
        (text,), (start,) = row["answers"]["text"], row["answers"]["answer_start"]
        assert row["context"][start : start + len(text)] == text
        before, after = row["context"][:start], row["context"][start + len(text) :]
        assert before == "" or before[-1] == " "
        assert after[0] == " "


def test_contexts_of_squad_are_two_to_four_sentences_and_fit_the_model_whole() -> None:
    for row in SQUAD:
        assert 2 <= row["context"].split().count(".") <= 4
        assert len(row["context"].split()) + len(row["question"].split()) <= MAX_WORDS


def test_questions_of_squad_ask_for_every_part_and_answers_stand_in_either_sentence() -> None:
    words = [
        next(word for word in row["question"].split() if word in {"who", "what", "where", "when"}) for row in SQUAD
    ]
    assert all(words.count(word) > 100 for word in ("who", "what", "where", "when"))
    sentences = [row["context"][: row["answers"]["answer_start"][0]].split().count(".") for row in SQUAD]
    assert all(sentences.count(at) > 300 for at in range(2))


@given(seeds)
def test_every_part_of_a_sentence_is_found_by_one_of_its_wordings(seed: int) -> None:
    rng = Random(seed)
    event = situated_event(rng)
    words = say_event(rng, event)
    for part in parts(event):
        wordings = say_part(event, part)
        twice = event.patient is not None and event.agent.noun == event.patient.noun
        place = find(words, wordings)
        assert twice or place is not None
        if place:
            assert words[place[0] : place[0] + place[1]] in wordings


def test_a_wording_that_stands_twice_is_not_found() -> None:
    assert find(["the", "owl", "saw", "the", "owl"], [["the", "owl"]]) is None
    assert find(["the", "owl", "slept"], [["the", "ant"]]) is None
