"""Sentences say what their frames mean, and break agreement only where they are told to."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lth.lab.frames import Entity, Event, Relative, some_event
from lth.lab.lexicon import ADJECTIVES, CONCEPTS, KINDS, PRONOUN, VERBS, plural, vocabulary
from lth.lab.opinions import deny, say_opinion, some_opinion
from lth.lab.wording import number_shows, say_event, say_question

seeds = st.integers(0, 10**9)
DOGS = Entity("dog", many=True)


def say(event: Event, passive: bool = False, wrong_number: bool = False) -> str:
    class First(Random):
        def random(self) -> float:
            return 0.5

    return " ".join(say_event(First(), event, passive=passive, wrong_number=wrong_number))


@pytest.mark.parametrize(
    ("event", "passive", "expected"),
    [
        (Event(DOGS, "sleep", tense="present", place="park"), False, "the dogs sleep in the park"),
        (Event(Entity("owl", definite=False), "fly", tense="perfect"), False, "an owl has flown"),
        (Event(Entity("owl", definite=False), "fly", negated=True), False, "no owl flew"),
        (Event(Entity("anna"), "eat", Entity("pear", True, False), negated=True), False, "anna did not eat some pears"),
        (Event(Entity("anna"), "eat", Entity("pear", True), "present"), True, "the pears are eaten by anna"),
        (
            Event(replace(DOGS, relative=Relative("see", Entity("cat"), False, "present")), "run", tense="present"),
            False,
            "the dogs that the cat sees run",
        ),
        (
            Event(Entity("goose", True), "swim", tense="future", time="next week"),
            False,
            "the geese will swim next week",
        ),
    ],
)
def test_a_frame_is_put_into_these_words(event: Event, passive: bool, expected: str) -> None:
    assert say(event, passive) == expected


@given(seeds, st.booleans())
def test_wrong_agreement_changes_one_word_and_it_is_the_main_verbs(seed: int, passive: bool) -> None:
    event = some_event(Random(seed), relative=0.6, negation=0)
    assume(number_shows(event, passive))
    right, wrong = say(event, passive).split(), say(event, passive, wrong_number=True).split()
    different = [(r, w) for r, w in zip(right, wrong, strict=True) if r != w]
    assert len(different) == 1
    forms = {form for verb in VERBS.values() for quad in verb.forms for form in quad[:2]}
    assert set(different[0]) <= forms | {"is", "are", "was", "were", "has", "have"}


@given(seeds)
def test_a_sentence_names_every_part_of_its_event(seed: int) -> None:
    rng = Random(seed)
    event = some_event(rng, negation=0.3)
    words = say_event(rng, event)
    assert set(event.place.split()) | set(event.time.split()) <= set(words)
    assert event.negated == bool({"not", "no"} & set(words))


@given(seeds)
def test_a_question_is_answered_by_words_for_a_part_of_its_event(seed: int) -> None:
    rng = Random(seed)
    event = some_event(rng, negation=0)
    question, answer = say_question(rng, event)
    assert question[0] in {"who", "what", "where", "when"}
    assert question[-1] == "?"
    assert answer


@given(seeds, st.sampled_from([1, -1]), st.integers(1, 3))
def test_denying_an_opinion_without_negation_turns_its_sign(seed: int, sign: int, clauses: int) -> None:
    opinion = some_opinion(Random(seed), sign, clauses, negation=0.0)
    assert opinion.value * sign >= 1
    assert deny(opinion).value * sign < 0
    assert deny(deny(opinion)) == opinion


@given(seeds)
def test_what_is_conceded_weighs_less_than_what_is_held_against_it(seed: int) -> None:
    opinion = some_opinion(Random(seed), 1, 2, contrast=1.0)
    first, second = opinion.judgements
    assert opinion.conceded
    assert first.value < 0 < second.value
    assert opinion.value > first.value + second.value


@given(seeds, st.sampled_from([1, -1]))
def test_an_opinion_names_each_of_its_adjectives(seed: int, sign: int) -> None:
    rng = Random(seed)
    opinion = some_opinion(rng, sign, 2)
    words = say_opinion(rng, opinion)
    assert {judgement.adjective for judgement in opinion.judgements} <= set(words)
    assert words.count("not") == sum(judgement.negated for judgement in opinion.judgements)


def test_the_lexicon_has_the_promised_size_and_no_word_for_two_nouns() -> None:
    assert len(ADJECTIVES) == 80
    assert len(CONCEPTS) == 99
    assert len(KINDS) == 14
    assert sum(grade > 0 for grade in ADJECTIVES.values()) == 40
    assert not set(PRONOUN) & {plural(noun) for noun in CONCEPTS}
    assert len(vocabulary()) == len(set(vocabulary()))
