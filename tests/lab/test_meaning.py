"""The laws of meaning on which every relational label stands."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lth.lab.frames import Entity, Event, some_event
from lth.lab.lexicon import CONCEPTS, VERBS, allows, ancestors, implied
from lth.lab.meaning import (
    alter,
    contradicts,
    entails,
    keeps_selection,
    misfit,
    noun_similarity,
    similarity,
    strengthen,
    weaken,
)

seeds = st.integers(0, 10**9)
OWL_SLEPT = Event(Entity("owl", definite=False), "sleep", place="park")


@given(seeds, st.booleans())
def test_an_event_entails_itself_and_everything_weaker(seed: int, negated: bool) -> None:
    rng = Random(seed)
    event = replace(some_event(rng, relative=0.2), negated=negated)
    assert entails(event, event)
    assert entails(event, weaken(rng, event, 3))


@given(seeds, st.booleans())
def test_entailment_is_transitive(seed: int, negated: bool) -> None:
    rng = Random(seed)
    first = replace(some_event(rng), negated=negated)
    chain = [first]
    for _ in range(4):
        chain.append(weaken(rng, chain[-1], 1) if rng.random() < 0.7 else alter(rng, chain[-1]))
    for i, a in enumerate(chain):
        for b in chain[i:]:
            for c in chain:
                if entails(a, b) and entails(b, c):
                    assert entails(a, c)


@given(seeds)
def test_entailment_both_ways_holds_only_between_events_of_one_meaning(seed: int) -> None:
    rng = Random(seed)
    event = some_event(rng)
    other = rng.choice((weaken, strengthen))(rng, event, 2)
    if entails(event, other) and entails(other, event):
        assert other == event


@given(st.sampled_from(CONCEPTS))
def test_what_an_animal_does_follows_up_the_hierarchy_and_denials_follow_down(noun: str) -> None:
    for up in ancestors(noun)[1:]:
        low, high = (Event(Entity(word, definite=False), "move") for word in (noun, up))
        assert entails(low, high)
        assert not entails(high, low)
        assert entails(replace(high, negated=True), replace(low, negated=True))
        assert not entails(replace(low, negated=True), replace(high, negated=True))


def test_no_animal_slept_entails_that_no_owl_slept_in_the_park() -> None:
    nobody = Event(Entity("animal", definite=False), "sleep", negated=True)
    assert entails(nobody, replace(OWL_SLEPT, negated=True))
    assert contradicts(nobody, OWL_SLEPT)
    assert contradicts(OWL_SLEPT, nobody)
    assert not contradicts(replace(OWL_SLEPT, negated=True), replace(nobody, negated=False))


def test_an_indefinite_does_not_entail_a_definite_nor_a_plural() -> None:
    assert not entails(OWL_SLEPT, replace(OWL_SLEPT, agent=Entity("owl")))
    assert entails(replace(OWL_SLEPT, agent=Entity("owl")), OWL_SLEPT)
    assert not entails(OWL_SLEPT, replace(OWL_SLEPT, agent=Entity("owl", many=True, definite=False)))


@given(seeds)
def test_a_denied_event_contradicts_the_event_and_never_follows_from_it(seed: int) -> None:
    event = some_event(Random(seed), negation=0)
    denied = replace(event, negated=True)
    assert contradicts(event, denied)
    assert not entails(event, denied)
    assert not entails(denied, event)


def without_articles(event: Event) -> Event:
    patient = replace(event.patient, definite=True) if event.patient else None
    return replace(event, agent=replace(event.agent, definite=True), patient=patient)


@given(seeds)
def test_similarity_is_symmetric_between_0_and_1_and_full_only_for_the_same_but_for_articles(seed: int) -> None:
    rng = Random(seed)
    one, other = some_event(rng), some_event(rng)
    edited = alter(rng, one)
    for second in (other, edited):
        assert similarity(one, second) == similarity(second, one)
        assert 0.0 <= similarity(one, second) <= 1.0
    assert similarity(one, one) == 1.0
    if without_articles(edited) != without_articles(one):
        assert similarity(one, edited) < 1.0


@given(seeds)
def test_similarity_falls_with_the_distance_of_the_noun(seed: int) -> None:
    event = some_event(Random(seed), name=0.0)
    noun = event.agent.noun
    values = {
        noun_similarity(noun, other): replace(event, agent=replace(event.agent, noun=other)) for other in CONCEPTS
    }
    ordered = [similarity(event, values[key]) for key in sorted(values)]
    assert sorted(values) == [0.0, 0.3, 0.6, 1.0]
    assert ordered == sorted(set(ordered))


@given(seeds)
def test_drawn_and_edited_events_keep_selection_and_misfits_do_not(seed: int) -> None:
    rng = Random(seed)
    event = some_event(rng, negation=0)
    assert keeps_selection(event)
    assert keeps_selection(weaken(rng, event, 2))
    assert not keeps_selection(misfit(rng, event))


def test_every_verb_implies_only_verbs_that_take_an_object_if_it_does() -> None:
    for lemma, verb in VERBS.items():
        assert all(bool(VERBS[up].objects) == bool(verb.objects) for up in implied(lemma))


def test_a_verb_admits_whatever_a_verb_that_implies_it_admits() -> None:
    assert not allows(VERBS["see"].objects, "film")
    assert keeps_selection(Event(Entity("anna"), "see", Entity("film")))
    assert not keeps_selection(Event(Entity("anna"), "eat", Entity("film")))
